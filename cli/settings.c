/*
 * Settings from environment and file (contract in settings.h): one table of rows.
 * The file is lines "key = value" or, as in ldap.conf(5), "key value"; '#' begins
 * a comment. It connects to nothing. Called by every verb.
 */
#include "cli/settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_MOST = 2048
};

/* One row a setting. */
struct setting_row {
	const char *key;
	const char *variable;
	size_t at;
	const char *fallback;
};

#define SETTING(key_, variable_, field_, fallback_)                                    \
	{                                                                              \
		key_, variable_, offsetof(struct settings, field_), fallback_          \
	}
static const struct setting_row settings_rows[] = {
    SETTING("uri", "CHANCERY_URI", uri, "ldap://localhost"),
    SETTING("base", "CHANCERY_BASE", base, NULL),
    SETTING("ldaps", "CHANCERY_LDAPS", ldaps, NULL),
    SETTING("admin", "CHANCERY_ADMIN", admin, NULL),
    SETTING("suffix", "CHANCERY_SUFFIX", suffix, NULL),
    SETTING("tls_cacert", "CHANCERY_TLS_CACERT", tls_cacert, NULL),
    SETTING("domains", "CHANCERY_DOMAINS", domains, NULL),
};
_Static_assert(NITEMS(settings_rows) == SETTINGS_N, "room for each setting");

const struct option_flag settings_flags[] = {
    OPT_TEXT("-H", "URI", struct settings, uri, "ldap://localhost",
	"the directory, as mail programs reach it"),
    OPT_TEXT("-b", "BASE", struct settings, base, "the first that the server names",
	"the published base, as it is entered in mail programs"),
    OPT_BOOL("--help", struct settings, help, "say this"),
};
const size_t settings_n_flags = NITEMS(settings_flags);

static const char **
field(struct settings *s, size_t i)
{
	return (const char **)((char *)s + settings_rows[i].at);
}

/* --- environment ------------------------------------------------------------- */

static int
from_environment(struct settings *s, struct err *e)
{
	for (size_t i = 0; i < SETTINGS_N; i++) {
		const char *value = getenv(settings_rows[i].variable);

		if (value == NULL || *field(s, i) != NULL)
			continue;
		if (strlen(value) > SETTINGS_VALUE_MAX)
			return err_set(e, ERR_USAGE, "%s: more than %d bytes",
			    settings_rows[i].variable, SETTINGS_VALUE_MAX);
		*field(s, i) = value;
	}
	return 0;
}

/* --- file -------------------------------------------------------------------- */

/* Cuts blanks off both ends of a line in place. */
static char *
trim(char *p)
{
	size_t n;

	p += strspn(p, " \t");
	n = strlen(p);
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		p[--n] = '\0';
	return p;
}

static int
take_value(struct settings *s, const char *key, const char *value, const char *where,
    struct err *e)
{
	for (size_t i = 0; i < SETTINGS_N; i++) {
		if (!bytes_equal_nocase(bytes_of(key), bytes_of(settings_rows[i].key)))
			continue;
		if (strlen(value) > SETTINGS_VALUE_MAX)
			return err_set(e, ERR_USAGE, "%s: %s has more than %d bytes",
			    where, key, SETTINGS_VALUE_MAX);
		if (*field(s, i) == NULL) {
			strcpy(s->held[i], value);
			*field(s, i) = s->held[i];
		}
		return 0;
	}
	return err_set(e, ERR_USAGE, "%s: there is no setting \"%.40s\"", where, key);
}

static int
take_line(
    struct settings *s, char *line, const char *path, unsigned number, struct err *e)
{
	char where[PATH_MOST + 32], *key = trim(line), *value;

	if (*key == '\0' || *key == '#')
		return 0;
	snprintf(where, sizeof(where), "%s line %u", path, number);
	value = key + strcspn(key, " \t=");
	if (*value != '\0')
		*value++ = '\0';
	value = trim(value);
	if (*value == '=')
		value = trim(value + 1);
	return take_value(s, key, value, where, e);
}

static int
read_lines(struct settings *s, FILE *f, const char *path, struct err *e)
{
	char *line = NULL;
	size_t room = 0, total = 0;
	unsigned number = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &room, f)) >= 0) {
		total += (size_t)n;
		number++;
		rc = total > SETTINGS_FILE_MAX
			 ? err_set(e, ERR_USAGE, "%s: more than %d bytes", path,
			       SETTINGS_FILE_MAX)
			 : take_line(s, line, path, number, e);
	}
	free(line);
	return rc;
}

/* Reads a file; one that is not there is no error unless it was named. */
static int
from_file(struct settings *s, const char *path, bool named, struct err *e)
{
	FILE *f = fopen(path, "re");
	int rc;

	if (f == NULL)
		return named ? err_set(e, ERR_USAGE, "%s: cannot be read: %m", path)
			     : 0;
	rc = read_lines(s, f, path, e);
	fclose(f);
	return rc;
}

/* --- the demonstration ------------------------------------------------------- */

/* The source tree that this program was built in, or false: it stands in
 * TREE/build/bin or TREE/build/KIND/bin. Told by the program's own place, never
 * by the current folder, which a stranger may have filled. */
static bool
find_tree(char *out, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", out, cap - 1);
	char *build;

	if (n <= 0)
		return false;
	out[n] = '\0';
	if ((build = strstr(out, "/build/")) == NULL || strstr(build, "/bin/") == NULL)
		return false;
	*build = '\0';
	return true;
}

bool
settings_demonstration(char *out, size_t cap)
{
	char tree[PATH_MOST];
	const char *state = getenv("STATE");

	if (!find_tree(tree, sizeof(tree)))
		return false;
	if (state == NULL || *state == '\0')
		return (size_t)snprintf(out, cap, "%s/var", tree) < cap;
	if (*state == '/')
		return (size_t)snprintf(out, cap, "%s", state) < cap;
	return (size_t)snprintf(out, cap, "%s/%s", tree, state) < cap;
}

/* "/a/b" as "ldapi://%2Fa%2Fb" (RFC 3986 section 2.1). */
static bool
socket_uri(const char *path, char *out, size_t cap)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	size_t n = (size_t)snprintf(out, cap, "ldapi://");

	for (; *path != '\0' && n + 4 < cap; path++) {
		if (strchr(plain, *path) != NULL)
			out[n++] = *path;
		else
			n += (size_t)snprintf(
			    out + n, cap - n, "%%%02X", (unsigned char)*path);
	}
	out[n] = '\0';
	return *path == '\0';
}

/* The demonstration's socket becomes the admin URI. */
static void
take_socket(struct settings *s, const char *state)
{
	char path[PATH_MOST + 16], uri[SETTINGS_VALUE_MAX + 1];
	struct stat st;

	snprintf(path, sizeof(path), "%s/run/ldapi", state);
	if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    socket_uri(path, uri, sizeof(uri)))
		take_value(s, "admin", uri, path, NULL);
}

static int
from_files(struct settings *s, struct err *e)
{
	const char *named = getenv("CHANCERY_CONF");
	char state[PATH_MOST], path[PATH_MOST + 16];
	struct stat st;

	if (named != NULL)
		return from_file(s, named, true, e);
	if (settings_demonstration(state, sizeof(state))) {
		snprintf(path, sizeof(path), "%s/ldap.conf", state);
		if (stat(path, &st) == 0) {
			take_socket(s, state);
			return from_file(s, path, true, e);
		}
	}
	return from_file(s, "/etc/chancery/chancery.conf", false, e);
}

int
settings_load(struct settings *s, struct err *e)
{
	bool uri_by_flag = s->uri != NULL;
	int rc;

	if ((rc = from_environment(s, e)) != 0 || (rc = from_files(s, e)) != 0)
		return rc;
	/* A URI on the command line may be of another server than the admin socket
	 * of the file: then nothing is asked of that one. */
	if (uri_by_flag && getenv("CHANCERY_ADMIN") == NULL)
		s->admin = strncmp(s->uri, "ldapi:", 6) == 0 ? s->uri : NULL;
	s->admin_given = s->admin != NULL;
	if (!uri_by_flag && s->admin == NULL)
		s->admin = "ldapi:///";
	for (size_t i = 0; i < SETTINGS_N; i++)
		if (*field(s, i) == NULL)
			*field(s, i) = settings_rows[i].fallback;
	return 0;
}
