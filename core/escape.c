/*
 * Escaping for filters, DNs and HTML (contract in escape.h). Called wherever an
 * address or a name goes into a question to the directory, a page or a mail.
 */
#include "core/escape.h"

static size_t
escape_byte(uint8_t c, char *out)
{
	static const char hex[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = hex[c >> 4];
	out[2] = hex[c & 15];
	return 3;
}

size_t
escape_filter(struct bytes in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c < 0x20 || c > 0x7e || strchr("()*\\", c) != NULL)
			n += escape_byte(c, out + n);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
	return n;
}

static bool
is_special_in_dn(struct bytes in, size_t i)
{
	uint8_t c = in.p[i];

	if (c < 0x20 || c == 0x7f || strchr("\"+,;<>\\=", c) != NULL)
		return true;
	return (c == ' ' && (i == 0 || i + 1 == in.n)) || (c == '#' && i == 0);
}

size_t
escape_dn(struct bytes in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		if (is_special_in_dn(in, i))
			n += escape_byte(in.p[i], out + n);
		else
			out[n++] = (char)in.p[i];
	}
	out[n] = '\0';
	return n;
}

/* What stands for a byte in HTML, or NULL. */
static const char *
html_reference(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return c >= 0x20 && c != 0x7f		     ? NULL
		       : c == '\t' || c == '\r' || c == '\n' ? NULL
							     : "?";
	}
}

size_t
escape_html(struct bytes in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		const char *reference = html_reference(in.p[i]);

		if (reference == NULL) {
			out[n++] = (char)in.p[i];
			continue;
		}
		memcpy(out + n, reference, strlen(reference));
		n += strlen(reference);
	}
	out[n] = '\0';
	return n;
}
