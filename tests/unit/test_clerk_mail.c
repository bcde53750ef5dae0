/*
 * The clerk's mails without a relay: letters in both languages, what foreign text
 * cannot do to them, composing (read again by GMime), file names, folder.
 */
#include <gmime/gmime.h>
#include <pthread.h>
#include <stdlib.h>

#include "enroll/clerk/mail.h"
#include "enroll/clerk/mail_compose.h"
#include "enroll/clerk/mail_letter_parts.h"
#include "enroll/clerk/mail_way.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

static struct texts *texts;
static struct template *html;
static char *source;

static bool
give_source(void *ctx, struct bytes name, struct bytes *out)
{
	(void)ctx;
	*out = bytes_of(source);
	return bytes_equal(name, BYTES("letter"));
}

static char *
read_file(const char *path)
{
	char *text = calloc(1, 256 * 1024);
	FILE *f = fopen(path, "r");

	if (f != NULL) {
		text[fread(text, 1, 256 * 1024 - 1, f)] = '\0';
		fclose(f);
	}
	return text;
}

/* The catalogs lie beside the tests: BUILD/tests/unit/test_x, BUILD/locale. */
static bool
load(const char *self)
{
	char folder[SCRATCH_MAX + 100];
	struct err e = {0};
	const char *build = strstr(self, "tests/unit/");

	snprintf(folder, sizeof(folder), "%.*slocale",
	    build == NULL ? 0 : (int)(build - self), self);
	source = read_file("web/mail/letter.html");
	return check(
		   texts_load(folder, &texts, &e) == 0, "the catalogs", "%s", e.text) &&
	       check(template_parse("letter", give_source, NULL, &html, &e) == 0,
		   "the frame of letters", "%s", e.text);
}

/* --- letters ------------------------------------------------------------- */

/* Every field that any letter wants. */
static const struct texts_field all_fields[] = {
    {"address", BYTES("anna.muster@example.com")},
    {"mailbox", BYTES("Verkauf & <Innendienst>")}, {"file", BYTES("a.pfx")},
    {"until", BYTES("2026-12-23 03:15 UTC")},
    {"link", BYTES("abcdefghijklmnopqrstuvwxyz")},
    {"time", BYTES("2026-11-23 03:15 UTC")}, {"days", BYTES("30")},
    {"reason", BYTES("key-compromise")}, {"who", BYTES("Bernd Beispiel")},
    {"delegates", BYTES("A, B")}, {"by", BYTES("C")}};

static struct letter_frame
frame(void)
{
	return (struct letter_frame){
	    texts, html, "https://portal.example.com", "Helpdesk, 1234"};
}

/* Whether a key stands where its text should. */
static bool
has_key(const char *text)
{
	for (const char *p = strstr(text, "mail."); p != NULL;
	     p = strstr(p + 1, "mail."))
		if (p[5] >= 'a' && p[5] <= 'z')
			return true;
	return false;
}

/* What all of them must be: filled, without markup of others, each paragraph in both.
 */
static void
check_letter(const struct letter *l, const char *language)
{
	struct letter_frame f = frame();
	struct letter_made made;
	struct err e = {0};
	char name[128];
	int rc = letter_make(&f, l, language, BYTES("Anna <b>Muster"), all_fields,
	    NITEMS(all_fields), &made, &e);
	size_t longest = 0;

	snprintf(name, sizeof(name), "test_letter__%s_%s", l->word, language);
	if (!check(rc == 0, name, "%s", e.text))
		return;
	for (const char *p = made.text; *p != '\0'; p += strcspn(p, "\n") + 1)
		if (strcspn(p, "\n") > longest)
			longest = strcspn(p, "\n");
	strcat(name, "_content");
	check(strstr(made.text, "{") == NULL && strstr(made.subject, "{") == NULL &&
		  !has_key(made.subject) && !has_key(made.text) &&
		  strstr(made.html, "{") == NULL &&
		  strstr(made.html, "<b>Muster") == NULL &&
		  strstr(made.html, "&lt;b&gt;Muster") != NULL &&
		  strstr(made.html, "<Innendienst>") == NULL &&
		  strstr(made.html, "http:") == NULL &&
		  strstr(made.html, "src=") == NULL &&
		  strstr(made.html, "<script") == NULL &&
		  strstr(made.html, "url(") == NULL && longest <= LETTER_LINE + 12,
	    name, "longest line %zu\n%s\n%s", longest, made.text, made.html);
	letter_free(&made);
}

static void
test_letter__all(void)
{
	for (size_t i = 0; letter_at(i) != NULL; i++) {
		check_letter(letter_at(i), "en");
		check_letter(letter_at(i), "de");
	}
}

static void
test_letter__golden(void)
{
	struct letter_frame f = frame();
	struct letter_made made = {NULL, NULL, NULL};
	struct err e = {0};

	letter_make(&f, letter_find("delivery"), "de", BYTES("Anna Muster"), all_fields,
	    NITEMS(all_fields), &made, &e);
	check_str("test_letter__golden_subject",
	    made.subject == NULL ? "" : made.subject,
	    "Ihr Zertifikat f\xc3\xbcr anna.muster@example.com");
	check_str("test_letter__golden_text", made.text == NULL ? "" : made.text,
	    "Ihr Zertifikat ist bereit\n\n"
	    "Guten Tag Anna Muster,\n\n"
	    "Mit dem angeh\xc3\xa4ngten Zertifikat k\xc3\xb6nnen Sie E-Mails lesen, "
	    "die "
	    "f\xc3\xbcr\n"
	    "anna.muster@example.com verschl\xc3\xbcsselt sind, und Ihre eigenen "
	    "signieren.\n"
	    "Zwei Schritte fehlen noch:\n\n"
	    "1. \xc3\x96"
	    "ffnen Sie die Seite mit Ihrer PIN und melden Sie sich mit "
	    "Ihrem\n"
	    "Firmenpasswort an.\n\n"
	    "Meine PIN anzeigen:\n"
	    "https://portal.example.com/l/abcdefghijklmnopqrstuvwxyz\n\n"
	    "2. \xc3\x96"
	    "ffnen Sie die angeh\xc3\xa4ngte Datei und geben Sie die PIN "
	    "dort ein, wo\n"
	    "nach einem Kennwort gefragt wird. Auf der Seite mit der PIN finden "
	    "Sie\n"
	    "Bilder f\xc3\xbcr Outlook, Thunderbird und Smartphones.\n\n"
	    "Angeh\xc3\xa4ngte Datei: a.pfx\n"
	    "PIN abrufbar bis: 2026-12-23 03:15 UTC\n\n"
	    "Danach erhalten Sie im Portal eine neue Datei. Wer den Link sonst\n"
	    "\xc3\xb6"
	    "ffnet, sieht nur eine Anmeldung und keine PIN.\n\n"
	    "-- \n"
	    "Diese E-Mail wurde von einem Programm geschrieben.\n"
	    "Niemand wird Sie jemals per E-Mail nach Ihrem Passwort oder Ihrer PIN\n"
	    "fragen.\n"
	    "Fragen: Helpdesk, 1234\n");
	letter_free(&made);
}

static void
test_letter__refused(void)
{
	struct letter_frame f = frame();
	struct letter_made made;
	struct texts_field many[40];
	struct err e = {0};

	check(letter_find("no-such") == NULL, "test_letter__no_such_word", "found");
	check(letter_make(&f, letter_find("reminder"), "en", BYTES(""), all_fields, 1,
		  &made, &e) == ERR_USAGE &&
		  strstr(e.text, "until") != NULL,
	    "test_letter__missing_field", "%s", e.text);
	for (size_t i = 0; i < NITEMS(many); i++)
		many[i] = all_fields[i % NITEMS(all_fields)];
	check(letter_make(&f, letter_find("reminder"), "en", BYTES(""), many,
		  NITEMS(many), &made, &e) == ERR_USAGE,
	    "test_letter__too_many_fields", "%s", e.text);
}

static void
test_letter_clean(void)
{
	static const struct {
		const char *name, *in, *want;
		size_t cap;
	} cases[] = {
	    {"plain", "Anna M\xc3\xbcller", "Anna M\xc3\xbcller", 100},
	    {"line ends", "a\r\nBcc: x@y", "a  Bcc: x@y", 100},
	    {"C1", "a\xc2\x85z", "a z", 100},
	    {"not UTF-8", "a\xff\xfez", "a  z", 100},
	    {"right to left", "a\xe2\x80\xaegpj.exe", "a gpj.exe", 100},
	    {"zero width", "a\xe2\x80\x8bz", "a z", 100},
	    {"line separator", "a\xe2\x80\xa8z", "a z", 100},
	    {"cut at a character", "aa\xc3\xbc", "aa", 4},
	    {"just fits", "aa\xc3\xbc", "aa\xc3\xbc", 5},
	    {"empty", "", "", 1},
	};

	for (size_t i = 0; i < NITEMS(cases); i++) {
		char name[64], out[128];

		snprintf(name, sizeof(name), "test_letter_clean__%s", cases[i].name);
		check_str(name, letter_clean(bytes_of(cases[i].in), out, cases[i].cap),
		    cases[i].want);
	}
}

/* --- composing ----------------------------------------------------------- */

static GMimeMessage *
parse(const struct owned *octets)
{
	GMimeStream *s =
	    g_mime_stream_mem_new_with_buffer((const char *)octets->p, octets->n);
	GMimeParser *p = g_mime_parser_new_with_stream(s);
	GMimeMessage *m = g_mime_parser_construct_message(p, NULL);

	g_object_unref(p);
	g_object_unref(s);
	return m;
}

static bool
has_header_line(const struct owned *octets, const char *begin)
{
	const char *p = (const char *)octets->p,
		   *end = memmem(p, octets->n, "\r\n\r\n", 4);

	/* Every line of the head ends before `end`, so that a newline is found. */
	for (; end != NULL && p < end;
	     p = (const char *)memchr(p, '\n', (size_t)(end + 2 - p)) + 1)
		if (strncasecmp(p, begin, strlen(begin)) == 0)
			return true;
	return false;
}

/* Only CRLF, and no line longer than RFC 5321 section 4.5.3.1.6 allows. */
static bool
has_good_lines(const struct owned *octets)
{
	size_t line = 0;

	for (size_t i = 0; i < octets->n; i++) {
		uint8_t c = octets->p[i];

		if (c == '\n'
			? i == 0 || octets->p[i - 1] != '\r'
			: c == '\r' && (i + 1 == octets->n || octets->p[i + 1] != '\n'))
			return false;
		line = c == '\n' ? 0 : line + 1;
		if (line > 998 || c >= 0x80 || c == 0)
			return false;
	}
	return true;
}

static void
test_compose(const char *name, const char *to_name, const char *subject,
    const char *want_name, const char *want_subject)
{
	struct addr from, to;
	struct compose mail = {.from = &from,
	    .to = &to,
	    .from_name = BYTES("Zertifikate"),
	    .to_name = bytes_of(to_name),
	    .subject = subject,
	    .text = "Gr\xc3\xbc\xc3\x9f"
		    "e\n.\n..two\nhttps://x/l/abc_-=\n",
	    .html = "<p>Gr\xc3\xbc\xc3\x9f"
		    "e</p>\n",
	    .language = "de",
	    .id = "0123",
	    .date = 1795400000,
	    .file = "a@x_2026-11-23.pfx",
	    .file_type = "application/x-pkcs12",
	    .file_bytes = BYTES("\0\1\2\r\n\xff")};
	struct owned octets = {NULL, 0};
	struct err e = {0};
	InternetAddressList *list;
	GMimeMessage *m;
	bool fine;

	addr_parse(BYTES("robot@b\xc3\xbc"
			 "cher.example"),
	    &from, &e);
	addr_parse(BYTES("anna.muster@example.com"), &to, &e);
	if (!check(compose_mail(&mail, &octets, &e) == 0, name, "%s", e.text))
		return;
	m = parse(&octets);
	list = g_mime_message_get_all_recipients(m);
	fine = internet_address_list_length(list) == 1 &&
	       strcmp(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(
			  internet_address_list_get_address(list, 0))),
		   "anna.muster@example.com") == 0;
	check(
	    fine && has_good_lines(&octets) && !has_header_line(&octets, "bcc:") &&
		!has_header_line(&octets, "x-evil:") &&
		has_header_line(&octets, "Auto-Submitted: auto-generated\r") &&
		has_header_line(&octets, "Message-Id: <0123@xn--bcher-kva.example>\r"),
	    name, "%.*s", (int)octets.n, (const char *)octets.p);
	if (internet_address_list_length(list) == 1) {
		const char *got = internet_address_get_name(
		    internet_address_list_get_address(list, 0));

		check_str(name, got == NULL ? "" : got, want_name);
	}
	check_str(name, g_mime_message_get_subject(m), want_subject);
	g_object_unref(list);
	g_object_unref(m);
	owned_free(&octets);
}

static void
test_compose__all(void)
{
	static char long_name[600], long_want[COMPOSE_NAME_MAX + 1];

	for (size_t i = 0; i + 3 < sizeof(long_name); i += 2)
		memcpy(long_name + i, "\xc3\xbc", 2);
	memcpy(long_want, long_name, COMPOSE_NAME_MAX);
	test_compose(
	    "test_compose__plain", "Anna Muster", "Hello", "Anna Muster", "Hello");
	test_compose("test_compose__umlauts", "J\xc3\xbcrgen \"J\" Groß, jr.",
	    "F\xc3\xbcr Sie", "J\xc3\xbcrgen \"J\" Groß, jr.", "F\xc3\xbcr Sie");
	test_compose("test_compose__no_name", "", "x", "", "x");
	test_compose("test_compose__line_ends", "A\r\nBcc: evil@example.org",
	    "s\r\nX-Evil: 1\r\n\r\nbody", "A  Bcc: evil@example.org",
	    "s  X-Evil: 1    body");
	test_compose("test_compose__address_as_name",
	    "evil@example.org>, <other@example.org",
	    "=?utf-8?q?x=0D=0AX-Evil:?=", "evil@example.org>, <other@example.org",
	    "-?utf-8?q?x=0D=0AX-Evil:?=");
	test_compose("test_compose__long_name", long_name, "x", long_want, "x");
}

static void
test_compose__limits(void)
{
	static uint8_t big[MAIL_PFX_MAX + 1];
	struct addr a;
	struct compose mail = {.from = &a,
	    .to = &a,
	    .subject = "s",
	    .text = "t",
	    .html = "h",
	    .language = "en",
	    .id = "1",
	    .file = "f",
	    .file_type = "application/x-pkcs12",
	    .file_bytes = {big, MAIL_PFX_MAX}};
	struct owned octets = {NULL, 0};
	struct err e = {0};

	addr_parse(BYTES("a@example.com"), &a, &e);
	check(compose_mail(&mail, &octets, &e) == 0, "test_compose__at_the_limit", "%s",
	    e.text);
	owned_free(&octets);
	mail.file_bytes.n++;
	check(compose_mail(&mail, &octets, &e) == ERR_LIMIT && octets.p == NULL,
	    "test_compose__over_the_limit", "%s", e.text);
}

static void
test_compose_id(void)
{
	char a[COMPOSE_ID_SIZE], b[COMPOSE_ID_SIZE], c[COMPOSE_ID_SIZE];
	struct err e = {0};

	compose_id(BYTES("d-1#1"), a, &e);
	compose_id(BYTES("d-1#1"), b, &e);
	compose_id(BYTES("d-1#2"), c, &e);
	check(strcmp(a, b) == 0 && strcmp(a, c) != 0 && strlen(a) == 39,
	    "test_compose_id__same_for_the_same", "%s %s %s", a, b, c);
}

/* --- names, times, folder ------------------------------------------------ */

static void
test_mail_file_name(void)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
	    {"anna.muster@example.com", "anna.muster@example.com_2026-11-23.pfx"},
	    {"a/../b@x", "a_.._b@x_2026-11-23.pfx"},
	    {"a\"\r\nb@x", "a___b@x_2026-11-23.pfx"},
	    {"", "_2026-11-23.pfx"},
	};
	char out[MAIL_FILE_SIZE], big[ADDR_MAX + 50];

	for (size_t i = 0; i < NITEMS(cases); i++) {
		mail_file_name(bytes_of(cases[i].in), 1795400000, out);
		check_str("test_mail_file_name", out, cases[i].want);
	}
	memset(big, 'x', sizeof(big));
	mail_file_name((struct bytes){(uint8_t *)big, sizeof(big)}, 1795400000, out);
	check(strlen(out) == ADDR_MAX + 15, "test_mail_file_name__long", "%s", out);
	check_str("test_mail_time", mail_time(1795400000, out), "2026-11-23 02:13 UTC");
}

enum {
	WRITERS = 8,
	EACH = 25
};
static char folder[SCRATCH_MAX];

static void *
write_some(void *arg)
{
	struct err e = {0};

	for (int i = 0; i < EACH; i++)
		if (mail_folder_put(folder, BYTES("Subject: x\r\n\r\n"), &e) != 0)
			*(int *)arg = 1;
	return NULL;
}

/* Many at once: each mail its own number, nothing half done is left. */
static void
test_mail_folder(void)
{
	pthread_t thread[WRITERS];
	int failed[WRITERS] = {0}, any = 0;
	struct err e = {0};

	scratch_make(folder);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&thread[i], NULL, write_some, &failed[i]);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(thread[i], NULL);
		any |= failed[i];
	}
	check_int("test_mail_folder__no_error", any, 0);
	check_int("test_mail_folder__all_are_there", scratch_count(folder, ""),
	    WRITERS * EACH);
	check_int("test_mail_folder__numbered", scratch_count(folder, "0200.eml"), 1);
	scratch_remove(folder);
	check(mail_folder_put(folder, BYTES("x"), &e) == ERR_IO &&
		  strstr(e.text, folder) != NULL,
	    "test_mail_folder__gone", "%s", e.text);
}

int
main(int argc, char **argv)
{
	(void)argc;
	compose_init();
	if (load(argv[0])) {
		test_letter__all();
		test_letter__golden();
	}
	test_letter__refused();
	test_letter_clean();
	test_compose__all();
	test_compose__limits();
	test_compose_id();
	test_mail_file_name();
	test_mail_folder();
	template_free(&html);
	texts_free(&texts);
	free(source);
	compose_fini();
	return check_done();
}
