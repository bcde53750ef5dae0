/* Who somebody is (contract in people.h). */
#include "enroll/clerk/people.h"

#include "core/addr.h"
#include "enroll/clerk/connections.h"

int
people_get(struct clerk *c, struct bytes id, struct search_result *store,
    struct company_entry *out, struct err *e)
{
	struct connection *d = NULL;
	int rc = connections_take(c->company_connections, &d, e);

	*store = (struct search_result){.n = 0};
	if (rc != 0)
		return rc;
	rc = company_get(d, c->company, id, store, out, e);
	connections_give(c->company_connections, &d);
	return rc == 1 && out->disabled && !out->shared ? 0 : rc;
}

int
people_by_address(struct clerk *c, struct bytes address, struct search_result *store,
    struct company_entry *out, struct err *e)
{
	struct connection *d = NULL;
	int rc = connections_take(c->company_connections, &d, e);

	*store = (struct search_result){.n = 0};
	if (rc != 0)
		return rc;
	rc = company_find_address(d, c->company, address, store, out, e);
	connections_give(c->company_connections, &d);
	if (rc == 0)
		rc = err_set(e, store->n > 1 ? ERR_POLICY : ERR_NOT_FOUND,
		    "%.*s: %s of this address in the company directory", (int)address.n,
		    (const char *)address.p, store->n > 1 ? "several" : "nobody");
	return rc < 0 ? rc : 0;
}

static bool
in_domain(const struct clerk *c, struct bytes mail)
{
	const uint8_t *at = mail.n == 0 ? NULL : memrchr(mail.p, '@', mail.n);
	struct bytes domain;

	if (at == NULL)
		return false;
	domain = (struct bytes){at + 1, mail.n - (size_t)(at + 1 - mail.p)};
	for (size_t i = 0; i < c->conf.domain.n; i++)
		if (bytes_equal_nocase(domain, bytes_of(c->conf.domain.value[i])))
			return true;
	return c->conf.domain.n == 0;
}

size_t
people_mail(struct clerk *c, const struct company_entry *entry,
    struct bytes out[PEOPLE_MAIL_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < entry->mail.n && n < PEOPLE_MAIL_MAX; i++)
		if (in_domain(c, entry->mail.value[i]))
			out[n++] = entry->mail.value[i];
	return n;
}
