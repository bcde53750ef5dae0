/*
 * ZIP archives with libzip: contract in zip.h.
 */
#include "crypto/zip.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include <zip.h>

#include "core/isotime.h"

enum {
	DATE = 10,	   /* characters of "2026-11-22" */
	WORD_MAX = 16,	   /* of "new", "pfx" */
	PRIVATE = 0100600, /* plain file, for its owner alone */
	DOS_FIRST_YEAR = 1980,
	DOS_LAST_YEAR = 2107,
};

/* --- names ------------------------------------------------------------------- */

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("._@+-", c) != NULL);
}

static bool
is_word(const char *s)
{
	size_t n = strnlen(s, WORD_MAX + 1);
	bool good = n > 0 && n <= WORD_MAX;

	for (size_t i = 0; i < n && good; i++)
		good = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z');
	return good;
}

int
zip_member_name(int64_t from, const char *word, struct bytes address, unsigned number,
    const char *ending, char out[ZIP_NAME_SIZE], struct err *e)
{
	char time[ISOTIME_SIZE], last[16 + WORD_MAX] = "", repeated[16] = "";
	size_t n, room;

	if (!is_word(word) || !is_word(ending))
		return err_set(
		    e, ERR_USAGE, "ZIP: a name's word or ending, want letters");
	if (number > 1)
		snprintf(repeated, sizeof(repeated), "_%u", number);
	snprintf(last, sizeof(last), "%s.%s", repeated, ending);
	n = (size_t)snprintf(
	    out, ZIP_NAME_SIZE, "%.*s_%s_", DATE, isotime_text(from, time), word);
	room = ZIP_NAME_MAX - n - strlen(last);
	for (size_t i = 0; i < address.n && i < room; i++)
		out[n++] = is_plain((char)address.p[i]) ? (char)address.p[i] : '_';
	snprintf(out + n, ZIP_NAME_SIZE - n, "%s", last);
	return 0;
}

/* Names that Windows keeps for devices, with any ending. */
static bool
is_device(const char *name)
{
	static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};
	size_t n = strcspn(name, ".");

	for (size_t i = 0; i < NITEMS(devices); i++)
		if (n == 3 && strncasecmp(name, devices[i], 3) == 0)
			return true;
	return n == 4 && isdigit((unsigned char)name[3]) &&
	       (strncasecmp(name, "COM", 3) == 0 || strncasecmp(name, "LPT", 3) == 0);
}

int
zip_check_name(const char *name, struct err *e)
{
	size_t n = strnlen(name, ZIP_NAME_MAX + 1);

	if (n == 0 || n > ZIP_NAME_MAX)
		return err_set(e, ERR_POLICY, "ZIP: a name of %s bytes, want 1 to %d",
		    n == 0 ? "no" : "too many", ZIP_NAME_MAX);
	for (size_t i = 0; i < n; i++)
		if (!is_plain(name[i]))
			return err_set(e, ERR_POLICY,
			    "ZIP: byte 0x%02x in a name, want letters, digits, ._@+-",
			    (unsigned char)name[i]);
	if (!isalnum((unsigned char)name[0]) || name[n - 1] == '.' || is_device(name))
		return err_set(e, ERR_POLICY,
		    "ZIP: the name %s, which Windows does not take for a file", name);
	return 0;
}

static int
check_members(const struct zip_member *members, size_t n, struct err *e)
{
	int rc;

	if (n == 0 || n > ZIP_MEMBERS_MAX)
		return err_set(
		    e, ERR_LIMIT, "ZIP: %zu members, want 1 to %d", n, ZIP_MEMBERS_MAX);
	for (size_t i = 0; i < n; i++) {
		if ((rc = zip_check_name(members[i].name, e)) != 0)
			return rc;
		if (members[i].content.n > ZIP_MEMBER_MAX)
			return err_set(e, ERR_LIMIT,
			    "ZIP: %s: %zu bytes, want at most %d", members[i].name,
			    members[i].content.n, ZIP_MEMBER_MAX);
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(members[i].name, members[k].name) == 0)
				return err_set(e, ERR_POLICY, "ZIP: the name %s twice",
				    members[i].name);
	}
	return 0;
}

/* --- members ----------------------------------------------------------------- */

/* MS-DOS date and time of a second in UTC; 1980 to 2107. */
static void
dos_time(int64_t seconds, uint16_t *date, uint16_t *time)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	int year;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year + 1900 < DOS_FIRST_YEAR)
		tm = (struct tm){.tm_year = DOS_FIRST_YEAR - 1900, .tm_mday = 1};
	year = tm.tm_year + 1900 > DOS_LAST_YEAR ? DOS_LAST_YEAR : tm.tm_year + 1900;
	*date = (uint16_t)((year - DOS_FIRST_YEAR) << 9 | (tm.tm_mon + 1) << 5 |
			   tm.tm_mday);
	*time = (uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
}

static bool
add_member(zip_t *z, const struct zip_member *m)
{
	zip_source_t *source = zip_source_buffer(z, m->content.p, m->content.n, 0);
	uint16_t date, time;
	zip_int64_t at;

	if (source == NULL)
		return false;
	if ((at = zip_file_add(z, m->name, source, ZIP_FL_ENC_GUESS)) < 0) {
		zip_source_free(source);
		return false;
	}
	dos_time(m->time, &date, &time);
	return zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0) == 0 &&
	       zip_file_set_dostime(z, (zip_uint64_t)at, time, date, 0) == 0 &&
	       zip_file_set_external_attributes(z, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
		   (zip_uint32_t)PRIVATE << 16) == 0;
}

/* Writes the archive into target, which stays the caller's. */
static int
write_archive(
    zip_source_t *target, const struct zip_member *members, size_t n, struct err *e)
{
	zip_error_t error;
	zip_t *z;
	int rc = 0;

	zip_error_init(&error);
	if ((z = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error)) ==
	    NULL)
		rc = err_set(e, ERR_CRYPTO, "ZIP: %s", zip_error_strerror(&error));
	zip_error_fini(&error);
	if (rc != 0)
		return rc;
	zip_source_keep(target); /* zip_close and zip_discard give one up */
	for (size_t i = 0; i < n && rc == 0; i++)
		if (!add_member(z, &members[i]))
			rc = err_set(e, ERR_CRYPTO, "ZIP: %s: %s", members[i].name,
			    zip_strerror(z));
	if (rc == 0 && zip_close(z) == 0)
		return 0;
	if (rc == 0)
		rc = err_set(e, ERR_CRYPTO, "ZIP: %s", zip_strerror(z));
	zip_discard(z);
	return rc;
}

static int
read_back(zip_source_t *from, struct owned *out, struct err *e)
{
	zip_stat_t st;
	zip_int64_t got;

	if (zip_source_open(from) != 0)
		return err_set(e, ERR_CRYPTO, "ZIP: cannot be read back");
	if (zip_source_stat(from, &st) != 0 || (st.valid & ZIP_STAT_SIZE) == 0) {
		zip_source_close(from);
		return err_set(e, ERR_CRYPTO, "ZIP: of unknown size");
	}
	if ((out->p = malloc(st.size)) != NULL) {
		out->n = st.size;
		got = zip_source_read(from, out->p, st.size);
		zip_source_close(from);
		if (got == (zip_int64_t)st.size)
			return 0;
		owned_free(out);
		return err_set(e, ERR_CRYPTO, "ZIP: cannot be read back");
	}
	zip_source_close(from);
	return err_set(e, ERR_MEMORY, "ZIP: no memory");
}

int
zip_make(const struct zip_member *members, size_t n, struct owned *out, struct err *e)
{
	zip_source_t *target;
	zip_error_t error;
	int rc = check_members(members, n, e);

	*out = (struct owned){0};
	if (rc != 0)
		return rc;
	zip_error_init(&error);
	target = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_error_fini(&error);
	if (target == NULL)
		return err_set(e, ERR_MEMORY, "ZIP: no memory");
	if ((rc = write_archive(target, members, n, e)) == 0)
		rc = read_back(target, out, e);
	zip_source_free(target);
	return rc;
}
