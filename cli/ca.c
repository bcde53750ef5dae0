/*
 * `chancery ca init|show|crl`: makes a certification authority, shows the signer's,
 * makes the root's yearly CRL. Needs no directory and no network: init and crl belong
 * on a computer without one.
 */
#include "cli/ca.h"

#include <stdio.h>
#include <time.h>

#include "cli/passphrase.h"
#include "cli/show.h"

struct ca_crl_conf {
	const char *root;
	const char *passphrase_file;
	bool help;
};

static const struct option_flag crl_flags[] = {
    OPT_TEXT("--root", "FOLDER", struct ca_crl_conf, root, "",
	"the root's folder, as \"chancery ca init\" made it"),
    OPT_TEXT("--passphrase-file", "FILE", struct ca_crl_conf, passphrase_file, "",
	"the root's passphrase, instead of asking; \"/dev/fd/3\" is descriptor 3"),
    OPT_BOOL("--help", struct ca_crl_conf, help, "this text"),
};

static const struct verb verb_crl = {"ca crl", "[SERIAL=REASON]...",
    "makes the root's CRL",
    "Makes root.crl in the root's folder anew, for a year. SERIAL=REASON revokes a CA\n"
    "that the root issued, for ever: key-compromise, ca-compromise, superseded,\n"
    "cessation-of-operation.",
    ca_crl_main};

/* "0a1b=superseded" into the list of what is revoked. */
static int
revoke(const char *folder, char *operand, int64_t now, struct err *e)
{
	char *equals = strchr(operand, '=');

	if (equals == NULL)
		return err_set(
		    e, ERR_USAGE, "found \"%.60s\", want SERIAL=REASON", operand);
	*equals = '\0';
	return ca_root_revoke(folder, operand, equals + 1, now, e);
}

static int
crl_run(const struct ca_crl_conf *conf, int n, char **operand, struct err *e)
{
	int64_t now = (int64_t)time(NULL);
	char base_url[CA_BASE_MAX + 1];
	struct secret passphrase = {0};
	struct owned crl = {0};
	struct ca *root = NULL;
	int rc = passphrase_get(
	    conf->passphrase_file, "the root key", false, &passphrase, e);

	if (rc == 0)
		rc = ca_root_open(
		    conf->root, secret_view(&passphrase), now, base_url, &root, e);
	for (int i = 0; i < n && rc == 0; i++)
		rc = revoke(conf->root, operand[i], now, e);
	if (rc == 0)
		rc = ca_root_crl(conf->root, root, now, &crl, e);
	if (rc == 0)
		printf("%s/root.crl: to be put into the folder ca of the signer's "
		       "state, within a year\n",
		    conf->root);
	secret_free(&passphrase);
	owned_free(&crl);
	ca_free(&root);
	return rc;
}

int
ca_crl_main(int argc, char **argv)
{
	struct ca_crl_conf conf = {0};
	const struct option_table table = {crl_flags, NITEMS(crl_flags), &conf};
	struct err e = {0};
	int n = option_read(&table, 1, argc, argv, &e), rc;

	if (n >= 0 && conf.help) {
		verb_help(&verb_crl, &table, 1);
		return EXIT_OK;
	}
	if (n >= 0 && conf.root == NULL)
		n = err_set(&e, ERR_USAGE, "want --root FOLDER");
	if (n < 0)
		return verb_usage(&verb_crl, &e);
	rc = crl_run(&conf, n, argv, &e);
	return rc == 0 ? EXIT_OK : ca_fail(rc, &e);
}

/* --- the verb ------------------------------------------------------------------ */

int
ca_fail(int code, const struct err *e)
{
	verb_fail(code, e);
	switch (code) {
	case ERR_POLICY:
	case ERR_NOT_FOUND:
		return EXIT_NO;
	case ERR_USAGE:
	case ERR_SYNTAX:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		return EXIT_USAGE;
	default:
		return EXIT_FAULT;
	}
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} parts[] = {
    {"init", ca_init_main, "makes root and issuing CA for the signer"},
    {"show", ca_show_main, "shows the signer's CA"},
    {"crl", ca_crl_main, "makes the root's CRL"},
};

static void
usage(FILE *f)
{
	fprintf(f, "usage: chancery ca PART [options] ...\n\n");
	for (size_t i = 0; i < NITEMS(parts); i++)
		fprintf(f, "  %-8s %s\n", parts[i].name, parts[i].summary);
	fprintf(f, "\n\"chancery ca PART --help\" says more.\n");
}

static int
ca_main(int argc, char **argv)
{
	struct err e = {0};

	/* First of all: afterwards OpenSSL would keep its own memory. */
	if (key_memory_init(&e) != 0)
		show_line(stderr, "chancery: warning: %s", e.text);
	if (argc > 0 && strcmp(argv[0], "--help") == 0) {
		usage(stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; argc > 0 && i < NITEMS(parts); i++)
		if (strcmp(argv[0], parts[i].name) == 0)
			return parts[i].run(argc - 1, argv + 1);
	usage(stderr);
	return EXIT_USAGE;
}

const struct verb verb_ca = {
    "ca", "PART", "makes and shows the certification authority", "", ca_main};
