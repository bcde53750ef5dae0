/*
 * Mails to the relay (contract in mail_way.h). A few libcurl handles, each with its
 * connection, which stays open for the next mail; whoever finds none free waits.
 *
 * What a refusal means: 5xx to MAIL, RCPT, DATA or to the content is final for this
 * mail. 5xx to the greeting, EHLO, STARTTLS or AUTH, and 530 (RFC 4954: authentication
 * required) tell of a wrong configuration, which somebody will mend: those mails wait.
 */
#include "enroll/clerk/mail_way.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enroll/conf.h"

enum {
	CONNECT_SECONDS = 15,
	IDLE_SECONDS = 20, /* a connection older than this is not used again */
	QUIT_SECONDS = 1,
	REPLY_MAX = 200,
	AUTH_WANTED = 530,
};

/* One transfer at a time. */
struct way {
	CURL *curl;
	bool busy;
	char why[CURL_ERROR_SIZE];
	char reply[REPLY_MAX + 1]; /* the relay's last refusal */
	struct bytes left;	   /* of the mail at work */
	bool given;		   /* all of it was read by libcurl */
};

struct smtp {
	const struct clerk_conf *conf;
	pthread_mutex_t lock;
	pthread_cond_t change; /* a way is free, or the relay is known to be down */
	struct way way[SMTP_CONNECTIONS];
	int64_t rest_until;	    /* CLOCK_MONOTONIC */
	char trouble[ERR_TEXT_MAX]; /* why it rests */
};

static int64_t
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* --- what libcurl calls -------------------------------------------------- */

static size_t
on_read(char *to, size_t size, size_t n, void *ctx)
{
	struct way *w = ctx;
	size_t most = size * n, some = w->left.n < most ? w->left.n : most;

	if (some > 0)
		memcpy(to, w->left.p, some);
	w->left.p += some;
	w->left.n -= some;
	w->given = w->left.n == 0;
	return some;
}

static size_t
on_reply(char *line, size_t size, size_t n, void *ctx)
{
	struct way *w = ctx;
	size_t len = size * n, kept = len < REPLY_MAX ? len : REPLY_MAX;

	if (len == 0 || (*line != '4' && *line != '5'))
		return len;
	memcpy(w->reply, line, kept);
	while (kept > 0 && (w->reply[kept - 1] == '\n' || w->reply[kept - 1] == '\r'))
		kept--;
	w->reply[kept] = '\0';
	return len;
}

/* What a relay might answer to VRFY and the like goes nowhere. */
static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	(void)ctx;
	return size * n;
}

/* --- opening ------------------------------------------------------------- */

static bool
is_smtps(const struct clerk_conf *conf)
{
	return strncmp(conf->mail_url, "smtps://", 8) == 0;
}

static int
check_conf(const struct clerk_conf *c, struct err *e)
{
	bool safe = is_smtps(c) || strcmp(c->mail_tls, "required") == 0;

	if (!is_smtps(c) && strncmp(c->mail_url, "smtp://", 7) != 0)
		return err_set(e, ERR_USAGE,
		    "mail-url = %.200s: want smtp:// or smtps://", c->mail_url);
	if (strpbrk(c->mail_url, "@ \t\"<>") != NULL)
		return err_set(e, ERR_USAGE,
		    "mail-url: want no user, password or blank; see mail-user, "
		    "mail-password");
	if ((c->mail_user[0] == '\0') != (c->mail_password[0] == '\0'))
		return err_set(
		    e, ERR_USAGE, "mail-user and mail-password: want both, or neither");
	if (c->mail_user[0] != '\0' && !safe)
		return err_set(e, ERR_USAGE,
		    "mail-user with mail-tls = %s: a password goes to a relay whose "
		    "name "
		    "was checked, or nowhere",
		    c->mail_tls);
	return 0;
}

static void
set_tls(CURL *curl, const struct clerk_conf *conf)
{
	/* "try" is for relays with a certificate of their own making: better than
	 * clear, and safe from those who only listen. */
	bool check = is_smtps(conf) || strcmp(conf->mail_tls, "required") == 0;
	long use = strcmp(conf->mail_tls, "none") == 0	? CURLUSESSL_NONE
		   : strcmp(conf->mail_tls, "try") == 0 ? CURLUSESSL_TRY
							: CURLUSESSL_ALL;

	curl_easy_setopt(curl, CURLOPT_USE_SSL, use);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (conf->mail_ca[0] != '\0') {
		curl_easy_setopt(curl, CURLOPT_CAINFO, conf->mail_ca);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

/* All that stays the same from mail to mail; password: NUL-terminated or NULL. */
static int
way_open(struct way *w, const struct clerk_conf *conf, const char *password)
{
	CURL *curl = curl_easy_init();

	if ((w->curl = curl) == NULL)
		return ERR_MEMORY;
	curl_easy_setopt(curl, CURLOPT_URL, conf->mail_url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)conf->mail_timeout);
	/* Also bounds the answer to QUIT, which CURLOPT_TIMEOUT does not. */
	curl_easy_setopt(
	    curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)conf->mail_timeout);
	curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, w->why);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(curl, CURLOPT_READDATA, w);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_reply);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, w);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	set_tls(curl, conf);
	if (password == NULL)
		return 0;
	curl_easy_setopt(curl, CURLOPT_USERNAME, conf->mail_user);
	return curl_easy_setopt(curl, CURLOPT_PASSWORD, password) == CURLE_OK
		   ? 0
		   : ERR_MEMORY;
}

static void
way_close(struct way *w)
{
	if (w->curl == NULL)
		return;
	/* It says QUIT and waits for the answer: not for long. */
	curl_easy_setopt(w->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)QUIT_SECONDS);
	curl_easy_cleanup(w->curl);
	w->curl = NULL;
}

/* The password with a NUL, in the secure heap. */
static int
read_password(const struct clerk_conf *conf, struct secret *out, struct err *e)
{
	struct secret line = {NULL, 0};
	int rc = conf_secret(conf->mail_password, &line, e);

	if (rc == 0 && memchr(line.p, '\0', line.n) != NULL)
		rc = err_set(
		    e, ERR_SYNTAX, "%s: a NUL in a password", conf->mail_password);
	if (rc == 0 && secret_new(line.n + 1, out) != 0)
		rc = err_set(e, ERR_MEMORY, "no memory for a password");
	if (rc == 0)
		memcpy(out->p, line.p, line.n);
	secret_free(&line);
	return rc;
}

static int
open_ways(struct smtp *s, struct err *e)
{
	struct secret password = {NULL, 0};
	int rc = 0;

	if (s->conf->mail_password[0] != '\0')
		rc = read_password(s->conf, &password, e);
	for (size_t i = 0; rc == 0 && i < SMTP_CONNECTIONS; i++)
		if (way_open(&s->way[i], s->conf, (const char *)password.p) != 0)
			rc = err_set(
			    e, ERR_MEMORY, "no memory for the way to the relay");
	secret_free(&password);
	return rc;
}

int
smtp_open(const struct clerk_conf *conf, struct smtp **out, struct err *e)
{
	struct smtp *s = NULL;
	pthread_condattr_t clock;
	int rc = check_conf(conf, e);

	*out = NULL;
	if (rc != 0)
		return rc;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (s = calloc(1, sizeof(*s))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the way to the relay");
	s->conf = conf;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&s->change, &clock);
	pthread_condattr_destroy(&clock);
	if ((rc = open_ways(s, e)) != 0)
		smtp_close(&s);
	*out = s;
	return rc;
}

void
smtp_close(struct smtp **sp)
{
	struct smtp *s = *sp;

	if (s == NULL)
		return;
	for (size_t i = 0; i < SMTP_CONNECTIONS; i++)
		way_close(&s->way[i]);
	pthread_cond_destroy(&s->change);
	pthread_mutex_destroy(&s->lock);
	free(s);
	curl_global_cleanup();
	*sp = NULL;
}

/* --- sending ------------------------------------------------------------- */

/* With the lock held. */
static struct way *
find_free(struct smtp *s)
{
	for (size_t i = 0; i < SMTP_CONNECTIONS; i++)
		if (!s->way[i].busy)
			return &s->way[i];
	return NULL;
}

/* A way that nobody else uses; NULL: the relay is known to be down, or the others took
 * too long. */
static struct way *
way_take(struct smtp *s, struct err *e)
{
	struct timespec until = {monotonic() + (int64_t)s->conf->mail_timeout, 0};
	struct way *w = NULL;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	while (rc == 0 && monotonic() >= s->rest_until && (w = find_free(s)) == NULL)
		rc = pthread_cond_timedwait(&s->change, &s->lock, &until);
	if (w != NULL)
		w->busy = true;
	else if (rc == 0)
		err_set(e, ERR_IO, "%s", s->trouble);
	else
		err_set(e, ERR_IO, "all connections to the relay are at work");
	pthread_mutex_unlock(&s->lock);
	return w;
}

static void
way_give(struct smtp *s, struct way *w)
{
	pthread_mutex_lock(&s->lock);
	w->busy = false;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
}

/* The relay as such is in trouble: nobody else needs to find that out for a while. */
static void
rest(struct smtp *s, const struct err *e)
{
	pthread_mutex_lock(&s->lock);
	s->rest_until = monotonic() + SMTP_REST_SECONDS;
	memcpy(s->trouble, e->text, sizeof(s->trouble));
	pthread_cond_broadcast(&s->change);
	pthread_mutex_unlock(&s->lock);
}

/* Whether the relay answered a command about this very mail. */
static bool
is_about_mail(const struct way *w, CURLcode rc)
{
	return rc == CURLE_SEND_ERROR || (w->given && (rc == CURLE_WEIRD_SERVER_REPLY ||
							  rc == CURLE_GOT_NOTHING));
}

static int
judge(struct smtp *s, struct way *w, CURLcode rc, const struct addr *to, struct err *e)
{
	long code = 0;
	bool about;

	if (rc == CURLE_OK)
		return 0;
	curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &code);
	about = is_about_mail(w, rc) && code >= 400 && code < 600;
	if (about && code >= 500 && code != AUTH_WANTED)
		return err_set(e, ERR_POLICY, "the relay refuses the mail to %s: %s",
		    to->text, w->reply);
	if (about)
		return err_set(e, ERR_IO,
		    "the relay does not take the mail to %s now: %s", to->text,
		    w->reply);
	err_set(e, ERR_IO, "the relay %s: %s%s%s", s->conf->mail_url,
	    w->why[0] != '\0' ? w->why : curl_easy_strerror(rc),
	    code >= 400 ? "; it said: " : "", code >= 400 ? w->reply : "");
	rest(s, e);
	return ERR_IO;
}

static CURLcode
perform(
    struct way *w, const struct addr *from, const struct addr *to, struct bytes mail)
{
	struct curl_slist *recipient = curl_slist_append(NULL, to->text);
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	w->left = mail;
	w->given = false;
	w->reply[0] = w->why[0] = '\0';
	if (recipient != NULL) {
		curl_easy_setopt(w->curl, CURLOPT_MAIL_FROM, from->text);
		curl_easy_setopt(w->curl, CURLOPT_MAIL_RCPT, recipient);
		curl_easy_setopt(w->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail.n);
		rc = curl_easy_perform(w->curl);
		curl_easy_setopt(w->curl, CURLOPT_MAIL_RCPT, NULL);
	}
	curl_slist_free_all(recipient);
	w->left = (struct bytes){NULL, 0};
	return rc;
}

int
smtp_send(struct smtp *s, const struct addr *from, const struct addr *to,
    struct bytes mail, struct err *e)
{
	struct way *w = way_take(s, e);
	int rc;

	if (w == NULL)
		return ERR_IO;
	rc = judge(s, w, perform(w, from, to, mail), to, e);
	way_give(s, w);
	return rc;
}
