/*
 * What the files of the template engine share: the nodes of a template, and the
 * place in HTML where its reader stands. For them alone.
 */
#ifndef CHANCERY_CORE_TEMPLATE_PARTS_H
#define CHANCERY_CORE_TEMPLATE_PARTS_H

#include "core/template.h"

enum template_kind {
	NODE_MARKUP, /* text: as it is */
	NODE_VALUE,  /* text: name of a field */
	NODE_WORDS,  /* text: key; field: name of what ends it, or empty */
	NODE_EACH,   /* text: name; ends at node `end` */
	NODE_NONE,   /* the same for {{^name}} */
	NODE_END,
};

struct template_node {
	enum template_kind kind;
	struct bytes text, field;
	size_t end;
};

struct template
{
	struct template_node *node;
	size_t n, cap;
};

/* --- where in HTML ----------------------------------------------------------- */

enum template_place {
	PLACE_TEXT,
	PLACE_TAG,    /* between < and >, outside of quotes */
	PLACE_DOUBLE, /* inside of "..." */
	PLACE_SINGLE,
	PLACE_COMMENT,
};

struct template_context {
	enum template_place place;
	char tag[16];  /* the element that was opened last, lower case */
	char attr[16]; /* the attribute that was named last */
	size_t tag_n;  /* bytes of the tag's name; grows while in it */
	size_t attr_n;
	bool in_name;	 /* of the tag */
	bool attr_ended; /* blanks or '=' after an attribute's name */
	bool raw;	 /* inside of script or style */
	char value[12];	 /* what the quoted value begins with */
	size_t value_n;
};

/* Goes on through a piece of markup. */
void template_context_read(struct template_context *c, struct bytes markup);

/* Whether a value may be shown here; otherwise what is wrong, in words. */
const char *template_context_refuses(const struct template_context *c);

#endif
