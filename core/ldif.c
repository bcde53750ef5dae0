/*
 * The LDIF reader (contract in ldif.h). Three layers: physical lines, logical
 * lines (folds joined, comments gone), records. Called by `chancery import`.
 */
#include "core/ldif.h"

#include "core/base64.h"

/* One logical line: a view into the input, or into the arena if it was folded. */
struct ldif_line {
	size_t number; /* of its first physical line */
	struct bytes text;
};

void
ldif_open(struct bytes in, struct ldif *out)
{
	*out = (struct ldif){.rest = in, .line = 1};
}

/* --- physical lines ---------------------------------------------------------- */

/* Looks at the next physical line without LF or CRLF; false at the end.
 * *whole_out: its bytes with the line end. */
static bool
ldif_peek(const struct ldif *l, struct bytes *line_out, size_t *whole_out)
{
	const uint8_t *lf;
	size_t n;

	if (l->rest.n == 0)
		return false;
	lf = memchr(l->rest.p, '\n', l->rest.n);
	n = lf == NULL ? l->rest.n : (size_t)(lf - l->rest.p);
	*whole_out = lf == NULL ? n : n + 1;
	if (n > 0 && l->rest.p[n - 1] == '\r')
		n--;
	*line_out = (struct bytes){l->rest.p, n};
	return true;
}

static void
ldif_skip(struct ldif *l, size_t whole)
{
	l->rest.p += whole;
	l->rest.n -= whole;
	l->line++;
}

/* Whether the next physical line continues the one before (a leading space). */
static bool
ldif_peek_fold(const struct ldif *l, struct bytes *line_out, size_t *whole_out)
{
	return ldif_peek(l, line_out, whole_out) && line_out->n > 0 &&
	       line_out->p[0] == ' ';
}

/* Goes behind the next empty line, where another record may begin. */
static void
ldif_skip_record(struct ldif *l)
{
	struct bytes line;
	size_t whole;

	while (ldif_peek(l, &line, &whole)) {
		ldif_skip(l, whole);
		if (line.n == 0)
			return;
	}
}

/* --- logical lines ----------------------------------------------------------- */

/* Length of the line that begins here once its folds are joined. */
static size_t
ldif_joined_length(struct ldif l, size_t *folds_out)
{
	struct bytes part;
	size_t whole, n = 0;

	*folds_out = 0;
	if (ldif_peek(&l, &part, &whole)) {
		n = part.n;
		ldif_skip(&l, whole);
	}
	while (ldif_peek_fold(&l, &part, &whole)) {
		n += part.n - 1;
		(*folds_out)++;
		ldif_skip(&l, whole);
	}
	return n;
}

/* Reads the line that begins here, folds joined; into the arena where there
 * are folds and an arena is given. */
static int
ldif_join(struct ldif *l, struct arena *a, struct ldif_line *out, struct err *e)
{
	struct bytes part;
	size_t folds, whole, at = 0, n = ldif_joined_length(*l, &folds);
	uint8_t *copy = NULL;

	out->number = l->line;
	if (n > LDIF_MAX_LINE)
		return err_set(e, ERR_LIMIT, "line %zu: %zu bytes, want at most %d",
		    out->number, n, LDIF_MAX_LINE);
	if (folds > 0 && a != NULL && (copy = arena_alloc(a, n + 1)) == NULL)
		return err_set(
		    e, ERR_MEMORY, "line %zu: no memory for %zu bytes", out->number, n);
	for (size_t i = 0; i <= folds && ldif_peek(l, &part, &whole); i++) {
		size_t lead = i > 0 ? 1 : 0;

		if (i == 0)
			out->text = part;
		if (copy != NULL && part.n > lead)
			memcpy(copy + at, part.p + lead, part.n - lead);
		at += part.n - lead;
		ldif_skip(l, whole);
	}
	if (copy != NULL)
		out->text = (struct bytes){copy, n};
	return 0;
}

/* Passes over comments, folded ones too (RFC 2849 note 3). */
static int
ldif_skip_comments(struct ldif *l, struct err *e)
{
	struct bytes line;
	struct ldif_line comment;
	size_t whole;

	while (ldif_peek(l, &line, &whole) && line.n > 0 && line.p[0] == '#') {
		int rc = ldif_join(l, NULL, &comment, e);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Reads the next logical line of a record: 1, 0 at the record's end. */
static int
ldif_read_line(struct ldif *l, struct arena *a, struct ldif_line *out, struct err *e)
{
	struct bytes line;
	size_t whole;
	int rc = ldif_skip_comments(l, e);

	if (rc != 0)
		return rc;
	if (!ldif_peek(l, &line, &whole))
		return 0;
	if (line.n == 0) {
		ldif_skip(l, whole);
		return 0;
	}
	if (line.p[0] == ' ')
		return err_set(e, ERR_SYNTAX,
		    "line %zu: begins with a space, but there is no line to continue "
		    "(RFC 2849 note 2)",
		    l->line);
	rc = ldif_join(l, a, out, e);
	return rc == 0 ? 1 : rc;
}

/* --- attribute lines --------------------------------------------------------- */

static bool
ldif_attr_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == ';' || c == '.';
}

/* Splits "attr" from the line; what stands behind the colon goes to *rest. */
static int
ldif_read_attr(const struct ldif_line *line, struct bytes *attr_out,
    struct bytes *rest_out, struct err *e)
{
	size_t n = 0;

	while (n < line->text.n && ldif_attr_char(line->text.p[n]))
		n++;
	if (n == 0 || n == line->text.n || line->text.p[n] != ':')
		return err_set(e, ERR_SYNTAX,
		    "line %zu: want an attribute name and a colon (RFC 2849)",
		    line->number);
	*attr_out = (struct bytes){line->text.p, n};
	*rest_out = (struct bytes){line->text.p + n + 1, line->text.n - n - 1};
	return 0;
}

/* Drops the FILL: any number of spaces. */
static struct bytes
ldif_drop_fill(struct bytes in)
{
	while (in.n > 0 && in.p[0] == ' ') {
		in.p++;
		in.n--;
	}
	return in;
}

/* RFC 2849 SAFE-STRING: what else must be written in base64. */
static int
ldif_check_safe(const struct ldif_line *line, struct bytes value, struct err *e)
{
	if (value.n > 0 && (value.p[0] == ':' || value.p[0] == '<'))
		return err_set(e, ERR_SYNTAX,
		    "line %zu: a value that begins with '%c' must be in base64 "
		    "(RFC 2849 SAFE-INIT-CHAR)",
		    line->number, value.p[0]);
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];

		if (c == 0 || c == '\r' || c > 0x7f)
			return err_set(e, ERR_SYNTAX,
			    "line %zu: byte 0x%02x must be in base64, with \"::\" "
			    "(RFC 2849 SAFE-CHAR)",
			    line->number, c);
	}
	return 0;
}

static int
ldif_decode(const struct ldif_line *line, struct bytes digits, struct arena *a,
    struct bytes *value_out, struct err *e)
{
	uint8_t *copy = arena_alloc(a, BASE64_DECODED_MAX(digits.n) + 1);
	long n;

	if (copy == NULL)
		return err_set(e, ERR_MEMORY, "line %zu: no memory for %zu bytes",
		    line->number, BASE64_DECODED_MAX(digits.n));
	n = base64_decode(digits, copy);
	if (n < 0)
		return err_set(e, ERR_SYNTAX,
		    "line %zu: not base64 (RFC 4648 section 4)", line->number);
	*value_out = (struct bytes){copy, (size_t)n};
	return 0;
}

/* Reads "attr: value", "attr:: base64"; refuses "attr:< url". */
static int
ldif_read_value(const struct ldif_line *line, struct arena *a, struct ldif_value *out,
    struct err *e)
{
	struct bytes rest;
	int rc = ldif_read_attr(line, &out->attr, &rest, e);

	if (rc != 0)
		return rc;
	if (rest.n > 0 && rest.p[0] == '<')
		return err_set(e, ERR_UNSUPPORTED,
		    "line %zu: a value by URL is not fetched; put it into the file",
		    line->number);
	if (rest.n > 0 && rest.p[0] == ':') {
		rest = ldif_drop_fill((struct bytes){rest.p + 1, rest.n - 1});
		return ldif_decode(line, rest, a, &out->value, e);
	}
	out->value = ldif_drop_fill(rest);
	return ldif_check_safe(line, out->value, e);
}

/* --- records ----------------------------------------------------------------- */

/* How many lines of this record are no comment, no fold: an upper bound of its
 * values. */
static size_t
ldif_count_lines(struct ldif l)
{
	struct bytes line;
	size_t whole, n = 0;

	while (ldif_peek(&l, &line, &whole) && line.n > 0) {
		n += line.p[0] != ' ' && line.p[0] != '#';
		ldif_skip(&l, whole);
	}
	return n;
}

/* Puts one value behind the record's others, or acts on what is no attribute. */
static int
ldif_take_value(const struct ldif_line *line, const struct ldif_value *v,
    struct ldif_value *values, struct ldif_record *out, struct err *e)
{
	if (out->n_value == 0 && bytes_equal_nocase(v->attr, BYTES("changetype")) &&
	    bytes_equal_nocase(v->value, BYTES("add")))
		return 0;
	if (out->n_value == 0 && (bytes_equal_nocase(v->attr, BYTES("changetype")) ||
				     bytes_equal_nocase(v->attr, BYTES("control"))))
		return err_set(e, ERR_UNSUPPORTED,
		    "line %zu: a change record; only content records and "
		    "\"changetype: add\" are read",
		    line->number);
	values[out->n_value++] = *v;
	return 0;
}

/* Reads the values behind the dn line until the record ends. */
static int
ldif_read_values(
    struct ldif *l, struct arena *a, struct ldif_record *out, struct err *e)
{
	size_t most = ldif_count_lines(*l);
	struct ldif_value *values, v;
	struct ldif_line line;
	int rc;

	if (most > LDIF_MAX_VALUES)
		return err_set(e, ERR_LIMIT,
		    "line %zu: a record of %zu values, want at most %d", out->line,
		    most, LDIF_MAX_VALUES);
	if ((values = arena_alloc(a, (most + 1) * sizeof(*values))) == NULL)
		return err_set(e, ERR_MEMORY, "line %zu: no memory", out->line);
	while ((rc = ldif_read_line(l, a, &line, e)) == 1) {
		if ((rc = ldif_read_value(&line, a, &v, e)) != 0 ||
		    (rc = ldif_take_value(&line, &v, values, out, e)) != 0)
			return rc;
	}
	out->value = values;
	return rc == 0 ? 1 : rc;
}

/* Whether this is one of the lines that ldapsearch adds. */
static bool
ldif_is_ldapsearch(const struct ldif_value *v)
{
	return bytes_equal(v->attr, BYTES("search")) ||
	       bytes_equal(v->attr, BYTES("ref"));
}

/* Begins a record with its first line: 1 go on with its values, 2 pass it over,
 * 0 the line was "version: 1" and the record is still to come. */
static int
ldif_begin(struct ldif *l, const struct ldif_line *line, struct arena *a,
    struct ldif_record *out, struct err *e)
{
	struct ldif_value v;
	int rc = ldif_read_value(line, a, &v, e);

	if (rc != 0)
		return rc;
	if (!l->after_version && bytes_equal_nocase(v.attr, BYTES("version"))) {
		l->after_version = true;
		if (!bytes_equal(v.value, BYTES("1")))
			return err_set(e, ERR_UNSUPPORTED,
			    "line %zu: LDIF version %.*s, want 1", line->number,
			    (int)(v.value.n > 20 ? 20 : v.value.n),
			    (const char *)v.value.p);
		return 0;
	}
	l->after_version = true;
	if (ldif_is_ldapsearch(&v))
		return 2;
	if (!bytes_equal_nocase(v.attr, BYTES("dn")))
		return err_set(e, ERR_SYNTAX,
		    "line %zu: a record begins with \"dn:\", found \"%.*s\" (RFC 2849)",
		    line->number, (int)(v.attr.n > 64 ? 64 : v.attr.n),
		    (const char *)v.attr.p);
	*out = (struct ldif_record){.line = line->number, .dn = v.value};
	return 1;
}

/* Passes over empty lines and comments; false at the end of the input. */
static bool
ldif_skip_blank(struct ldif *l)
{
	struct bytes line;
	size_t whole;

	while (ldif_peek(l, &line, &whole)) {
		if (line.n > 0 && line.p[0] == '#') {
			if (ldif_skip_comments(l, NULL) != 0)
				return true; /* the reader will say it again */
			continue;
		}
		if (line.n > 0)
			return true;
		ldif_skip(l, whole);
	}
	return false;
}

int
ldif_next(struct ldif *l, struct arena *a, struct ldif_record *out, struct err *e)
{
	struct ldif_line line;
	int rc;

	while (ldif_skip_blank(l)) {
		rc = ldif_read_line(l, a, &line, e);
		if (rc == 1)
			rc = ldif_begin(l, &line, a, out, e);
		if (rc == 1)
			rc = ldif_read_values(l, a, out, e);
		if (rc == 1)
			return 1;
		if (rc != 0)
			ldif_skip_record(l);
		if (rc < 0)
			return rc;
	}
	return 0;
}

bool
ldif_attr_is(struct bytes attr, struct bytes name)
{
	return attr.n >= name.n &&
	       bytes_equal_nocase((struct bytes){attr.p, name.n}, name) &&
	       (attr.n == name.n || attr.p[name.n] == ';');
}
