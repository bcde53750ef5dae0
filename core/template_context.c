/*
 * Where in HTML a template's value would stand. Escaping makes text harmless
 * between tags and in quoted attributes, but not in a script, a style, an event
 * handler, an unquoted attribute, a comment, or as the beginning of an address
 * ("javascript:..."): there a template may show nothing. Reads our own templates,
 * so it need not understand every HTML, only refuse what it does not understand.
 */
#include "core/template_parts.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Adds to a name; what does not fit is cut, and equals no name that we know. */
static void
name_add(char *name, size_t *n, uint8_t c)
{
	if (*n < 15)
		name[(*n)++] = (char)byte_lower(c);
	name[*n] = '\0';
}

static void
tag_begin(struct template_context *c)
{
	c->place = PLACE_TAG;
	c->tag_n = c->attr_n = 0;
	c->tag[0] = c->attr[0] = '\0';
	c->in_name = true;
	c->attr_ended = false;
}

static void
tag_end(struct template_context *c)
{
	c->place = PLACE_TEXT;
	c->raw = strcmp(c->tag, "script") == 0 || strcmp(c->tag, "style") == 0;
}

static void
tag_read(struct template_context *c, uint8_t b)
{
	if (b == '>') {
		tag_end(c);
	} else if (b == '"' || b == '\'') {
		c->place = b == '"' ? PLACE_DOUBLE : PLACE_SINGLE;
		c->value_n = 0;
	} else if (c->in_name) {
		if (is_blank(b))
			c->in_name = false;
		else
			name_add(c->tag, &c->tag_n, b);
	} else if (is_blank(b) || b == '=') {
		c->attr_ended = true;
	} else {
		if (c->attr_ended)
			c->attr_n = 0;
		c->attr_ended = false;
		name_add(c->attr, &c->attr_n, b);
	}
}

static bool
begins_with(struct bytes b, const char *text)
{
	size_t n = strlen(text);

	return b.n >= n && memcmp(b.p, text, n) == 0;
}

static void
context_read_byte(struct template_context *c, struct bytes rest)
{
	uint8_t b = rest.p[0];

	switch (c->place) {
	case PLACE_TEXT:
		if (begins_with(rest, "<!--"))
			c->place = PLACE_COMMENT;
		else if (b == '<' && (!c->raw || begins_with(rest, "</")))
			tag_begin(c);
		break;
	case PLACE_TAG:
		tag_read(c, b);
		break;
	case PLACE_DOUBLE:
	case PLACE_SINGLE:
		if (b == (c->place == PLACE_DOUBLE ? '"' : '\'')) {
			c->place = PLACE_TAG;
			c->attr_ended = true;
		} else if (c->value_n < sizeof(c->value)) {
			c->value[c->value_n++] = (char)b;
		}
		break;
	case PLACE_COMMENT:
		if (begins_with(rest, "-->"))
			c->place = PLACE_TEXT;
		break;
	}
}

void
template_context_read(struct template_context *c, struct bytes markup)
{
	while (markup.n > 0) {
		context_read_byte(c, markup);
		markup.p++;
		markup.n--;
	}
}

static bool
is_address(const char *attr)
{
	static const char *const names[] = {"href", "src", "action", "formaction",
	    "xlink:href", "data", "poster", "srcset"};

	for (size_t i = 0; i < NITEMS(names); i++)
		if (strcmp(attr, names[i]) == 0)
			return true;
	return false;
}

/* An address that begins with a path of ours or a scheme without script. */
static bool
is_safe_beginning(struct bytes value)
{
	/* What is shown behind a lone "/" could begin with another one. */
	if (begins_with(value, "/"))
		return value.n > 1 && value.p[1] != '/' && value.p[1] != '\\';
	return begins_with(value, "#") || begins_with(value, "?") ||
	       begins_with(value, "mailto:") || begins_with(value, "tel:") ||
	       begins_with(value, "https://");
}

const char *
template_context_refuses(const struct template_context *c)
{
	struct bytes beginning = {(const uint8_t *)c->value, c->value_n};

	switch (c->place) {
	case PLACE_TEXT:
		return c->raw ? "inside of a script or style" : NULL;
	case PLACE_COMMENT:
		return "inside of a comment";
	case PLACE_DOUBLE:
		break;
	default:
		return "in a tag, but not in double quotes";
	}
	if (strncmp(c->attr, "on", 2) == 0 || strcmp(c->attr, "style") == 0 ||
	    strcmp(c->attr, "srcdoc") == 0)
		return "in an attribute that is a program or a style";
	if (is_address(c->attr) && !is_safe_beginning(beginning))
		return "as the beginning of an address";
	return NULL;
}
