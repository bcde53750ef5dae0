/*
 * Templates: what each tag shows, what is refused when a template is read, and that
 * no data can become markup.
 */
#include "core/template.h"

#include <stdlib.h>

#include "tests/unit/check.h"

/* Sources by name, for templates that have partials. */
static const struct {
	const char *name, *source;
} sources[] = {
    {"head", "<h1>{{title}}</h1>"},
    {"loop", "{{>loop}}"},
    {"open", "{{#a}}"},
    {"tag", "<p class=\""},
};

static const char *main_source;

static bool
source(void *ctx, struct bytes name, struct bytes *out)
{
	(void)ctx;
	if (bytes_equal(name, BYTES("main"))) {
		*out = bytes_of(main_source);
		return true;
	}
	for (size_t i = 0; i < NITEMS(sources); i++)
		if (bytes_equal(name, bytes_of(sources[i].name))) {
			*out = bytes_of(sources[i].source);
			return true;
		}
	return false;
}

static const char *
text(void *ctx, const char *key)
{
	(void)ctx;
	if (strcmp(key, "t.plain") == 0)
		return "Guten Tag <b>";
	if (strcmp(key, "t.until") == 0)
		return "bis {until}, {nobody}{title";
	if (strcmp(key, "t.state.new") == 0)
		return "neu";
	return NULL;
}

static struct template_data *
data(struct arena *arena)
{
	static struct template_data d;
	struct template_item *i;

	template_data_init(&d, arena);
	template_set(&d, &d.root, "title", BYTES("<Anna> & \"Co\" 'x'"));
	template_set(&d, &d.root, "until", BYTES("2028<"));
	template_set(&d, &d.root, "state", BYTES("new"));
	template_set(&d, &d.root, "nothing", BYTES(""));
	template_set(&d, &d.root, "mark", BYTES("{{title}}"));
	i = template_add(&d, &d.root, "row");
	template_set(&d, i, "n", BYTES("1"));
	i = template_add(&d, &d.root, "row");
	template_set(&d, i, "n", BYTES("2"));
	template_set(&d, i, "title", BYTES("inner"));
	i = template_add(&d, i, "sub");
	template_set(&d, i, "n", BYTES("2a"));
	return &d;
}

static const struct {
	const char *name, *in, *want;
} shown[] = {
    {"markup", "<p>as it is</p>", "<p>as it is</p>"},
    {"value", "<p>{{title}}</p>",
	"<p>&lt;Anna&gt; &amp; &quot;Co&quot; &#39;x&#39;</p>"},
    {"value__blanks", "{{ until }}", "2028&lt;"},
    {"value__missing", "[{{missing}}]", "[]"},
    {"value__is_no_tag", "{{mark}}", "{{title}}"},
    {"value__attribute", "<a title=\"{{until}}\">", "<a title=\"2028&lt;\">"},
    {"value__address", "<a href=\"/l/{{state}}\">", "<a href=\"/l/new\">"},
    {"each", "{{#row}}[{{n}}]{{/row}}", "[1][2]"},
    {"each__inner_first", "{{#row}}[{{title}}]{{/row}}",
	"[&lt;Anna&gt; &amp; &quot;Co&quot; &#39;x&#39;][inner]"},
    {"each__nested", "{{#row}}{{n}}{{#sub}}({{n}}{{until}}){{/sub}};{{/row}}",
	"1;2(2a2028&lt;);"},
    {"each__text", "{{#state}}yes {{state}}{{/state}}", "yes new"},
    {"each__empty_text", "{{#nothing}}no{{/nothing}}", ""},
    {"each__missing", "{{#missing}}no{{/missing}}", ""},
    {"none__list", "{{^row}}no{{/row}}", ""},
    {"none__text", "{{^nothing}}none{{/nothing}}", "none"},
    {"none__missing", "{{^missing}}none{{/missing}}", "none"},
    {"section__in_a_tag", "<option{{#state}} selected{{/state}}>", "<option selected>"},
    {"words", "{{=t.plain}}", "Guten Tag &lt;b&gt;"},
    {"words__filled", "{{=t.until}}", "bis 2028&lt;, {title"},
    {"words__by_field", "{{=t.state.:state}}", "neu"},
    {"words__missing", "[{{=t.none}}]", "[]"},
    {"partial", "{{>head}}!",
	"<h1>&lt;Anna&gt; &amp; &quot;Co&quot; &#39;x&#39;</h1>!"},
    {"comment", "a{{! nobody sees }}b", "ab"},
};

static const struct {
	const char *name, *in;
	int want;
} refused[] = {
    {"unfinished_tag", "a{{title", ERR_SYNTAX},
    {"empty_tag", "{{}}", ERR_SYNTAX},
    {"raw_form", "{{{title}}}", ERR_SYNTAX},
    {"raw_form_ampersand", "{{&title}}", ERR_SYNTAX},
    {"section_left_open", "{{#row}}", ERR_SYNTAX},
    {"section_not_open", "{{/row}}", ERR_SYNTAX},
    {"sections_crossed", "{{#a}}{{#b}}{{/a}}{{/b}}", ERR_SYNTAX},
    {"partial_unknown", "{{>nowhere}}", ERR_NOT_FOUND},
    {"partial_of_itself", "{{>loop}}", ERR_LIMIT},
    {"partial_left_open", "{{>open}}{{/a}}", ERR_SYNTAX},
    {"sections_too_deep", "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}",
	ERR_LIMIT},
    {"key_that_is_none", "{{=a b}}", ERR_SYNTAX},
    {"in_script", "<script>{{title}}</script>", ERR_POLICY},
    {"in_script_after_lt", "<script>a<b {{title}}</script>", ERR_POLICY},
    {"in_style", "<style>{{title}}</style>", ERR_POLICY},
    {"in_comment", "<!-- {{title}} -->", ERR_POLICY},
    {"unquoted", "<a title={{title}}>", ERR_POLICY},
    {"single_quotes", "<a title='{{title}}'>", ERR_POLICY},
    {"as_attribute", "<a {{title}}>", ERR_POLICY},
    {"as_element", "<{{title}}>", ERR_POLICY},
    {"event_handler", "<a onclick=\"{{title}}\">", ERR_POLICY},
    {"event_handler_upper", "<a ONCLICK = \"{{title}}\">", ERR_POLICY},
    {"style_attribute", "<a style=\"{{title}}\">", ERR_POLICY},
    {"address", "<a href=\"{{title}}\">", ERR_POLICY},
    {"address_second_attribute", "<a class=\"b\" href=\"{{title}}\">", ERR_POLICY},
    {"address_of_nobody", "<a href=\"/{{title}}\">", ERR_POLICY},
    {"address_elsewhere", "<a href=\"//{{title}}\">", ERR_POLICY},
    {"address_behind_a_value", "<form action=\"{{a}}/{{b}}\">", ERR_POLICY},
    {"words_as_address", "<a href=\"{{=t.plain}}\">", ERR_POLICY},
    {"ends_in_a_tag", "{{>tag}}", ERR_SYNTAX},
};

static void
test_shown(void)
{
	struct template *t;
	struct err e;

	for (size_t i = 0; i < NITEMS(shown); i++) {
		struct html out;
		struct arena arena;
		char got[512] = "";

		main_source = shown[i].in;
		arena_init(&arena, NULL, 0, 100000);
		html_init(&out, sizeof(got) - 1);
		if (template_parse("main", source, NULL, &t, &e) != 0) {
			check(false, shown[i].name, "%s", e.text);
			continue;
		}
		if (template_render(t, data(&arena), text, NULL, &out) == 0 &&
		    out.n > 0)
			memcpy(got, out.p, out.n);
		check_str(shown[i].name, got, shown[i].want);
		html_fini(&out);
		template_free(&t);
		arena_fini(&arena);
	}
}

static void
test_refused(void)
{
	struct template *t;
	struct err e;

	for (size_t i = 0; i < NITEMS(refused); i++) {
		int rc;

		main_source = refused[i].in;
		e.text[0] = '\0';
		rc = template_parse("main", source, NULL, &t, &e);
		check(rc == refused[i].want && t == NULL, refused[i].name,
		    "got %d (%s), want %d", rc, e.text, refused[i].want);
		template_free(&t);
	}
}

/* At a limit, and one past it. */
static void
test_limits(void)
{
	static char big[TEMPLATE_SOURCE_MAX + 2];
	struct template *t;
	struct arena arena;
	struct html out;

	main_source = big;
	memset(big, 'a', TEMPLATE_SOURCE_MAX);
	check_int("source__largest", template_parse("main", source, NULL, &t, NULL), 0);
	arena_init(&arena, NULL, 0, 100000);
	html_init(&out, TEMPLATE_SOURCE_MAX);
	check_int(
	    "page__largest", template_render(t, data(&arena), text, NULL, &out), 0);
	html_fini(&out);
	html_init(&out, TEMPLATE_SOURCE_MAX - 1);
	check_int("page__too_large", template_render(t, data(&arena), text, NULL, &out),
	    ERR_LIMIT);
	html_fini(&out);
	template_free(&t);
	big[TEMPLATE_SOURCE_MAX] = 'a';
	check_int("source__too_large", template_parse("main", source, NULL, &t, NULL),
	    ERR_LIMIT);
	arena_fini(&arena);
}

/* Many items, each gone through for each of many: the rendering ends. */
static void
test_steps(void)
{
	struct template_data d;
	struct template *t = NULL;
	struct arena arena;
	struct html out;

	arena_init(&arena, NULL, 0, 10 << 20);
	template_data_init(&d, &arena);
	for (int i = 0; i < 1000; i++)
		template_set(&d, template_add(&d, &d.root, "a"), "x", BYTES("y"));
	main_source = "{{#a}}{{#a}}b{{/a}}{{/a}}";
	html_init(&out, 10 << 20);
	if (template_parse("main", source, NULL, &t, NULL) == 0)
		check_int("steps__counted", template_render(t, &d, text, NULL, &out),
		    ERR_LIMIT);
	html_fini(&out);
	template_free(&t);
	arena_fini(&arena);

	arena_init(&arena, NULL, 0, 0);
	template_data_init(&d, &arena);
	template_set(&d, template_add(&d, &d.root, "a"), "x", BYTES("y"));
	main_source = "x";
	html_init(&out, 100);
	if (template_parse("main", source, NULL, &t, NULL) == 0)
		check_int("data__no_memory", template_render(t, &d, text, NULL, &out),
		    ERR_MEMORY);
	html_fini(&out);
	template_free(&t);
	arena_fini(&arena);
}

int
main(void)
{
	test_shown();
	test_refused();
	test_limits();
	test_steps();
	return check_done();
}
