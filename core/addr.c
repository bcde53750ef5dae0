/*
 * Mail addresses (contract in addr.h). Every address that Chancery compares
 * comes through here, so that one mailbox has one spelling. It knows no policy:
 * who owns a domain, and whether tags count, others decide. Called by the
 * query plan, the choice, the guard and every program that is given an address.
 */
#include "core/addr.h"

#include "core/idna.h"

/* atext of RFC 5322 section 3.2.3. */
static bool
addr_is_atext(uint8_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

/* NULL, or the rule that a local part breaks. */
static const char *
addr_local_fault(struct bytes local)
{
	bool at_dot = true; /* an atom must follow */

	for (size_t i = 0; i < local.n; i++) {
		uint8_t c = local.p[i];

		if (c == '.' && at_dot)
			return "RFC 5321 section 4.1.2: a dot stands where text is "
			       "wanted";
		if (c != '.' && !addr_is_atext(c))
			return "RFC 5321 section 4.1.2: a character that is not "
			       "allowed "
			       "before the '@'";
		at_dot = c == '.';
	}
	if (local.n == 0)
		return "RFC 5321 section 4.1.2: nothing stands before the '@'";
	return at_dot ? "RFC 5321 section 4.1.2: a dot stands before the '@'" : NULL;
}

/* The bytes up to the next dot; *in moves behind it. */
static struct bytes
addr_next_label(struct bytes *in)
{
	const uint8_t *dot = memchr(in->p, '.', in->n);
	size_t n = dot == NULL ? in->n : (size_t)(dot - in->p);
	struct bytes label = {in->p, n};
	size_t used = dot == NULL ? n : n + 1;

	in->p += used;
	in->n -= used;
	return label;
}

int
addr_domain(struct bytes in, char *out, size_t *n_out)
{
	size_t n = 0;

	if (in.n == 0)
		return ERR_SYNTAX;
	if (in.p[in.n - 1] == '.')
		in.n--;
	do {
		bool more = memchr(in.p, '.', in.n) != NULL;
		char label[IDNA_LABEL_MAX];
		long length = idna_label(addr_next_label(&in), label);

		if (length < 0)
			return (int)length;
		if (n + (size_t)length + more > ADDR_DOMAIN_MAX)
			return ERR_LIMIT;
		memcpy(out + n, label, (size_t)length);
		n += (size_t)length;
		if (!more)
			break;
		out[n++] = '.';
	} while (true);
	out[n] = '\0';
	*n_out = n;
	return 0;
}

/* Where the last '@' is, or in.n. */
static size_t
addr_find_at(struct bytes in)
{
	for (size_t i = in.n; i > 0; i--)
		if (in.p[i - 1] == '@')
			return i - 1;
	return in.n;
}

static int
addr_refuse(struct err *e, int code, struct bytes in, const char *rule)
{
	int shown = in.n > ADDR_MAX ? ADDR_MAX : (int)in.n;

	return err_set(e, code, "address \"%.*s\": %s", shown,
	    in.n == 0 ? "" : (const char *)in.p, rule);
}

int
addr_parse(struct bytes in, struct addr *out, struct err *e)
{
	size_t at = addr_find_at(in), n;
	struct bytes local = {in.p, at};
	const char *fault;
	int rc;

	if (at == in.n)
		return addr_refuse(e, ERR_SYNTAX, in, "RFC 5321 section 4.1.2: no '@'");
	if ((fault = addr_local_fault(local)) != NULL)
		return addr_refuse(e, ERR_SYNTAX, in, fault);
	if (local.n > ADDR_LOCAL_MAX)
		return addr_refuse(e, ERR_LIMIT, in,
		    "RFC 5321 section 4.5.3.1.1: more than 64 bytes before the '@'");
	rc = addr_domain(
	    (struct bytes){in.p + at + 1, in.n - at - 1}, out->text + at + 1, &n);
	if (rc == ERR_LIMIT)
		return addr_refuse(e, rc, in,
		    "RFC 1035 section 2.3.4: the domain or a part of it is too long");
	if (rc < 0)
		return addr_refuse(e, rc, in,
		    "RFC 1123 section 2.1: not the name of a domain behind the '@'");
	memcpy(out->text, in.p, at + 1);
	out->at = at;
	out->n = at + 1 + n;
	return 0;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return bytes_equal_nocase((struct bytes){(const uint8_t *)a->text, a->n},
	    (struct bytes){(const uint8_t *)b->text, b->n});
}

bool
addr_untag(const struct addr *in, struct addr *out)
{
	const char *plus = memchr(in->text, '+', in->at);
	size_t keep;

	if (plus == NULL || plus == in->text)
		return false;
	/* "anna.+x@d" would leave "anna.@d" */
	if (plus[-1] == '.')
		return false;
	keep = (size_t)(plus - in->text);
	memcpy(out->text, in->text, keep);
	memcpy(out->text + keep, in->text + in->at, in->n - in->at + 1);
	out->at = keep;
	out->n = in->n - (in->at - keep);
	return true;
}

/* Domains by their A-labels; those that are none, byte by byte. */
static bool
addr_domain_matches(struct bytes a, struct bytes b)
{
	char x[ADDR_DOMAIN_MAX + 1], y[ADDR_DOMAIN_MAX + 1];
	size_t n_x, n_y;

	if (addr_domain(a, x, &n_x) < 0 || addr_domain(b, y, &n_y) < 0)
		return bytes_equal_nocase(a, b);
	return n_x == n_y && memcmp(x, y, n_x) == 0;
}

bool
addr_matches(struct bytes name, struct bytes want)
{
	size_t at_name = addr_find_at(name), at_want = addr_find_at(want);
	bool has_at = at_want < want.n;

	if (want.n == 0 || name.n == 0 || (at_name < name.n) != has_at)
		return false;
	if (bytes_equal_nocase(name, want))
		return true;
	if (!has_at)
		return addr_domain_matches(name, want);
	/* addr_parse is not asked: SmtpUTF8Mailbox may hold UTF-8 before the
	 * '@', and what somebody stored quoted is still the same mailbox. */
	return bytes_equal_nocase(
		   (struct bytes){name.p, at_name}, (struct bytes){want.p, at_want}) &&
	       addr_domain_matches(
		   (struct bytes){name.p + at_name + 1, name.n - at_name - 1},
		   (struct bytes){want.p + at_want + 1, want.n - at_want - 1});
}
