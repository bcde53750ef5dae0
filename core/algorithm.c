/*
 * Reads an AlgorithmIdentifier (contract in algorithm.h). Of the parameters, which may
 * be anything, only the outermost form is judged.
 */
#include "core/algorithm.h"

int
algorithm_read(struct bytes content, struct algorithm *out)
{
	struct der d = der_open(content);

	if (der_expect(&d, DER_OID, &out->oid) != 0 || !der_oid_valid(out->oid))
		return ERR_SYNTAX;
	out->has_parameters = !der_at_end(&d);
	if (!out->has_parameters)
		return 0;
	if (der_read(&d, &out->parameters) != 0 || !der_at_end(&d) ||
	    !der_item_valid(&out->parameters))
		return ERR_SYNTAX;
	return 0;
}
