/*
 * Fields of calls: a table says what may and must be there, and nothing else passes.
 */
#include "enroll/line.h"
#include "tests/unit/check.h"

static const struct line_field table[] = {
    {"mail", LINE_TEXT, false, 10},
    {"spki", LINE_BYTES, true, 5},
    {"time", LINE_INT, true, 0},
    {"again", LINE_BOOL, true, 0},
    {"names", LINE_LIST, true, 2},
    {0},
};

static const struct field_case {
	const char *name, *in;
	int want;
	const char *about; /* stands in the sentence */
} cases[] = {
    {"all",
	"{\"call\":\"x\",\"mail\":\"a@b\",\"spki\":\"AAAA\",\"time\":0,\"again\":true,"
	"\"names\":[1]}",
	0, ""},
    {"least", "{\"call\":\"x\",\"mail\":\"\"}", 0, ""},
    {"missing", "{\"call\":\"x\"}", ERR_SYNTAX, "mail"},
    {"null", "{\"mail\":null}", ERR_SYNTAX, "mail"},
    {"unknown", "{\"mail\":\"a\",\"admin\":true}", ERR_SYNTAX, "admin"},
    {"session_not_in_table", "{\"mail\":\"a\",\"session\":\"s\"}", ERR_SYNTAX,
	"session"},
    {"longest_text", "{\"mail\":\"1234567890\"}", 0, ""},
    {"text_one_longer", "{\"mail\":\"12345678901\"}", ERR_LIMIT, "mail"},
    {"text_bytes_count", "{\"mail\":\"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"}",
	ERR_LIMIT, "mail"},
    {"text_newline", "{\"mail\":\"a\\nb\"}", ERR_SYNTAX, "control"},
    {"text_escape", "{\"mail\":\"\\u001b[2J\"}", ERR_SYNTAX, "control"},
    {"text_delete", "{\"mail\":\"a\\u007f\"}", ERR_SYNTAX, "control"},
    {"text_c1", "{\"mail\":\"a\\u0085\"}", ERR_SYNTAX, "control"},
    {"text_is_number", "{\"mail\":1}", ERR_SYNTAX, "mail"},
    {"text_is_list", "{\"mail\":[\"a\"]}", ERR_SYNTAX, "mail"},
    {"most_bytes", "{\"mail\":\"a\",\"spki\":\"AAAAAAA=\"}", 0, ""},
    {"bytes_one_more", "{\"mail\":\"a\",\"spki\":\"AAAAAAAA\"}", ERR_LIMIT, "spki"},
    {"bytes_empty", "{\"mail\":\"a\",\"spki\":\"\"}", 0, ""},
    {"time_negative", "{\"mail\":\"a\",\"time\":-1}", ERR_SYNTAX, "time"},
    {"time_greatest", "{\"mail\":\"a\",\"time\":9223372036854775807}", 0, ""},
    {"time_fraction", "{\"mail\":\"a\",\"time\":1.5}", ERR_SYNTAX, "time"},
    {"time_text", "{\"mail\":\"a\",\"time\":\"1\"}", ERR_SYNTAX, "time"},
    {"bool_is_one", "{\"mail\":\"a\",\"again\":1}", ERR_SYNTAX, "again"},
    {"list_most", "{\"mail\":\"a\",\"names\":[1,[2]]}", 0, ""},
    {"list_one_more", "{\"mail\":\"a\",\"names\":[1,2,3]}", ERR_LIMIT, "names"},
    {"list_is_object", "{\"mail\":\"a\",\"names\":{}}", ERR_SYNTAX, "names"},
};

static void
test_fields__check(void)
{
	for (size_t i = 0; i < NITEMS(cases); i++) {
		const struct field_case *c = &cases[i];
		json_t *o = json_loads(c->in, 0, NULL);
		struct err e = {0};
		char name[100];
		int rc = line_check(o, table, &e);

		snprintf(name, sizeof(name), "fields__%s", c->name);
		check(rc == c->want && strstr(e.text, c->about) != NULL, name,
		    "got %d \"%s\", want %d about \"%s\"", rc, e.text, c->want,
		    c->about);
		json_decref(o);
	}
}

static const struct base64_case {
	const char *name, *in;
	int want;
	struct bytes bytes;
} base64s[] = {
    {"bytes", "AP8=", 0, BYTES("\x00\xff")},
    {"none", NULL, 0, BYTES("")},
    {"no_padding", "AP8", ERR_SYNTAX, BYTES("")},
    {"loose_bits", "AP9=", ERR_SYNTAX, BYTES("")},
    {"newline", "AP8=\n", ERR_SYNTAX, BYTES("")},
    {"url_digits", "_-8=", ERR_SYNTAX, BYTES("")},
};

static void
test_fields__bytes(void)
{
	for (size_t i = 0; i < NITEMS(base64s); i++) {
		const struct base64_case *c = &base64s[i];
		json_t *o = json_pack("{s:s*}", "b", c->in);
		struct owned got;
		struct secret hidden;
		char name[100];
		int rc = line_bytes(o, "b", &got, NULL);

		snprintf(name, sizeof(name), "fields__base64_%s", c->name);
		check(rc == c->want && bytes_equal(owned_view(&got), c->bytes), name,
		    "got %d and %zu bytes", rc, got.n);
		owned_free(&got);
		rc = line_secret(o, "b", &hidden, NULL);
		snprintf(name, sizeof(name), "fields__secret_%s", c->name);
		check(rc == c->want && bytes_equal(secret_view(&hidden), c->bytes),
		    name, "got %d and %zu bytes", rc, hidden.n);
		secret_free(&hidden);
		json_decref(o);
	}
}

/* What is put in comes out again, of any length. */
static void
test_fields__round_trip(void)
{
	uint8_t data[100];
	int wrong = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37);
	for (size_t n = 1; n <= sizeof(data); n++) {
		json_t *o = line_ok();
		struct owned got;

		line_set_bytes(o, "b", (struct bytes){data, n});
		line_bytes(o, "b", &got, NULL);
		wrong += !bytes_equal(owned_view(&got), (struct bytes){data, n});
		owned_free(&got);
		json_decref(o);
	}
	check_int("fields__bytes_come_back", wrong, 0);
}

static const struct clean_case {
	const char *name;
	struct bytes in, want;
} cleans[] = {
    {"plain", BYTES("J\u00fcrgen"), BYTES("J\u00fcrgen")},
    {"empty", BYTES(""), BYTES("")},
    {"latin1", BYTES("J\xfcrgen"), BYTES("J?rgen")},
    {"nul", BYTES("a\0b"), BYTES("a?b")},
    {"cut_off", BYTES("a\xc3"), BYTES("a?")},
};

static void
test_fields__set_text(void)
{
	for (size_t i = 0; i < NITEMS(cleans); i++) {
		json_t *o = line_ok();
		char name[100];

		snprintf(name, sizeof(name), "fields__set_%s", cleans[i].name);
		check(line_set_text(o, "t", cleans[i].in) == 0 &&
			  bytes_equal(line_text(o, "t"), cleans[i].want),
		    name, "got \"%s\"", (const char *)line_text(o, "t").p);
		json_decref(o);
	}
}

static const struct {
	int code;
	const char *word;
} words[] = {
    {ERR_SYNTAX, "syntax"},
    {ERR_USAGE, "syntax"},
    {ERR_LIMIT, "limit"},
    {ERR_POLICY, "policy"},
    {ERR_UNSUPPORTED, "unsupported"},
    {ERR_NOT_FOUND, "not-found"},
    {ERR_IO, "busy"},
    {ERR_MEMORY, "busy"},
    {ERR_CRYPTO, "internal"},
    {ERR_DIRECTORY, "internal"},
    {0, "internal"},
};

static void
test_fields__refuse_err(void)
{
	for (size_t i = 0; i < NITEMS(words); i++) {
		struct err e = {.code = words[i].code};
		json_t *o = line_refuse_err(&e);
		char name[100];

		snprintf(name, sizeof(name), "fields__word_of_%d", -words[i].code);
		check_str(name, (const char *)line_text(o, "error").p, words[i].word);
		json_decref(o);
	}
}

int
main(void)
{
	line_init();
	test_fields__check();
	test_fields__bytes();
	test_fields__round_trip();
	test_fields__set_text();
	test_fields__refuse_err();
	return check_done();
}
