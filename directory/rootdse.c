/*
 * Reading the rootDSE (contract in rootdse.h). Called when a connection's base or
 * suffix is not known yet, and by doctor.
 */
#include "directory/rootdse.h"

#define OID_START_TLS "1.3.6.1.4.1.1466.20037" /* RFC 4511 section 4.14.1 */

static bool
has_value(const struct entry *e, const char *name, struct bytes value)
{
	struct entry_values v = entry_get(e, name);

	for (size_t i = 0; i < v.n; i++)
		if (bytes_equal(v.value[i], value))
			return true;
	return false;
}

int
rootdse_read(struct connection *c, struct rootdse *out, struct err *e)
{
	static const char *const attrs[] = {
	    "namingContexts", "supportedExtension", "monitorContext", NULL};
	const struct search s = {.base = "",
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = attrs};
	const struct entry *entry;
	int rc;

	*out = (struct rootdse){.monitor = NULL};
	rc = search_all(c, &s, &out->result, e);
	if (rc != 0)
		return rc;
	if (out->result.n != 1)
		return err_set(e, ERR_DIRECTORY, "%s: the rootDSE cannot be read: %s",
		    connection_uri(c), out->result.end.text);
	entry = &out->result.entry[0];
	out->contexts = entry_get(entry, "namingContexts");
	out->has_start_tls =
	    has_value(entry, "supportedExtension", BYTES(OID_START_TLS));
	out->monitor = (const char *)entry_first(entry, "monitorContext").p;
	return 0;
}

void
rootdse_fini(struct rootdse *r)
{
	search_result_fini(&r->result);
}
