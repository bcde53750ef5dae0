/*
 * Configuration files by tables of rows: contract in conf.h. Each value is parsed
 * whole and held against its limits; defaults go through the same parser.
 */
#include "enroll/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/utf8.h"

enum {
	CONF_SHOWN = 60 /* bytes of a wrong value in a sentence */
};

struct conf_reader {
	const char *path;
	const struct conf_row *row;
	size_t n;
	void *conf;
	struct arena *arena;
	uint32_t line; /* 0 for defaults */
	bool *seen;    /* by row */
};

/* --- sentences ------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static int
conf_wrong(const struct conf_reader *r, int code, struct err *e, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, code, "%s, line %u: %s", r->path, r->line, text);
}

static int
conf_unwanted(const struct conf_reader *r, const struct conf_row *row,
    struct bytes value, const char *want, struct err *e)
{
	int shown = value.n > CONF_SHOWN ? CONF_SHOWN : (int)value.n;

	return conf_wrong(r, ERR_SYNTAX, e, "%s: found \"%.*s\", want %s", row->name,
	    shown, (const char *)value.p, want);
}

/* --- values ---------------------------------------------------------------------- */

static void *
conf_field(const struct conf_reader *r, const struct conf_row *row)
{
	return (char *)r->conf + row->at;
}

static const char *
conf_copy(struct conf_reader *r, struct bytes before, struct bytes text)
{
	char *copy = arena_alloc(r->arena, before.n + text.n + 1);

	if (copy == NULL)
		return NULL;
	if (before.n > 0)
		memcpy(copy, before.p, before.n);
	memcpy(copy + before.n, text.p, text.n);
	return copy;
}

static int
conf_no_memory(const struct conf_reader *r, const struct conf_row *row, struct err *e)
{
	return conf_wrong(r, ERR_MEMORY, e, "%s: out of memory", row->name);
}

static int
conf_set_text(struct conf_reader *r, const struct conf_row *row, struct bytes before,
    struct bytes value, struct err *e)
{
	const char **field = conf_field(r, row);

	*field = conf_copy(r, before, value);
	return *field == NULL ? conf_no_memory(r, row, e) : 0;
}

static int
conf_set_path(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	const char *slash = strrchr(r->path, '/');
	struct bytes folder = {0};

	if (value.p[0] != '/' && slash != NULL)
		folder = (struct bytes){
		    (const uint8_t *)r->path, (size_t)(slash + 1 - r->path)};
	return conf_set_text(r, row, folder, value, e);
}

static int
conf_set_word(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	for (const char *p = row->words; *p != '\0';) {
		size_t n = strcspn(p, "|");

		if (bytes_equal((struct bytes){(const uint8_t *)p, n}, value))
			return conf_set_text(r, row, (struct bytes){0}, value, e);
		p += n + (p[n] == '|');
	}
	return conf_unwanted(r, row, value, row->words, e);
}

/* Digits at the front; their number, and their value unless it is too big. */
static size_t
conf_digits(struct bytes value, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < value.n && value.p[i] >= '0' && value.p[i] <= '9'; i++)
		if (*out <= UINT32_MAX)
			*out = *out * 10 + (uint64_t)(value.p[i] - '0');
	return i;
}

static int
conf_set_u32(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	uint64_t n;
	char want[64];

	if (conf_digits(value, &n) == value.n && n >= row->least && n <= row->most) {
		*(uint32_t *)conf_field(r, row) = (uint32_t)n;
		return 0;
	}
	snprintf(want, sizeof(want), "a number from %u to %u", row->least, row->most);
	return conf_unwanted(r, row, value, want, e);
}

static int
conf_set_seconds(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 60 * 60}, {'d', 24 * 60 * 60}};
	uint64_t n;
	size_t digits = conf_digits(value, &n);
	uint64_t factor = digits == value.n ? 1 : 0;
	char want[96];

	for (size_t i = 0; i < NITEMS(units) && digits + 1 == value.n; i++)
		if (value.p[digits] == units[i].unit)
			factor = units[i].seconds;
	n *= factor;
	if (digits > 0 && factor > 0 && n >= row->least && n <= row->most) {
		*(uint32_t *)conf_field(r, row) = (uint32_t)n;
		return 0;
	}
	snprintf(want, sizeof(want), "a time such as 90s, 5m, 2h, 30d, from %us to %us",
	    row->least, row->most);
	return conf_unwanted(r, row, value, want, e);
}

static int
conf_set_bool(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	bool on = bytes_equal(value, BYTES("on"));

	if (!on && !bytes_equal(value, BYTES("off")))
		return conf_unwanted(r, row, value, "on or off", e);
	*(bool *)conf_field(r, row) = on;
	return 0;
}

/* Room for a list doubles; what it leaves behind stays in the arena. */
static int
conf_add(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	struct conf_list *list = conf_field(r, row);
	const char **more;

	if (list->n == CONF_LIST_MAX)
		return conf_wrong(r, ERR_LIMIT, e, "%s: more than %d values", row->name,
		    CONF_LIST_MAX);
	if ((list->n & (list->n - 1)) == 0) {
		more = arena_alloc(
		    r->arena, (list->n == 0 ? 1 : 2 * list->n) * sizeof(*more));
		if (more == NULL)
			return conf_no_memory(r, row, e);
		if (list->n > 0)
			memcpy(more, list->value, list->n * sizeof(*more));
		list->value = more;
	}
	list->value[list->n] = conf_copy(r, (struct bytes){0}, value);
	return list->value[list->n++] == NULL ? conf_no_memory(r, row, e) : 0;
}

static int
conf_set(struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	switch (row->type) {
	case CONF_TEXT:
		return conf_set_text(r, row, (struct bytes){0}, value, e);
	case CONF_PATH:
		return conf_set_path(r, row, value, e);
	case CONF_WORD:
		return conf_set_word(r, row, value, e);
	case CONF_U32:
		return conf_set_u32(r, row, value, e);
	case CONF_SECONDS:
		return conf_set_seconds(r, row, value, e);
	case CONF_BOOL:
		return conf_set_bool(r, row, value, e);
	case CONF_LIST:
		return conf_add(r, row, value, e);
	}
	return ERR_USAGE;
}

/* --- lines ----------------------------------------------------------------------- */

static bool
conf_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes
conf_trim(struct bytes v)
{
	while (v.n > 0 && conf_is_blank(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && conf_is_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

static const struct conf_row *
conf_find(const struct conf_reader *r, struct bytes name)
{
	for (size_t i = 0; i < r->n; i++)
		if (bytes_equal(bytes_of(r->row[i].name), name))
			return &r->row[i];
	return NULL;
}

/* Text without control characters, of a length that somebody meant. */
static int
conf_check(const struct conf_reader *r, const struct conf_row *row, struct bytes value,
    struct err *e)
{
	if (value.n == 0)
		return conf_wrong(r, ERR_SYNTAX, e,
		    "%s: has no value (leave the line out)", row->name);
	if (value.n > CONF_VALUE_MAX)
		return conf_wrong(r, ERR_LIMIT, e,
		    "%s: found %zu bytes, want at most %d", row->name, value.n,
		    CONF_VALUE_MAX);
	if (!utf8_valid(value))
		return conf_wrong(r, ERR_SYNTAX, e, "%s: is not UTF-8", row->name);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < 0x20 || value.p[i] == 0x7f)
			return conf_wrong(
			    r, ERR_SYNTAX, e, "%s: has a control character", row->name);
		if (i > 0 && value.p[i] == '#' && conf_is_blank(value.p[i - 1]))
			return conf_wrong(r, ERR_SYNTAX, e,
			    "%s: a comment wants a line of its own", row->name);
	}
	return 0;
}

static int
conf_assign(struct conf_reader *r, struct bytes name, struct bytes value, struct err *e)
{
	const struct conf_row *row = conf_find(r, name);
	int shown = name.n > CONF_SHOWN ? CONF_SHOWN : (int)name.n, rc;

	if (row == NULL)
		return conf_wrong(r, ERR_USAGE, e, "there is no option \"%.*s\"", shown,
		    (const char *)name.p);
	if (r->seen[row - r->row] && row->type != CONF_LIST)
		return conf_wrong(
		    r, ERR_USAGE, e, "%s: stands here a second time", row->name);
	r->seen[row - r->row] = true;
	if ((rc = conf_check(r, row, value, e)) != 0)
		return rc;
	return conf_set(r, row, value, e);
}

static int
conf_line(struct conf_reader *r, struct bytes line, struct err *e)
{
	const uint8_t *equals;
	struct bytes name = conf_trim(line), value;

	if (name.n == 0 || name.p[0] == '#')
		return 0;
	if ((equals = memchr(name.p, '=', name.n)) == NULL)
		return conf_wrong(r, ERR_SYNTAX, e, "want \"name = value\"");
	value = (struct bytes){equals + 1, (size_t)(name.p + name.n - (equals + 1))};
	name.n = (size_t)(equals - name.p);
	return conf_assign(r, conf_trim(name), conf_trim(value), e);
}

static int
conf_lines(struct conf_reader *r, struct bytes text, struct err *e)
{
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);
		int rc;

		r->line++;
		if ((rc = conf_line(r, (struct bytes){text.p, n}, e)) != 0)
			return rc;
		n += end != NULL;
		text.p += n;
		text.n -= n;
	}
	return 0;
}

static int
conf_defaults(struct conf_reader *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct conf_row *row = &r->row[i];
		int rc;

		if (r->seen[i])
			continue;
		if (row->fallback == NULL)
			return err_set(e, ERR_USAGE, "%s: %s: is missing (%s)", r->path,
			    row->name, row->help);
		if (row->fallback[0] != '\0' &&
		    (rc = conf_set(r, row, bytes_of(row->fallback), e)) != 0)
			return rc;
	}
	return 0;
}

/* --- the file -------------------------------------------------------------------- */

static ssize_t
conf_load(int fd, char *buf, size_t room)
{
	size_t n = 0;

	while (n < room) {
		ssize_t got = read(fd, buf + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static int
conf_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH) == 0)
		return fd;
	close(fd);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: is no file", path);
	return err_set(e, ERR_POLICY, "%s: mode %04o, everybody can write it", path,
	    (unsigned)st.st_mode & 07777);
}

static int
conf_parse(struct conf_reader *r, struct bytes text, struct err *e)
{
	int rc;

	if ((r->seen = arena_alloc(r->arena, r->n * sizeof(*r->seen))) == NULL)
		return err_set(e, ERR_MEMORY, "%s: out of memory", r->path);
	if ((rc = conf_lines(r, text, e)) != 0)
		return rc;
	return conf_defaults(r, e);
}

int
conf_read(const char *path, const struct conf_row *row, size_t n, void *conf,
    struct arena *arena, struct err *e)
{
	struct conf_reader r = {
	    .path = path, .row = row, .n = n, .conf = conf, .arena = arena};
	int fd = conf_open(path, e), rc;
	char *buf;
	ssize_t got;

	if (fd < 0)
		return fd;
	if ((buf = malloc(CONF_FILE_MAX + 1)) == NULL) {
		close(fd);
		return err_set(e, ERR_MEMORY, "%s: out of memory", path);
	}
	got = conf_load(fd, buf, CONF_FILE_MAX + 1);
	if (got < 0)
		rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	else if (got > CONF_FILE_MAX)
		rc = err_set(
		    e, ERR_LIMIT, "%s: has more than %d bytes", path, CONF_FILE_MAX);
	else
		rc = conf_parse(&r, (struct bytes){(uint8_t *)buf, (size_t)got}, e);
	free(buf);
	close(fd);
	return rc;
}

void
conf_print(const struct conf_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		printf("  %s", row[i].name);
		if (row[i].fallback == NULL)
			printf(" (must be given)");
		else if (row[i].fallback[0] != '\0')
			printf(" = %s", row[i].fallback);
		printf("%s\n", row[i].type == CONF_LIST ? " (may be repeated)" : "");
		if (row[i].type == CONF_WORD)
			printf("      %s: %s\n", row[i].words, row[i].help);
		else
			printf("      %s\n", row[i].help);
	}
}
