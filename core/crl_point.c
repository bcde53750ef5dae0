/*
 * Reads where a CRL is found (contract in crl_point.h). Called for the extensions of
 * certificates and of CRLs.
 */
#include "core/crl_point.h"

#include "core/general_name.h"
#include "core/name.h"

static int
point_names(struct bytes content, struct bytes *url)
{
	struct der d = der_open(content);
	struct general_name name;
	int rc;

	while ((rc = general_name_next(&d, &name)) == 1)
		if (name.tag == GENERAL_NAME_URI && url->n == 0)
			*url = name.value;
	return rc;
}

/* fullName [0] or nameRelativeToCRLIssuer [1]. */
int
crl_point_name(struct bytes content, struct bytes *url)
{
	struct der d = der_open(content);
	struct der_item item;

	if (der_read(&d, &item) != 0 || !der_at_end(&d))
		return ERR_SYNTAX;
	if (item.tag == DER_CONTEXT_CONSTRUCTED(0))
		return point_names(item.content, url);
	if (item.tag == DER_CONTEXT_CONSTRUCTED(1) && name_rdn_valid(item.content))
		return 0;
	return ERR_SYNTAX;
}

bool
crl_point_reasons_valid(struct bytes content)
{
	struct bytes octets;
	unsigned unused;

	return der_bit_string(content, &octets, &unused) == 0;
}
