/*
 * Drives directory/modify.c before a real slapd, over its Unix socket as who runs it:
 *
 *   modify change URI DN FILTER (add|delete|replace):ATTR[=VALUE] ...
 *   modify delete URI DN FILTER
 *   modify name URI DN FILTER TYPE VALUE [PARENT]
 *   modify count URI DN ATTR N      adds 1 to a number N times, by compare-and-swap
 *
 * An empty FILTER is none. Neighbours of one how and attribute are one change with
 * several values. Prints what the function answers, and its sentence. Called by
 * tests/integration/test_modify.py.
 */
#include "directory/modify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/search.h"

enum {
	CHANGES_MAX = 64,
	VALUES_MAX = 64
};

static struct connection *
connect_to(const char *uri)
{
	const struct connection_how how = {.uri = uri, .external = true};
	struct connection *c = NULL;
	struct err e = {0};

	if (connection_open(&how, &c, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(2);
	}
	return c;
}

static int
told(struct connection *c, int rc, const struct err *e)
{
	printf("%d %s\n", rc, rc < 0 ? e->text : "");
	connection_close(&c);
	return 0;
}

static enum modify_how
read_how(const char *word)
{
	return strncmp(word, "add:", 4) == 0	  ? MODIFY_ADD
	       : strncmp(word, "delete:", 7) == 0 ? MODIFY_DELETE
						  : MODIFY_REPLACE;
}

static int
verb_change(int argc, char **argv)
{
	static struct modify change[CHANGES_MAX];
	static struct bytes value[CHANGES_MAX][VALUES_MAX];
	struct connection *c = connect_to(argv[0]);
	struct err e = {0};
	size_t n = 0;

	for (int i = 3; i < argc; i++) {
		enum modify_how how = read_how(argv[i]);
		char *attr = strchr(argv[i], ':') + 1, *equals = strchr(attr, '=');

		if (equals != NULL)
			*equals = '\0';
		if (n == 0 || change[n - 1].how != how ||
		    strcmp(change[n - 1].attr, attr) != 0) {
			change[n] = (struct modify){how, attr, {value[n], 0}};
			n++;
		}
		if (equals != NULL)
			value[n - 1][change[n - 1].values.n++] = bytes_of(equals + 1);
	}
	return told(c,
	    modify_entry(
		c, argv[1], argv[2][0] != '\0' ? argv[2] : NULL, change, n, &e),
	    &e);
}

static int
verb_delete(char **argv)
{
	struct connection *c = connect_to(argv[0]);
	struct err e = {0};

	return told(
	    c, modify_delete(c, argv[1], argv[2][0] != '\0' ? argv[2] : NULL, &e), &e);
}

/* Reads the number and swaps in the next one; as modify_entry. */
static int
count_once(struct connection *c, const char *dn, const char *attr, struct err *e)
{
	const char *const attrs[] = {attr, "entryCSN", NULL};
	const struct search s = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = attrs};
	struct search_result store;
	char text[32], filter[256];
	struct bytes value;
	const struct modify change = {MODIFY_REPLACE, attr, {&value, 1}};
	int rc = search_all(c, &s, &store, e);

	if (rc == 0 && store.n == 1) {
		const struct entry *entry = &store.entry[0];

		snprintf(text, sizeof(text), "%ld",
		    strtol((const char *)entry_first(entry, attr).p, NULL, 10) + 1);
		value = bytes_of(text);
		snprintf(filter, sizeof(filter), "(entryCSN=%s)",
		    (const char *)entry_first(entry, "entryCSN").p);
		rc = modify_entry(c, dn, filter, &change, 1, e);
	}
	search_result_fini(&store);
	return rc;
}

static int
verb_count(char **argv)
{
	struct connection *c = connect_to(argv[0]);
	long want = strtol(argv[3], NULL, 10), lost = 0;
	struct err e = {0};
	int rc = 0;

	while (want > 0 && rc >= 0) {
		rc = count_once(c, argv[1], argv[2], &e);
		want -= rc == 1;
		lost += rc == 0;
	}
	if (rc == 1)
		fprintf(stderr, "lost %ld\n", lost);
	return told(c, rc, &e);
}

static int
verb_name(int argc, char **argv)
{
	struct connection *c = connect_to(argv[0]);
	struct err e = {0};

	return told(c,
	    modify_name(c, argv[1], argv[2][0] != '\0' ? argv[2] : NULL, argv[3],
		bytes_of(argv[4]), argc > 5 ? argv[5] : NULL, &e),
	    &e);
}

int
main(int argc, char **argv)
{
	if (argc >= 7 && argc <= 8 && strcmp(argv[1], "name") == 0)
		return verb_name(argc - 2, argv + 2);
	if (argc >= 6 && strcmp(argv[1], "change") == 0)
		return verb_change(argc - 2, argv + 2);
	if (argc == 5 && strcmp(argv[1], "delete") == 0)
		return verb_delete(argv + 2);
	if (argc == 6 && strcmp(argv[1], "count") == 0)
		return verb_count(argv + 2);
	fprintf(stderr, "modify: change, delete, name or count; see its first lines\n");
	return 2;
}
