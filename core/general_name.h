/*
 * GeneralName (RFC 5280 section 4.2.1.6), as subjectAltName, CRL distribution
 * points and CRL entries hold them. Every form is checked to its end; only what
 * Chancery uses is handed out.
 */
#ifndef CHANCERY_CORE_GENERAL_NAME_H
#define CHANCERY_CORE_GENERAL_NAME_H

#include "core/der.h"

/* Identifier octets of the choices. */
enum general_name_tag {
	GENERAL_NAME_OTHER = DER_CONTEXT_CONSTRUCTED(0),
	GENERAL_NAME_EMAIL = DER_CONTEXT(1),
	GENERAL_NAME_DOMAIN = DER_CONTEXT(2),
	GENERAL_NAME_X400 = DER_CONTEXT_CONSTRUCTED(3),
	GENERAL_NAME_DIRECTORY = DER_CONTEXT_CONSTRUCTED(4),
	GENERAL_NAME_EDI_PARTY = DER_CONTEXT_CONSTRUCTED(5),
	GENERAL_NAME_URI = DER_CONTEXT(6),
	GENERAL_NAME_IP = DER_CONTEXT(7),
	GENERAL_NAME_REGISTERED_ID = DER_CONTEXT(8),
};

struct general_name {
	uint8_t tag;
	/* EMAIL, DOMAIN, URI: the text, as encoded. DIRECTORY: the Name with header.
	 * OTHER: the value, with header. All others: the content. */
	struct bytes value;
	struct bytes other_type; /* of OTHER: content octets of type-id */
};

/* The next of a sequence: 1, 0 at its end, or ERR_SYNTAX. */
int general_name_next(struct der *d, struct general_name *out);

/* Whether all of a sequence's content is GeneralNames. */
bool general_names_valid(struct bytes content);

#endif
