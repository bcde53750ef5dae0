/*
 * `chancery export ADDRESS`: the certificates of an address as files. Without
 * --all exactly those that anybody gets from the published base; with --all what
 * is stored, published or not, which only an administrator may see.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/file.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/verb.h"
#include "core/base64.h"
#include "core/escape.h"
#include "directory/person.h"

enum {
	PEM_COLUMNS = 64
}; /* RFC 7468 section 2 */

struct export_conf {
	const char *der;
	bool all;
};

static const struct option_flag flags[] = {
    OPT_TEXT("--der", "FILE", struct export_conf, der, "",
	"write the first certificate as DER to FILE (\"-\" is stdout)"),
    OPT_BOOL("--all", struct export_conf, all,
	"what is stored, also what is not published (as root on the server)"),
};

struct export
{
	struct export_conf conf;
	struct session session;
	struct addr address;
	struct search_result found;
};

/* --- asking ------------------------------------------------------------------ */

static int
ask_published(struct export *x, struct err *e)
{
	static const char *const attrs[] = {"userCertificate;binary", NULL};
	char value[ESCAPE_MAX(ADDR_MAX)], filter[ESCAPE_MAX(ADDR_MAX) + 16];
	const struct search s = {.base = x->session.base,
	    .scope = SEARCH_SUB,
	    .filter = filter,
	    .attrs = attrs};
	int rc = session_open_outside(&x->session, e);

	if (rc != 0)
		return rc;
	escape_filter(bytes_of(x->address.text), value);
	snprintf(filter, sizeof(filter), "(mail=%s)", value);
	if ((rc = search_all(x->session.outside, &s, &x->found, e)) != 0)
		return rc;
	if (x->found.end.code != SEARCH_SUCCESS)
		return err_set(e, ERR_DIRECTORY, "%s: \"%s\": %s", x->session.set.uri,
		    x->session.base, x->found.end.text);
	return 0;
}

static int
ask_stored(struct export *x, struct err *e)
{
	int rc = session_open_admin(&x->session, e);

	if (rc != 0)
		return rc;
	return person_find(x->session.admin, x->session.suffix,
	    bytes_of(x->address.text), &x->found, e);
}

/* The first certificate found, or the empty view. */
static struct bytes
first(const struct export *x)
{
	for (size_t i = 0; i < x->found.n; i++) {
		struct bytes der = entry_first(&x->found.entry[i], "userCertificate");

		if (der.n > 0)
			return der;
	}
	return (struct bytes){NULL, 0};
}

/* --- writing ----------------------------------------------------------------- */

/* A block of RFC 7468, with a line above that says what it is: from our own
 * words and numbers only, since a name could imitate a block's frame. */
static int
print_pem(struct bytes der, struct err *e)
{
	char *text = malloc(BASE64_ENCODED_MAX(der.n)), serial[48];
	struct cert c;
	size_t n;

	if (text == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a certificate");
	if (cert_parse(der, &c, NULL) == 0)
		printf(
		    "serial %s\n", cert_serial_text(c.serial, serial, sizeof(serial)));
	n = base64_encode(der, text);
	printf("-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < n; at += PEM_COLUMNS)
		printf("%.*s\n", PEM_COLUMNS, text + at);
	printf("-----END CERTIFICATE-----\n");
	free(text);
	return 0;
}

static int
print_all(const struct export *x, struct err *e)
{
	for (size_t i = 0; i < x->found.n; i++) {
		struct entry_values v =
		    entry_get(&x->found.entry[i], "userCertificate");

		for (size_t k = 0; k < v.n; k++) {
			int rc = print_pem(v.value[k], e);

			if (rc != 0)
				return rc;
		}
	}
	return fflush(stdout) == 0 ? 0 : err_set(e, ERR_MEMORY, "stdout: %m");
}

/* --- the verb ---------------------------------------------------------------- */

static int
export_run(struct export *x, struct err *e)
{
	int rc;

	if ((rc = settings_load(&x->session.set, e)) != 0 ||
	    (rc = x->conf.all ? ask_stored(x, e) : ask_published(x, e)) != 0)
		return verb_fail(rc, e);
	if (first(x).n == 0) {
		show_line(stderr,
		    "chancery: no %s certificate for %s; \"chancery explain %s\" says "
		    "why",
		    x->conf.all ? "stored" : "published", x->address.text,
		    x->address.text);
		return EXIT_NO;
	}
	rc = x->conf.der != NULL ? file_write(x->conf.der, first(x), e)
				 : print_all(x, e);
	if (rc == 0)
		return EXIT_OK;
	verb_fail(rc, e);
	return EXIT_FAULT;
}

static int
export_main(int argc, char **argv)
{
	struct export x = {.conf = {.der = NULL}};
	const struct option_table tables[] = {{flags, NITEMS(flags), &x.conf},
	    {settings_flags, settings_n_flags, &x.session.set}};
	struct err e = {0};
	int n = option_read(tables, NITEMS(tables), argc, argv, &e), code;

	if (n >= 0 && x.session.set.help) {
		verb_help(&verb_export, tables, NITEMS(tables));
		return EXIT_OK;
	}
	if (n >= 0 && n != 1)
		n = err_set(&e, ERR_USAGE, "want one ADDRESS, found %d", n);
	if (n == 1 && addr_parse(bytes_of(argv[0]), &x.address, &e) != 0)
		n = ERR_USAGE;
	if (n < 0)
		return verb_usage(&verb_export, &e);
	code = export_run(&x, &e);
	search_result_fini(&x.found);
	session_close(&x.session);
	return code;
}

const struct verb verb_export = {"export", "ADDRESS",
    "certificates of an address as PEM or DER",
    "Writes the published certificates of ADDRESS to stdout as PEM, the best first,\n"
    "exactly as anybody gets them. Exit code 1: there is none.",
    export_main};
