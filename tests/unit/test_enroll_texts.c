/*
 * enroll/texts: what is read, which language is chosen, how placeholders are filled,
 * and that a catalog's or a person's text can do no harm.
 */
#include <stdlib.h>

#include "enroll/texts.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

static char folder[SCRATCH_MAX];

static void
write_file(const char *name, const char *text)
{
	char path[SCRATCH_MAX + 300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((f = fopen(path, "w")) == NULL)
		return;
	fputs(text, f);
	fclose(f);
}

static void
remove_file(const char *name)
{
	char path[SCRATCH_MAX + 300];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static void
test_texts_language(const struct texts *t)
{
	static const struct {
		const char *name, *wanted, *want;
	} cases[] = {
	    {"language", "de", "de"},
	    {"language in capitals", "DE", "de"},
	    {"region", "de-CH", "de"},
	    {"unknown", "fr", "en"},
	    {"none", "", "en"},
	    {"a header", "fr-CH, fr;q=0.9, de;q=0.7, en;q=0.8", "en"},
	    {"a header, weights reversed", "fr, en;q=0.3 , de ;q=0.31", "de"},
	    {"equal weights: the first", "de, en", "de"},
	    {"not acceptable", "de;q=0, en;q=0.001", "en"},
	    {"any", "*", "en"},
	    {"garbage", ";;;,,;q=,de;r=1,\x80\xff;q=1", "en"},
	    {"path", "../../etc/passwd", "en"},
	};

	for (size_t i = 0; i < NITEMS(cases); i++) {
		char name[128];

		snprintf(name, sizeof(name), "test_texts_language__%s", cases[i].name);
		check_str(
		    name, texts_language(t, bytes_of(cases[i].wanted)), cases[i].want);
	}
	check_str("test_texts_language__list", texts_language_at(t, 0), "de");
	check(texts_language_at(t, 2) == NULL, "test_texts_language__end_of_list",
	    "more than two");
}

static void
check_filled(const char *name, const struct texts *t, const char *language,
    const char *key, const char *want)
{
	const struct texts_field fields[] = {{"address", BYTES("a<b>&\"'@example.com")},
	    {"name", BYTES("{address} %s %n")}, {"empty", {NULL, 0}}};
	char *got = texts_fill(t, language, key, fields, NITEMS(fields));

	check_str(name, got == NULL ? "(null)" : got, want);
	free(got);
}

static void
test_texts_fill(const struct texts *t)
{
	check_filled("test_texts_fill__plain", t, "de", "mail.one",
	    "F\xc3\xbcr a<b>&\"'@example.com & mehr");
	check_filled("test_texts_fill__values_are_no_templates", t, "en", "mail.name",
	    "Dear {address} %s %n, {other} {Name} {name {}");
	check_filled("test_texts_fill__fallback", t, "de", "mail.name",
	    "Dear {address} %s %n, {other} {Name} {name {}");
	check_filled("test_texts_fill__no_such_key", t, "de", "mail.none", "mail.none");
	check_filled("test_texts_fill__empty", t, "en", "mail.empty", "");
}

static void
test_texts_fill__limit(const struct texts *t)
{
	static char big[TEXTS_FILLED_MAX + 1];
	struct texts_field field = {
	    "name", {(const uint8_t *)big, TEXTS_FILLED_MAX - 60}};
	char *got;

	memset(big, 'x', sizeof(big));
	got = texts_fill(t, "en", "mail.name", &field, 1);
	check(got != NULL, "test_texts_fill__at_the_limit", "NULL");
	free(got);
	field.value.n = TEXTS_FILLED_MAX + 1;
	got = texts_fill(t, "en", "mail.name", &field, 1);
	check(got == NULL, "test_texts_fill__over_the_limit", "not refused");
	free(got);
}

/* What is no catalog ends the load with the file's name. */
static void
test_texts_load__refused(void)
{
	static char big[TEXTS_FILE_MAX + 8];
	static const struct {
		const char *name, *text;
		int want;
	} cases[] = {
	    {"no JSON", "{", ERR_SYNTAX},
	    {"a list", "[]", ERR_SYNTAX},
	    {"a number", "{\"mail.one\": 1}", ERR_SYNTAX},
	    {"twice", "{\"a.b\": \"1\", \"a.b\": \"2\"}", ERR_SYNTAX},
	    {"too big", big, ERR_LIMIT},
	};

	memset(big, ' ', sizeof(big) - 1);
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct texts *t;
		struct err e = {0};
		char name[128];
		int rc;

		write_file("fr.json", cases[i].text);
		rc = texts_load(folder, &t, &e);
		snprintf(name, sizeof(name), "test_texts_load__%s", cases[i].name);
		check(rc == cases[i].want && t == NULL &&
			  strstr(e.text, "fr.json") != NULL,
		    name, "got %d %s", rc, e.text);
	}
	remove_file("fr.json");
}

static void
test_texts_load__no_fallback(void)
{
	struct texts *t;
	struct err e = {0};

	remove_file("en.json");
	check(texts_load(folder, &t, &e) == ERR_IO && t == NULL,
	    "test_texts_load__no_fallback", "%s", e.text);
	check(texts_load("/nonexistent", &t, &e) == ERR_IO && t == NULL,
	    "test_texts_load__no_folder", "%s", e.text);
}

int
main(void)
{
	struct texts *t = NULL;
	struct err e = {0};

	scratch_make(folder);
	write_file("en.json",
	    "{\"mail.one\": \"For {address}\", \"mail.empty\": \"{empty}\",\n"
	    " \"mail.name\": \"Dear {name}, {other} {Name} {name {}\"}");
	write_file("de.json", "{\"mail.one\": \"F\xc3\xbcr {address} & mehr\"}");
	write_file("README", "no catalog");
	if (check(texts_load(folder, &t, &e) == 0, "test_texts_load__two_languages",
		"%s", e.text)) {
		test_texts_language(t);
		test_texts_fill(t);
		test_texts_fill__limit(t);
	}
	texts_free(&t);
	test_texts_load__refused();
	test_texts_load__no_fallback();
	scratch_remove(folder);
	return check_done();
}
