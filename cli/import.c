/*
 * `chancery import FILE...`: certificates out of files and folders onto the
 * entries of their owners; those of outsiders who have no entry yet onto new
 * ones in ou=partners; with --anchor those of authorities into ou=authorities.
 * Writes over ldapi as whoever calls it; slapd's access control and the guard
 * decide again. Doing it twice changes nothing.
 */
#include <stdio.h>
#include <time.h>

#include "cli/import_anchor.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/verb.h"
#include "cli/walk.h"

struct import_conf {
	bool anchor;
	bool dry_run;
	bool json;
	bool verbose;
};

static const struct option_flag flags[] = {
    OPT_BOOL("--anchor", struct import_conf, anchor,
	"certificates of authorities, into ou=authorities"),
    OPT_BOOL("--dry-run", struct import_conf, dry_run,
	"say what would happen, write nothing"),
    OPT_BOOL("--verbose", struct import_conf, verbose,
	"name every certificate, not only refused ones"),
    OPT_BOOL("--json", struct import_conf, json, "print the summary as JSON"),
};

struct import {
	struct import_conf conf;
	struct session session;
	struct place place;
	struct anchors anchors;
	struct walk walk;
	struct progress progress;
	size_t n_read;
	size_t count[PLACE__MAX];
	json_t *refused; /* [{source, reason}] */
	struct err fatal;
};

/* --- what happened to each --------------------------------------------------- */

static const char *
done_text(const struct import *x, enum place_result r)
{
	static const char *const texts[] = {[PLACE_ADDED] = "imported",
	    [PLACE_NEW_PARTNER] = "imported, new partner",
	    [PLACE_NEW_ANCHOR] = "imported, new authority",
	    [PLACE_PRESENT] = "is there already",
	    [PLACE_AUTHORITY] = "passed over: an authority's (see --anchor)",
	    [PLACE_REFUSED] = "refused"};
	static const char *const dry[] = {[PLACE_ADDED] = "would be imported",
	    [PLACE_NEW_PARTNER] = "would be imported, new partner",
	    [PLACE_NEW_ANCHOR] = "would be imported, new authority",
	    [PLACE_PRESENT] = "is there already",
	    [PLACE_AUTHORITY] = "passed over: an authority's (see --anchor)",
	    [PLACE_REFUSED] = "refused"};

	return x->conf.dry_run ? dry[r] : texts[r];
}

static int
refuse(const char *source, const struct err *why, void *ctx)
{
	struct import *x = ctx;
	const char *text = why->text[0] != '\0' ? why->text : err_name(why->code);

	x->count[PLACE_REFUSED]++;
	progress_end(&x->progress);
	if (!x->conf.json)
		show_line(stderr, "refused: %s: %s", source, text);
	json_array_append_new(x->refused,
	    json_pack("{s:o, s:o}", "source", show_json_text(bytes_of(source)),
		"reason", show_json_text(bytes_of(text))));
	return 0;
}

static void
note(struct import *x, const char *source, enum place_result r, const char *where)
{
	x->count[r]++;
	if (!x->conf.verbose || x->conf.json)
		return;
	progress_end(&x->progress);
	show_line(stderr, "%s: %s%s%s", source, done_text(x, r),
	    where[0] != '\0' ? ": " : "", where);
}

static int
take_item(const struct import_item *item, void *ctx)
{
	struct import *x = ctx;
	enum place_result result = PLACE_REFUSED;
	char where[LAYOUT_DN_MAX] = "";
	struct err why = {0};
	int rc;

	progress_tick(&x->progress, x->n_read++);
	rc = x->conf.anchor ? anchor_add(&x->anchors, item->value, &result, &why)
			    : place_item(&x->place, item, &result, where, &why);
	if (rc != 0) {
		x->fatal = why;
		return rc;
	}
	if (result == PLACE_REFUSED)
		return refuse(item->source, &why, x);
	note(x, item->source, result, where);
	return 0;
}

static int
take_file(const char *path, void *ctx)
{
	struct import *x = ctx;
	const struct import_reader r = {
	    .anchors = x->conf.anchor, .item = take_item, .refuse = refuse, .ctx = x};

	return import_read_file(&r, path);
}

/* --- summary ----------------------------------------------------------------- */

static size_t
count_imported(const struct import *x)
{
	const size_t *n = x->count;

	return n[PLACE_ADDED] + n[PLACE_NEW_PARTNER] + n[PLACE_NEW_ANCHOR];
}

static void
show_summary(const struct import *x)
{
	const size_t *n = x->count;

	show_line(stdout,
	    "%s%zu of %zu certificates %s: %zu for entries that were there, %zu for "
	    "new %s",
	    x->conf.dry_run ? "dry run: " : "", count_imported(x), x->n_read,
	    x->conf.dry_run ? "would be imported" : "imported", n[PLACE_ADDED],
	    n[PLACE_NEW_PARTNER] + n[PLACE_NEW_ANCHOR],
	    x->conf.anchor ? "authorities" : "partners");
	if (n[PLACE_PRESENT] > 0)
		show_line(stdout, "%zu were there already", n[PLACE_PRESENT]);
	if (n[PLACE_AUTHORITY] > 0)
		show_line(stdout,
		    "%zu of authorities passed over (--anchor imports them)",
		    n[PLACE_AUTHORITY]);
	if (x->walk.n_passed_over > 0)
		show_line(stdout,
		    "%zu files passed over whose names are not a certificate's",
		    x->walk.n_passed_over);
	if (n[PLACE_REFUSED] > 0)
		show_line(stdout, "%zu refused", n[PLACE_REFUSED]);
}

static json_t *
json_summary(const struct import *x)
{
	const size_t *n = x->count;

	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}",
	    "dry_run", x->conf.dry_run, "files", (json_int_t)x->walk.n_files,
	    "certificates", (json_int_t)x->n_read, "imported",
	    (json_int_t)count_imported(x), "new_partners",
	    (json_int_t)n[PLACE_NEW_PARTNER], "new_authorities",
	    (json_int_t)n[PLACE_NEW_ANCHOR], "present", (json_int_t)n[PLACE_PRESENT],
	    "authorities_passed_over", (json_int_t)n[PLACE_AUTHORITY],
	    "files_passed_over", (json_int_t)x->walk.n_passed_over, "refused",
	    x->refused);
}

/* --- the verb ---------------------------------------------------------------- */

static int
open_all(struct import *x, struct err *e)
{
	int rc;

	if ((rc = settings_load(&x->session.set, e)) != 0 ||
	    (rc = session_open_admin(&x->session, e)) != 0)
		return rc;
	x->place = (struct place){.admin = x->session.admin,
	    .suffix = x->session.suffix,
	    .domains = x->session.set.domains,
	    .now = time(NULL),
	    .dry_run = x->conf.dry_run};
	x->anchors.admin = x->session.admin;
	x->anchors.suffix = x->session.suffix;
	x->anchors.now = x->place.now;
	x->anchors.dry_run = x->conf.dry_run;
	x->walk = (struct walk){.file = take_file, .problem = refuse, .ctx = x};
	return x->conf.anchor ? anchors_open(&x->anchors, e) : 0;
}

static int
import_run(struct import *x, int n, char **paths, struct err *e)
{
	int rc = open_all(x, e);

	if (rc != 0)
		return verb_fail(rc, e);
	progress_begin(&x->progress, "certificates");
	for (int i = 0; i < n && rc == 0; i++)
		rc = walk_path(&x->walk, paths[i]);
	progress_end(&x->progress);
	if (x->conf.json)
		show_json(json_summary(x));
	else
		show_summary(x);
	if (rc != 0)
		return verb_fail(rc, &x->fatal);
	return x->count[PLACE_REFUSED] == 0 ? EXIT_OK : EXIT_NO;
}

static int
import_main(int argc, char **argv)
{
	struct import x = {.refused = json_array()};
	const struct option_table tables[] = {{flags, NITEMS(flags), &x.conf},
	    {settings_flags, settings_n_flags, &x.session.set}};
	struct err e = {0};
	int n = option_read(tables, NITEMS(tables), argc, argv, &e), code;

	if (n >= 0 && x.session.set.help) {
		verb_help(&verb_import, tables, NITEMS(tables));
		json_decref(x.refused);
		return EXIT_OK;
	}
	if (n == 0)
		n = err_set(&e, ERR_USAGE, "want at least one FILE");
	code = n < 0 ? verb_usage(&verb_import, &e) : import_run(&x, n, argv, &e);
	anchors_fini(&x.anchors);
	place_fini(&x.place);
	json_decref(x.refused);
	session_close(&x.session);
	return code;
}

const struct verb verb_import = {"import", "FILE...",
    "bring certificates in from files",
    "Reads certificates from FILE (PEM, DER, P7B, an LDIF export, or a folder of\n"
    "them) and puts each on the entry that owns its address; outsiders without an\n"
    "entry get one in ou=partners. Exit code 1: something was refused.",
    import_main};
