/*
 * Reads one GeneralName after the other (contract in general_name.h). Called for
 * certificates and CRLs; decides nothing about them.
 */
#include "core/general_name.h"

#include "core/name.h"

/* OtherName: type-id, value [0] EXPLICIT ANY. */
static int
other_name(struct bytes content, struct general_name *out)
{
	struct der d = der_open(content), inner;
	struct bytes explicit_value;
	struct der_item value;

	if (der_expect(&d, DER_OID, &out->other_type) != 0 ||
	    !der_oid_valid(out->other_type) ||
	    der_expect(&d, DER_CONTEXT_CONSTRUCTED(0), &explicit_value) != 0 ||
	    !der_at_end(&d))
		return ERR_SYNTAX;
	inner = der_open(explicit_value);
	if (der_read(&inner, &value) != 0 || !der_at_end(&inner) ||
	    !der_item_valid(&value))
		return ERR_SYNTAX;
	out->value = value.whole;
	return 0;
}

/* One string of the types that a DirectoryString may have, and no more. */
static bool
directory_string_valid(struct bytes in)
{
	struct der d = der_open(in);
	struct der_item s;

	if (der_read(&d, &s) != 0 || !der_at_end(&d))
		return false;
	switch (s.tag) {
	case DER_PRINTABLE_STRING:
	case DER_T61_STRING:
	case DER_BMP_STRING:
	case DER_UNIVERSAL_STRING:
	case DER_UTF8_STRING:
		return der_item_valid(&s);
	default:
		return false;
	}
}

/* EDIPartyName: nameAssigner [0] OPTIONAL, partyName [1], both explicit because a
 * choice cannot be tagged implicitly (X.680 section 31.2.7). */
static bool
edi_party_valid(struct bytes content)
{
	struct der d = der_open(content);
	struct bytes assigner, party;
	int has = der_optional(&d, DER_CONTEXT_CONSTRUCTED(0), &assigner);

	if (has < 0 || (has == 1 && !directory_string_valid(assigner)))
		return false;
	return der_expect(&d, DER_CONTEXT_CONSTRUCTED(1), &party) == 0 &&
	       der_at_end(&d) && directory_string_valid(party);
}

int
general_name_next(struct der *d, struct general_name *out)
{
	struct der_item item;

	if (der_at_end(d))
		return 0;
	if (der_read(d, &item) != 0)
		return ERR_SYNTAX;
	out->tag = item.tag;
	out->value = item.content;
	out->other_type = (struct bytes){0};
	switch (item.tag) {
	case GENERAL_NAME_EMAIL:
	case GENERAL_NAME_DOMAIN:
	case GENERAL_NAME_URI:
	case GENERAL_NAME_IP:
	case GENERAL_NAME_X400:
		return 1;
	case GENERAL_NAME_OTHER:
		return other_name(item.content, out) == 0 ? 1 : ERR_SYNTAX;
	case GENERAL_NAME_DIRECTORY:
		return name_valid(item.content) ? 1 : ERR_SYNTAX;
	case GENERAL_NAME_EDI_PARTY:
		return edi_party_valid(item.content) ? 1 : ERR_SYNTAX;
	case GENERAL_NAME_REGISTERED_ID:
		return der_oid_valid(item.content) ? 1 : ERR_SYNTAX;
	default:
		return ERR_SYNTAX;
	}
}

bool
general_names_valid(struct bytes content)
{
	struct der d = der_open(content);
	struct general_name name;
	int rc;

	while ((rc = general_name_next(&d, &name)) == 1)
		;
	return rc == 0;
}
