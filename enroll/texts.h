/*
 * Texts for people, in their language: catalogs made from po/LANG/PART.po by the
 * build (po/catalog.py), one LANG.json a language. A text is found by a stable key
 * ("mail.delivery.subject"), never by its English words, so that wording can change
 * in one place. Placeholders are {name}; nothing from a file is ever a format
 * string. No locale of the process is involved, so threads may serve people of
 * different languages. Called by clerk (mails) and portal (pages).
 */
#ifndef CHANCERY_ENROLL_TEXTS_H
#define CHANCERY_ENROLL_TEXTS_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	TEXTS_LANGUAGES_MAX = 16,
	TEXTS_FILE_MAX = 1024 * 1024, /* bytes of a catalog */
	TEXTS_FILLED_MAX = 64 * 1024, /* bytes of a text with its fields */
};

#define TEXTS_FALLBACK "en"

struct texts;

/* Reads all catalogs of a folder; the fallback must be there. 0; ERR_IO, ERR_SYNTAX,
 * ERR_LIMIT with the file's name; ERR_MEMORY. */
int texts_load(const char *folder, struct texts **out, struct err *e);
void texts_free(struct texts **tp);

/* What follows only reads; any thread. */

/*
 * The catalog that fits best: `wanted` is a language tag ("de", "de-CH"), or a whole
 * Accept-Language header (RFC 9110 section 12.5.4: the best q that we have). Anything
 * else, and nothing, gives the fallback. Lives as long as t.
 */
const char *texts_language(const struct texts *t, struct bytes wanted);

/* The i-th language, sorted; NULL after the last. */
const char *texts_language_at(const struct texts *t, size_t i);

/* The text in that language (of texts_language), else the fallback's, else the key
 * itself, so that a mistake is seen and harms nobody. Lives as long as t or key. */
const char *texts_get(const struct texts *t, const char *language, const char *key);

struct texts_field {
	const char *name; /* "address" for {address} */
	struct bytes value;
};

/*
 * The text with its placeholders filled. Values are never looked through for
 * placeholders again; one without a field stays as it is. Nothing is escaped: that is
 * for the sink. The caller's to free();
 * NULL without memory or over TEXTS_FILLED_MAX.
 */
char *texts_fill(const struct texts *t, const char *language, const char *key,
    const struct texts_field *fields, size_t n_fields);

#endif
