/*
 * Reads one Extension after the other (contract in extension.h). Whether one comes
 * twice or is not known, callers find.
 */
#include "core/extension.h"

/* critical BOOLEAN DEFAULT FALSE: an explicit FALSE is against DER, but common. */
static int
extension_read(struct bytes content, struct extension *out)
{
	struct der d = der_open(content);
	struct bytes flag;
	int has;

	out->critical = false;
	if (der_expect(&d, DER_OID, &out->oid) != 0 || !der_oid_valid(out->oid))
		return ERR_SYNTAX;
	has = der_optional(&d, DER_BOOLEAN, &flag);
	if (has < 0 || (has == 1 && der_boolean(flag, &out->critical) != 0))
		return ERR_SYNTAX;
	if (der_expect(&d, DER_OCTET_STRING, &out->value) != 0 || !der_at_end(&d))
		return ERR_SYNTAX;
	return 0;
}

int
extension_next(struct der *d, struct extension *out)
{
	struct bytes content;

	if (der_at_end(d))
		return 0;
	if (der_expect(d, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	return extension_read(content, out) == 0 ? 1 : ERR_SYNTAX;
}
