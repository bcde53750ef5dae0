/*
 * Catalogs of texts (contract in texts.h): JSON objects that nobody changes after
 * texts_load, so that threads read them without a lock.
 */
#include "enroll/texts.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>

enum {
	LANGUAGE_SIZE = 16,
	PATH_SIZE = 4096,
	NAME_MAX_BYTES = 32, /* of a placeholder */
};

struct catalog {
	char language[LANGUAGE_SIZE];
	json_t *text;
};

struct texts {
	struct catalog catalog[TEXTS_LANGUAGES_MAX];
	size_t n;
	const struct catalog *fallback;
};

/* --- reading ------------------------------------------------------------- */

/* "de" of "de.json", "pt-BR" of "pt-BR.json". */
static bool
is_catalog(const char *name, char language[LANGUAGE_SIZE])
{
	const char *dot = strchr(name, '.');
	size_t n = dot == NULL ? 0 : (size_t)(dot - name);

	if (n == 0 || n >= LANGUAGE_SIZE || strcmp(dot, ".json") != 0)
		return false;
	memcpy(language, name, n);
	language[n] = '\0';
	return true;
}

static int
check_catalog(const json_t *text, const char *path, struct err *e)
{
	const char *key;
	json_t *value;

	if (!json_is_object(text))
		return err_set(
		    e, ERR_SYNTAX, "%s: want an object of keys and texts", path);
	json_object_foreach((json_t *)text, key, value)
	{
		if (!json_is_string(value))
			return err_set(
			    e, ERR_SYNTAX, "%s: \"%.80s\" is no text", path, key);
	}
	return 0;
}

static int
read_file(FILE *f, const char *path, json_t **out, struct err *e)
{
	char *buf = malloc(TEXTS_FILE_MAX + 1);
	json_error_t why;
	size_t n;
	int rc = 0;

	if (buf == NULL)
		return err_set(e, ERR_MEMORY, "%s: out of memory", path);
	n = fread(buf, 1, TEXTS_FILE_MAX + 1, f);
	if (ferror(f))
		rc = err_set(e, ERR_IO, "%s: cannot be read: %m", path);
	else if (n > TEXTS_FILE_MAX)
		rc = err_set(
		    e, ERR_LIMIT, "%s: more than %d bytes", path, TEXTS_FILE_MAX);
	else if ((*out = json_loadb(buf, n, JSON_REJECT_DUPLICATES, &why)) == NULL)
		rc = err_set(e, ERR_SYNTAX, "%s line %d: %s", path, why.line, why.text);
	else
		rc = check_catalog(*out, path, e);
	free(buf);
	return rc;
}

static int
add_catalog(struct texts *t, const char *folder, const char *name, const char *language,
    struct err *e)
{
	struct catalog *c = &t->catalog[t->n];
	char path[PATH_SIZE];
	FILE *f;
	int rc;

	if (t->n == TEXTS_LANGUAGES_MAX)
		return err_set(e, ERR_LIMIT, "%s: more than %d languages", folder,
		    TEXTS_LANGUAGES_MAX);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return err_set(e, ERR_LIMIT, "%.100s...: too long a name", folder);
	if ((f = fopen(path, "re")) == NULL)
		return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
	t->n++; /* texts_free gives back what it holds, also after an error */
	strcpy(c->language, language);
	rc = read_file(f, path, &c->text, e);
	fclose(f);
	return rc;
}

static int
read_folder(struct texts *t, DIR *d, const char *folder, struct err *e)
{
	char language[LANGUAGE_SIZE];
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && (entry = readdir(d)) != NULL)
		if (is_catalog(entry->d_name, language))
			rc = add_catalog(t, folder, entry->d_name, language, e);
	return rc;
}

static int
by_language(const void *a, const void *b)
{
	const struct catalog *x = a, *y = b;

	return strcmp(x->language, y->language);
}

static const struct catalog *
find_catalog(const struct texts *t, struct bytes language)
{
	for (size_t i = 0; i < t->n; i++)
		if (bytes_equal_nocase(bytes_of(t->catalog[i].language), language))
			return &t->catalog[i];
	return NULL;
}

int
texts_load(const char *folder, struct texts **out, struct err *e)
{
	struct texts *t = calloc(1, sizeof(*t));
	DIR *d = opendir(folder);
	int rc;

	*out = NULL;
	if (t == NULL)
		rc = err_set(e, ERR_MEMORY, "out of memory");
	else if (d == NULL)
		rc = err_set(e, ERR_IO, "%s: cannot be opened: %m", folder);
	else
		rc = read_folder(t, d, folder, e);
	if (d != NULL)
		closedir(d);
	if (rc == 0) {
		qsort(t->catalog, t->n, sizeof(t->catalog[0]), by_language);
		t->fallback = find_catalog(t, BYTES(TEXTS_FALLBACK));
		if (t->fallback == NULL)
			rc = err_set(e, ERR_IO,
			    "%s: there is no " TEXTS_FALLBACK ".json", folder);
	}
	if (rc != 0)
		texts_free(&t);
	*out = t;
	return rc;
}

void
texts_free(struct texts **tp)
{
	struct texts *t = *tp;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		json_decref(t->catalog[i].text);
	free(t);
	*tp = NULL;
}

/* --- languages ----------------------------------------------------------- */

/* The next element of a comma-separated list, blanks cut off both ends. */
static struct bytes
take_element(struct bytes *rest)
{
	const uint8_t *comma = rest->n == 0 ? NULL : memchr(rest->p, ',', rest->n);
	struct bytes item = {
	    rest->p, comma == NULL ? rest->n : (size_t)(comma - rest->p)};
	size_t used = item.n + (comma != NULL);

	rest->p += used;
	rest->n -= used;
	while (item.n > 0 && (*item.p == ' ' || *item.p == '\t'))
		item.p++, item.n--;
	while (item.n > 0 && (item.p[item.n - 1] == ' ' || item.p[item.n - 1] == '\t'))
		item.n--;
	return item;
}

/* "q=0.8" as 800; 1000 where there is none; 0 for what is not well-formed. */
static unsigned
weight_of(struct bytes parameter)
{
	unsigned q = 0, scale = 100;

	while (parameter.n > 0 && (*parameter.p == ' ' || *parameter.p == '\t'))
		parameter.p++, parameter.n--;
	if (parameter.n == 0)
		return 1000;
	if (parameter.n < 3 || byte_lower(parameter.p[0]) != 'q' ||
	    parameter.p[1] != '=')
		return 0;
	if (parameter.p[2] == '1')
		return 1000;
	for (size_t i = 4; i < parameter.n && i < 7; i++, scale /= 10)
		if (parameter.p[i] >= '0' && parameter.p[i] <= '9')
			q += (unsigned)(parameter.p[i] - '0') * scale;
	return q;
}

/* The catalog for one tag: itself, or its first subtag ("de" for "de-CH"). */
static const struct catalog *
catalog_for_tag(const struct texts *t, struct bytes tag)
{
	const struct catalog *c = find_catalog(t, tag);
	const uint8_t *dash = tag.n == 0 ? NULL : memchr(tag.p, '-', tag.n);

	if (c == NULL && dash != NULL)
		c = find_catalog(t, (struct bytes){tag.p, (size_t)(dash - tag.p)});
	return c;
}

const char *
texts_language(const struct texts *t, struct bytes wanted)
{
	const struct catalog *best = t->fallback;
	unsigned best_weight = 0;

	while (wanted.n > 0) {
		struct bytes item = take_element(&wanted), tag = item, q = {0};
		const uint8_t *semicolon =
		    item.n == 0 ? NULL : memchr(item.p, ';', item.n);
		const struct catalog *c;

		if (semicolon != NULL) {
			tag.n = (size_t)(semicolon - item.p);
			q = (struct bytes){semicolon + 1, item.n - tag.n - 1};
			while (tag.n > 0 && tag.p[tag.n - 1] == ' ')
				tag.n--;
		}
		if ((c = catalog_for_tag(t, tag)) != NULL &&
		    weight_of(q) > best_weight) {
			best = c;
			best_weight = weight_of(q);
		}
	}
	return best->language;
}

const char *
texts_language_at(const struct texts *t, size_t i)
{
	return i < t->n ? t->catalog[i].language : NULL;
}

/* --- texts --------------------------------------------------------------- */

const char *
texts_get(const struct texts *t, const char *language, const char *key)
{
	const struct catalog *c = find_catalog(t, bytes_of(language));
	const char *text = NULL;

	if (c != NULL)
		text = json_string_value(json_object_get(c->text, key));
	if (text == NULL)
		text = json_string_value(json_object_get(t->fallback->text, key));
	return text == NULL ? key : text;
}

/* The placeholder at the beginning of text: its field, and its length in *used. */
static const struct texts_field *
field_at(const char *text, const struct texts_field *fields, size_t n, size_t *used)
{
	size_t len = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_");

	if (len == 0 || len > NAME_MAX_BYTES || text[len + 1] != '}')
		return NULL;
	*used = len + 2;
	for (size_t i = 0; i < n; i++)
		if (strlen(fields[i].name) == len &&
		    memcmp(fields[i].name, text + 1, len) == 0)
			return &fields[i];
	return NULL;
}

struct filled {
	char *p; /* of TEXTS_FILLED_MAX + 1 bytes */
	size_t n;
	bool full;
};

static void
put(struct filled *out, struct bytes piece)
{
	if (out->full || piece.n > TEXTS_FILLED_MAX - out->n) {
		out->full = true;
		return;
	}
	if (piece.n > 0)
		memcpy(out->p + out->n, piece.p, piece.n);
	out->n += piece.n;
}

static void
fill(struct filled *out, const char *text, const struct texts_field *fields, size_t n)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "{"), used = 1;
		const struct texts_field *f;

		put(out, (struct bytes){(const uint8_t *)text, plain});
		text += plain;
		if (*text == '\0')
			return;
		f = field_at(text, fields, n, &used);
		put(out,
		    f != NULL ? f->value : (struct bytes){(const uint8_t *)text, used});
		text += used;
	}
}

char *
texts_fill(const struct texts *t, const char *language, const char *key,
    const struct texts_field *fields, size_t n_fields)
{
	struct filled out = {0};
	char *fitting;

	if ((out.p = malloc(TEXTS_FILLED_MAX + 1)) == NULL)
		return NULL;
	fill(&out, texts_get(t, language, key), fields, n_fields);
	out.p[out.n] = '\0';
	fitting = out.full ? NULL : realloc(out.p, out.n + 1);
	if (fitting == NULL)
		free(out.p);
	return fitting;
}
