/*
 * Answers, and the wiping of JSON: contract in line.h. The rest of it is in
 * line_fields.c, line_bytes.c, line_server.c and line_client.c.
 */
#include "enroll/line.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "enroll/line_io.h"

enum {
	LINE_ID_BYTES = 6
};

/* malloc_usable_size and not a length of our own: jansson gives memory back that it
 * got before line_init, too. */
static void
line_wipe_free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
line_init(void)
{
	json_set_alloc_funcs(malloc, line_wipe_free);
	json_object_seed(0); /* from /dev/urandom: now, not in a sandbox */
}

json_t *
line_ok(void)
{
	return json_pack("{s:b}", "ok", 1);
}

/* Something to look for in the log; it need not be secret, only rare. */
static void
line_id(char out[2 * LINE_ID_BYTES + 1])
{
	uint8_t random[LINE_ID_BYTES] = {0};

	(void)!getrandom(random, sizeof(random), GRND_NONBLOCK);
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(out + 2 * i, 3, "%02x", random[i]);
}

json_t *
line_refuse(const char *word, const char *fmt, ...)
{
	char id[2 * LINE_ID_BYTES + 1];
	struct err e;
	va_list ap;
	char text[ERR_TEXT_MAX];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, 0, "%s", text); /* no control characters */
	line_id(id);
	return json_pack("{s:b, s:s, s:o, s:s}", "ok", 0, "error", word, "text",
	    line_json_text(bytes_of(e.text)), "id", id);
}

/* --- words and codes ---------------------------------------------------------------
 */

/* Where a code or a word stands twice, its first row counts. */
static const struct {
	const char *word;
	int code;
} line_words[] = {
    {"syntax", ERR_SYNTAX},
    {"syntax", ERR_USAGE},
    {"limit", ERR_LIMIT},
    {"policy", ERR_POLICY},
    {"unsupported", ERR_UNSUPPORTED},
    {"not-found", ERR_NOT_FOUND},
    {"busy", ERR_IO}, /* what may go well another time */
    {"busy", ERR_MEMORY},
    {"internal", ERR_CRYPTO},
    {"internal", ERR_DIRECTORY},
    {"denied", ERR_POLICY},
    {"expired", ERR_POLICY},
    {"conflict", ERR_POLICY},
    {"login", ERR_POLICY},
    {"factor", ERR_POLICY},
};

json_t *
line_refuse_err(const struct err *e)
{
	const char *word = "internal";

	for (size_t i = NITEMS(line_words); i-- > 0;)
		if (line_words[i].code == e->code)
			word = line_words[i].word;
	return line_refuse(
	    word, "%s", e->text[0] == '\0' ? err_name(e->code) : e->text);
}

int
line_code(struct bytes word)
{
	for (size_t i = 0; i < NITEMS(line_words); i++)
		if (bytes_equal(bytes_of(line_words[i].word), word))
			return line_words[i].code;
	return ERR_IO;
}
