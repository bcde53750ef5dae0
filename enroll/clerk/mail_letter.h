/*
 * What the clerk's mails say: each letter is a row of blocks (paragraphs, facts, one
 * button), made into a plain text and into HTML with the same content. Values from
 * the directory are shown, never interpreted: control characters and those that turn
 * the direction of writing are taken out, and the template escapes. Called by mail.c
 * and notice.c.
 */
#ifndef CHANCERY_CLERK_MAIL_LETTER_H
#define CHANCERY_CLERK_MAIL_LETTER_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/template.h"
#include "enroll/texts.h"

enum {
	LETTER_VALUE_MAX = 1024, /* bytes of a field's value that are shown */
	LETTER_TEXT_MAX = 32 * 1024,
	LETTER_HTML_MAX = 64 * 1024,
	LETTER_LINE = 72, /* characters of a line of the plain text */
};

/* What all letters are made with. */
struct letter_frame {
	const struct texts *texts;
	const struct template *html; /* web/mail/letter.html */
	const char *portal_url;	     /* "https://HOST" */
	const char *contact;	     /* "" : no such line */
};

struct letter;

/* The letter of this word ("pin-shown"), or NULL. */
const struct letter *letter_find(const char *word);

/* ERR_USAGE with the name of a field that the letter wants and is not among these. */
int letter_check(
    const struct letter *l, const struct texts_field *fields, size_t n, struct err *e);

/* UTF-8, NUL-terminated. */
struct letter_made {
	char *subject; /* one line */
	char *text;    /* lines end with \n */
	char *html;
};

/*
 * Makes it in a language of the catalog. name: whom it greets, may be empty. 0,
 * ERR_USAGE, ERR_LIMIT, ERR_MEMORY; *out is to be freed after 0 only.
 */
int letter_make(const struct letter_frame *frame, const struct letter *l,
    const char *language, struct bytes name, const struct texts_field *fields, size_t n,
    struct letter_made *out, struct err *e);
void letter_free(struct letter_made *made);

/* Copies what may be shown of a text to out (cap bytes with the NUL), cut at a whole
 * character; what is not UTF-8, a control character or one that turns the direction
 * of writing becomes one blank. Returns out. */
char *letter_clean(struct bytes in, char *out, size_t cap);

#endif
