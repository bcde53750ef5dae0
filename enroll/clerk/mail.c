/*
 * Mails to people (contract in mail.h): finds texts and frame, makes the letter,
 * composes, sends, and remembers how it went for `status`.
 */
#include "enroll/clerk/mail.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/isotime.h"
#include "crypto/token.h"
#include "enroll/clerk/mail_compose.h"
#include "enroll/clerk/mail_letter.h"
#include "enroll/clerk/mail_way.h"

#define LETTER_NAME "letter" /* of the template */
#define LETTER_FILE "mail/letter.html"
#define PFX_TYPE    "application/x-pkcs12"

struct mail {
	const struct clerk_conf *conf;
	struct texts *texts;
	struct template *html;
	char *source; /* of html */
	struct addr from;
	struct smtp *smtp; /* NULL: into the folder, or nowhere */
	pthread_mutex_t lock;
	struct mail_state state;
};

/* --- opening ------------------------------------------------------------- */

/* Reads the frame of letters; the template keeps views into it. */
static int
read_source(struct mail *m, struct err *e)
{
	char path[4096];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", m->conf->web, LETTER_FILE);
	if ((f = fopen(path, "re")) == NULL)
		return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
	m->source = calloc(1, TEMPLATE_SOURCE_MAX + 1);
	if (m->source != NULL)
		n = fread(m->source, 1, TEMPLATE_SOURCE_MAX + 1, f);
	fclose(f);
	if (m->source == NULL)
		return err_set(e, ERR_MEMORY, "no memory for %s", path);
	if (n > TEMPLATE_SOURCE_MAX)
		return err_set(
		    e, ERR_LIMIT, "%s: more than %d bytes", path, TEMPLATE_SOURCE_MAX);
	return 0;
}

static bool
give_source(void *ctx, struct bytes name, struct bytes *out)
{
	const struct mail *m = ctx;

	*out = bytes_of(m->source);
	return bytes_equal(name, BYTES(LETTER_NAME));
}

static int
check_conf(const struct clerk_conf *c, struct mail *m, struct err *e)
{
	if (strncmp(c->portal_url, "https://", 8) != 0 || c->portal_url[8] == '\0' ||
	    strpbrk(c->portal_url, " \t\"'<>\\{}") != NULL ||
	    c->portal_url[strlen(c->portal_url) - 1] == '/')
		return err_set(e, ERR_USAGE,
		    "portal-url = %.200s: want https://HOST[:PORT] without a slash at "
		    "its "
		    "end",
		    c->portal_url);
	if (addr_parse(bytes_of(c->mail_from), &m->from, e) != 0)
		return err_set(
		    e, ERR_USAGE, "mail-from = %.200s: want an address", c->mail_from);
	if (c->mail_folder[0] != '\0' && c->mail_url[0] != '\0')
		return err_set(
		    e, ERR_USAGE, "mail-folder and mail-url: want one of them");
	return 0;
}

static int
open_parts(struct mail *m, struct err *e)
{
	const struct clerk_conf *conf = m->conf;
	int rc;

	if (conf->mail_folder[0] == '\0' && conf->mail_url[0] == '\0')
		return 0;
	if ((rc = check_conf(conf, m, e)) != 0 ||
	    (rc = texts_load(conf->locale, &m->texts, e)) != 0 ||
	    (rc = read_source(m, e)) != 0)
		return rc;
	rc = template_parse(LETTER_NAME, give_source, m, &m->html, e);
	if (rc == 0 && conf->mail_url[0] != '\0')
		rc = smtp_open(conf, &m->smtp, e);
	return rc;
}

int
mail_open(const struct clerk_conf *conf, struct mail **out, struct err *e)
{
	struct mail *m = calloc(1, sizeof(*m));
	int rc;

	*out = NULL;
	if (m == NULL)
		return err_set(e, ERR_MEMORY, "no memory for mails");
	compose_init();
	pthread_mutex_init(&m->lock, NULL);
	m->conf = conf;
	if ((rc = open_parts(m, e)) != 0)
		mail_close(&m);
	*out = m;
	return rc;
}

void
mail_close(struct mail **mp)
{
	struct mail *m = *mp;

	if (m == NULL)
		return;
	smtp_close(&m->smtp);
	template_free(&m->html);
	texts_free(&m->texts);
	free(m->source);
	pthread_mutex_destroy(&m->lock);
	free(m);
	compose_fini();
	*mp = NULL;
}

const struct texts *
mail_texts(const struct mail *m)
{
	return m->texts;
}

/* --- sending ------------------------------------------------------------- */

/* Remembers how it went. A final refusal is about that mail, not about the way. */
static int
note(struct clerk *c, int rc, const struct err *e)
{
	struct mail *m = c->mail;
	struct mail_state *s = &m->state;

	pthread_mutex_lock(&m->lock);
	if (rc == 0) {
		s->sent++;
		s->last_sent = clerk_now(c);
		s->problem[0] = '\0';
	} else {
		s->failed++;
		s->last_failed = clerk_now(c);
		if (rc != ERR_POLICY)
			memcpy(s->problem, e->text, sizeof(s->problem));
	}
	pthread_mutex_unlock(&m->lock);
	return rc;
}

void
mail_state(struct mail *m, struct mail_state *out)
{
	pthread_mutex_lock(&m->lock);
	*out = m->state;
	pthread_mutex_unlock(&m->lock);
}

static int
hand_over(struct mail *m, const struct addr *to, struct bytes octets, struct err *e)
{
	if (m->smtp != NULL)
		return smtp_send(m->smtp, &m->from, to, octets, e);
	return mail_folder_put(m->conf->mail_folder, octets, e);
}

/* What is left of a mail when its letter is made. */
static int
send_letter(struct clerk *c, const struct letter_made *made, const struct mail_to *to,
    struct compose *mail, struct err *e)
{
	struct mail *m = c->mail;
	struct owned octets = {NULL, 0};
	struct addr address;
	int rc;

	if (addr_parse(to->address, &address, e) != 0)
		return ERR_POLICY;
	mail->from = &m->from;
	mail->from_name = bytes_of(m->conf->mail_from_name);
	mail->to = &address;
	mail->to_name = to->name;
	mail->subject = made->subject;
	mail->text = made->text;
	mail->html = made->html;
	mail->date = clerk_now(c);
	rc = compose_mail(mail, &octets, e);
	if (rc == 0)
		rc = hand_over(m, &address, (struct bytes){octets.p, octets.n}, e);
	owned_free(&octets);
	return rc;
}

/* One mail: letter, fields, attachment (file of `mail`), in the recipient's language.
 */
static int
mail_send(struct clerk *c, const char *word, struct bytes id, const struct mail_to *to,
    const struct texts_field *fields, size_t n_fields, struct compose *mail,
    struct err *e)
{
	struct mail *m = c->mail;
	const struct letter *letter = letter_find(word);
	struct letter_made made;
	struct letter_frame frame;
	char message_id[COMPOSE_ID_SIZE];
	int rc;

	if (m->texts == NULL)
		return err_set(e, ERR_IO,
		    "neither mail-folder nor mail-url is configured: mails wait");
	if (letter == NULL)
		return err_set(e, ERR_POLICY, "there is no letter \"%.40s\"", word);
	if ((rc = compose_id(id, message_id, e)) != 0)
		return rc;
	frame = (struct letter_frame){
	    m->texts, m->html, m->conf->portal_url, m->conf->mail_contact};
	mail->id = message_id;
	mail->language = texts_language(m->texts, to->language);
	rc = letter_make(
	    &frame, letter, mail->language, to->name, fields, n_fields, &made, e);
	if (rc != 0)
		return rc == ERR_USAGE || rc == ERR_LIMIT ? ERR_POLICY : rc;
	rc = send_letter(c, &made, to, mail, e);
	letter_free(&made);
	return note(c, rc, e);
}

void
mail_file_name(struct bytes address, int64_t begin, char out[MAIL_FILE_SIZE])
{
	static const char kept[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789@._+-";
	char day[ISOTIME_SIZE];
	size_t n = address.n < ADDR_MAX ? address.n : ADDR_MAX;

	isotime_text(begin, day);
	day[strcspn(day, "T")] = '\0';
	for (size_t i = 0; i < n; i++) {
		char c = (char)address.p[i];

		out[i] = '_';
		if (c != '\0' && strchr(kept, c) != NULL)
			out[i] = c;
	}
	snprintf(out + n, MAIL_FILE_SIZE - n, "_%s.pfx", day);
}

char *
mail_time(int64_t t, char out[MAIL_TIME_SIZE])
{
	char iso[ISOTIME_SIZE];

	isotime_text(t, iso); /* "2027-03-01T12:00:00Z" */
	snprintf(out, MAIL_TIME_SIZE, "%.10s %.5s UTC", iso, iso + 11);
	return out;
}

int
mail_delivery(struct clerk *c, const struct mail_delivery *d, struct err *e)
{
	char file[MAIL_FILE_SIZE], until[MAIL_TIME_SIZE];
	bool shared = d->mailbox.n > 0;
	struct compose mail = {
	    .file = file, .file_type = PFX_TYPE, .file_bytes = d->pfx};

	if (!token_link_valid(d->link))
		return err_set(e, ERR_POLICY, "a link that is none");
	mail_file_name(d->address, d->begin, file);
	const struct texts_field fields[] = {{"address", d->address},
	    {"file", bytes_of(file)}, {"until", bytes_of(mail_time(d->until, until))},
	    {"link", d->link}, {"mailbox", d->mailbox}};
	return mail_send(c, shared ? "delivery-mailbox" : "delivery", d->id, &d->to,
	    fields, NITEMS(fields), &mail, e);
}

int
mail_notice(struct clerk *c, const char *letter, struct bytes id,
    const struct mail_to *to, const struct texts_field *fields, size_t n_fields,
    struct err *e)
{
	struct compose mail = {.file = NULL};

	return mail_send(c, letter, id, to, fields, n_fields, &mail, e);
}
