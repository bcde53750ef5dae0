/*
 * The portal's small decisions: which route a path is, what a browser's name says, how
 * a character is spelled, where a form may come from.
 */
#include "enroll/portal/browser.h"
#include "enroll/portal/guard.h"
#include "enroll/portal/routes.h"
#include "enroll/portal/spell.h"

#include "tests/unit/check.h"

static const struct {
	const char *name, *method, *path, *want, *param;
} paths[] = {
    {"route__home", "GET", "/", "/", ""},
    {"route__link", "GET", "/l/abc", "/l/*", "abc"},
    {"route__link_damaged", "GET", "/l/abc=3D%20", "/l/*", "abc=3D%20"},
    {"route__link_empty", "GET", "/l/", NULL, ""},
    {"route__link_deeper", "GET", "/l/abc/d", NULL, ""},
    {"route__post", "POST", "/l/abc", "/l/*", "abc"},
    {"route__other_method", "POST", "/history", "other", ""},
    {"route__unknown", "GET", "/unknown", NULL, ""},
    {"route__prefix", "GET", "/loginx", NULL, ""},
    {"route__two_slashes", "GET", "//login", NULL, ""},
    {"route__dots", "GET", "/static/../login", NULL, ""},
    {"route__query_is_none", "GET", "/login?x", NULL, ""},
    {"route__case", "GET", "/Login", NULL, ""},
    {"route__exact_before_star", "GET", "/helpdesk/explain", "/helpdesk/explain", ""},
};

static void
test_routes(void)
{
	for (size_t i = 0; i < NITEMS(paths); i++) {
		const struct route *other;
		struct bytes param = {NULL, 0};
		const struct route *r =
		    route_find(paths[i].method, paths[i].path, &param, &other);
		const char *got = r != NULL	  ? r->path
				  : other != NULL ? "other"
						  : "none";
		const char *want = paths[i].want == NULL ? "none" : paths[i].want;

		check_str(paths[i].name, got, want);
		if (r != NULL)
			check(bytes_equal(param, bytes_of(paths[i].param)),
			    paths[i].name, "got a parameter of %zu bytes", param.n);
	}
}

/* What a row of the table must have, whoever wrote it. */
static void
test_table(void)
{
	for (size_t i = 0; i < route_n; i++) {
		const struct route *r = &route_table[i];
		bool post = strcmp(r->method, "POST") == 0;

		check((r->form != NULL) == post && (post || !r->upload) &&
			  r->handle != NULL && (!post || r->who != ROUTE_BARE),
		    "table__row", "%s %s: a POST has a form, nothing else has",
		    r->method, r->path);
	}
}

static const struct {
	const char *agent, *form, *guide;
} agents[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0", "modern",
	"outlook-windows"},
    {"Mozilla/5.0 (Windows NT 6.1; Win64; x64)", "compatible", "outlook-windows"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari", "compatible",
	"outlook-mac"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "compatible", "iphone"},
    {"Mozilla/5.0 (Linux; Android 14; Pixel 8)", "compatible", "android"},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0)", "modern", "thunderbird"},
    {"", "modern", "outlook-windows"},
};

static const struct {
	const char *name, *origin, *site;
	bool want;
} origins[] = {
    {"origin__ours", "https://here", "same-origin", true},
    {"origin__hidden", "null", "same-origin", true},
    {"origin__sub_domain", "https://here", "same-site", false},
    {"origin__foreign", "https://evil", "cross-site", false},
    {"origin__foreign_hidden", "null", "cross-site", false},
    {"origin__typed", NULL, "none", false},
    {"origin__old_browser", "https://here", NULL, true},
    {"origin__old_browser_foreign", "https://evil", NULL, false},
    {"origin__old_browser_longer", "https://here.evil", NULL, false},
    {"origin__old_browser_http", "http://here", NULL, false},
    {"origin__nothing", NULL, NULL, true},
};

int
main(void)
{
	struct portal_conf conf = {.url = "https://here"};

	test_routes();
	test_table();
	for (size_t i = 0; i < NITEMS(agents); i++) {
		check_str(
		    "browser__form", browser_form(agents[i].agent), agents[i].form);
		check_str(
		    "browser__guide", browser_guide(agents[i].agent), agents[i].guide);
	}
	for (size_t i = 0; i < NITEMS(origins); i++)
		check(guard_origin(&conf, origins[i].origin, origins[i].site) ==
			  origins[i].want,
		    origins[i].name, "got the opposite");
	check_str("spell__letter", spell_word('q'), "Quebec");
	check_str("spell__capital", spell_word('Z'), "Zulu");
	check_str("spell__digit", spell_word('2'), "Two");
	check_str("spell__other", spell_word('-'), "");
	return check_done();
}
