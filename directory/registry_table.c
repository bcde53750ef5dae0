/*
 * Records and their entries: one row a field, read and written by the same table
 * (contract in registry.h). Called by registry.c.
 */
#include "core/isotime.h"
#include "directory/registry_parts.h"

enum row_type {
	ROW_TEXT,	 /* struct bytes */
	ROW_VALUES,	 /* struct entry_values */
	ROW_TIME,	 /* int64_t, seconds */
	ROW_NUMBER,	 /* int64_t; 0 where there is none */
	ROW_REQUEST,	 /* enum request_state */
	ROW_CERTIFICATE, /* enum certificate_state */
};

struct row {
	const char *attr;
	enum row_type type;
	size_t at;
};

const struct registry_kept registry_kept[REGISTRY__MAX] = {
    [REGISTRY_REQUEST] = {"ou=requests,ou=registry", "chanceryRequest",
	sizeof(struct registry_request)},
    [REGISTRY_CERTIFICATE] = {"ou=certificates,ou=registry", "chanceryCertificate",
	sizeof(struct registry_certificate)},
    [REGISTRY_KEY] = {"ou=keys,ou=registry", "chanceryKey",
	sizeof(struct registry_key)},
    [REGISTRY_TOKEN] = {"ou=tokens,ou=registry", "chanceryToken",
	sizeof(struct registry_token)},
};

/* What to ask for: all of every class. */
const char *const registry_attrs[] = {"entryCSN", "chanceryId", "chanceryState",
    "chanceryKind", "chanceryPersonId", "chanceryRequestId", "chancerySerial",
    "chanceryBy", "chanceryDelegate", "chanceryReason", "chanceryProblem",
    "chanceryLanguage", "chanceryForm", "chanceryLink", "chanceryStage",
    "chanceryCount", "chanceryBegin", "chanceryUntil", "chanceryNext", "chanceryTbs",
    "chancerySealed", "chanceryDer", "chancerySecret", "chanceryRole", "chanceryText",
    "chanceryRevokedAt", "mail", "givenName", "sn", "displayName", NULL};

/* --- the rows -------------------------------------------------------------------- */

#define AT(member) offsetof(struct registry_request, member)
static const struct row request_rows[] = {
    {"chanceryState", ROW_REQUEST, AT(state)},
    {"chanceryPersonId", ROW_TEXT, AT(person)},
    {"chanceryKind", ROW_TEXT, AT(kind)},
    {"chanceryForm", ROW_TEXT, AT(form)},
    {"chanceryLanguage", ROW_TEXT, AT(language)},
    {"chanceryBy", ROW_TEXT, AT(by)},
    {"chanceryDelegate", ROW_VALUES, AT(delegate)},
    {"mail", ROW_VALUES, AT(mail)},
    {"givenName", ROW_TEXT, AT(given)},
    {"sn", ROW_TEXT, AT(surname)},
    {"displayName", ROW_TEXT, AT(display)},
    {"chanceryBegin", ROW_TIME, AT(begin)},
    {"chanceryUntil", ROW_TIME, AT(until)},
    {"chanceryNext", ROW_TIME, AT(next)},
    {"chanceryCount", ROW_NUMBER, AT(count)},
    {"chancerySerial", ROW_TEXT, AT(serial)},
    {"chanceryDer", ROW_TEXT, AT(spki)},
    {"chanceryTbs", ROW_TEXT, AT(tbs)},
    {"chancerySealed", ROW_TEXT, AT(sealed)},
    {"chanceryReason", ROW_TEXT, AT(reason)},
    {"chanceryProblem", ROW_TEXT, AT(problem)},
};
#undef AT

#define AT(member) offsetof(struct registry_certificate, member)
static const struct row certificate_rows[] = {
    {"chanceryState", ROW_CERTIFICATE, AT(state)},
    {"chanceryPersonId", ROW_TEXT, AT(person)},
    {"chanceryRequestId", ROW_TEXT, AT(request)},
    {"chanceryKind", ROW_TEXT, AT(kind)},
    {"chanceryBy", ROW_TEXT, AT(by)},
    {"mail", ROW_VALUES, AT(mail)},
    {"displayName", ROW_TEXT, AT(display)},
    {"chanceryDer", ROW_TEXT, AT(der)},
    {"chanceryBegin", ROW_TIME, AT(begin)},
    {"chanceryUntil", ROW_TIME, AT(until)},
    {"chanceryNext", ROW_TIME, AT(next)},
    {"chanceryReason", ROW_TEXT, AT(reason)},
    {"chanceryRevokedAt", ROW_TIME, AT(revoked_at)},
    {"chanceryStage", ROW_VALUES, AT(stage)},
};
#undef AT

#define AT(member) offsetof(struct registry_key, member)
static const struct row key_rows[] = {
    {"chanceryPersonId", ROW_TEXT, AT(person)},
    {"chancerySerial", ROW_TEXT, AT(serial)},
    {"chancerySealed", ROW_TEXT, AT(sealed)},
    {"chanceryUntil", ROW_TIME, AT(until)},
};
#undef AT

#define AT(member) offsetof(struct registry_token, member)
static const struct row token_rows[] = {
    {"chanceryKind", ROW_TEXT, AT(kind)},
    {"chanceryState", ROW_TEXT, AT(state)},
    {"chanceryPersonId", ROW_TEXT, AT(person)},
    {"chanceryRequestId", ROW_TEXT, AT(request)},
    {"chanceryLink", ROW_TEXT, AT(link)},
    {"chanceryBy", ROW_TEXT, AT(by)},
    {"chancerySealed", ROW_TEXT, AT(sealed)},
    {"chancerySecret", ROW_TEXT, AT(secret)},
    {"chanceryBegin", ROW_TIME, AT(begin)},
    {"chanceryUntil", ROW_TIME, AT(until)},
    {"chanceryNext", ROW_TIME, AT(next)},
    {"chanceryCount", ROW_NUMBER, AT(count)},
    {"chanceryRole", ROW_VALUES, AT(role)},
    {"chanceryStage", ROW_VALUES, AT(stage)},
    {"chanceryText", ROW_TEXT, AT(text)},
    {"chanceryProblem", ROW_TEXT, AT(problem)},
    {"chanceryReason", ROW_TEXT, AT(reason)},
    {"chanceryLanguage", ROW_TEXT, AT(language)},
    {"chanceryForm", ROW_TEXT, AT(form)},
    {"mail", ROW_TEXT, AT(mail)},
    {"displayName", ROW_TEXT, AT(display)},
};
#undef AT

static const struct {
	const struct row *row;
	size_t n;
} rows[REGISTRY__MAX] = {
    [REGISTRY_REQUEST] = {request_rows, NITEMS(request_rows)},
    [REGISTRY_CERTIFICATE] = {certificate_rows, NITEMS(certificate_rows)},
    [REGISTRY_KEY] = {key_rows, NITEMS(key_rows)},
    [REGISTRY_TOKEN] = {token_rows, NITEMS(token_rows)},
};

/* --- an entry becomes a record ------------------------------------------------------
 */

static int
read_number(struct bytes text, int64_t *out)
{
	int64_t n = 0;

	*out = 0;
	if (text.n == 0)
		return 0;
	if (text.n > 18)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_SYNTAX;
		n = n * 10 + (text.p[i] - '0');
	}
	*out = n;
	return 0;
}

static int
read_time(struct bytes text, int64_t *out)
{
	*out = 0;
	return text.n == 0 ? 0 : isotime_read_general(text, out);
}

static int
read_row(const struct entry *entry, const struct row *row, void *at)
{
	struct bytes first = entry_first(entry, row->attr);

	switch (row->type) {
	case ROW_TEXT:
		*(struct bytes *)at = first;
		return 0;
	case ROW_VALUES:
		*(struct entry_values *)at = entry_get(entry, row->attr);
		return 0;
	case ROW_TIME:
		return read_time(first, at);
	case ROW_NUMBER:
		return read_number(first, at);
	case ROW_REQUEST:
		return request_state_read(first, at, NULL);
	case ROW_CERTIFICATE:
		return certificate_state_read(first, at, NULL);
	}
	return ERR_USAGE;
}

int
registry_from_entry(
    const struct entry *entry, enum registry_class class, void *out, struct err *e)
{
	struct registry_head *head = out;

	memset(out, 0, registry_kept[class].size);
	head->dn = entry->dn;
	head->id = entry_first(entry, "chanceryId");
	head->csn = entry_first(entry, "entryCSN");
	for (size_t i = 0; i < rows[class].n; i++) {
		const struct row *row = &rows[class].row[i];

		if (read_row(entry, row, (char *)out + row->at) != 0)
			return err_set(e, ERR_SYNTAX, "%.200s: %s cannot be understood",
			    entry->dn, row->attr);
	}
	if (head->id.n == 0)
		return err_set(e, ERR_SYNTAX, "%.200s has no chanceryId", entry->dn);
	return 0;
}

/* --- a record becomes an entry ------------------------------------------------------
 */

static void
write_row(struct fields *f, const struct row *row, const void *at)
{
	switch (row->type) {
	case ROW_TEXT:
		fields_text(f, row->attr, *(const struct bytes *)at);
		break;
	case ROW_VALUES:
		fields_values(f, row->attr, *(const struct entry_values *)at);
		break;
	case ROW_TIME:
		fields_time(f, row->attr, *(const int64_t *)at);
		break;
	case ROW_NUMBER:
		if (*(const int64_t *)at != 0)
			fields_number(f, row->attr, *(const int64_t *)at);
		break;
	case ROW_REQUEST:
		fields_text(f, row->attr,
		    bytes_of(request_state_word(*(const enum request_state *)at)));
		break;
	case ROW_CERTIFICATE:
		fields_text(f, row->attr,
		    bytes_of(
			certificate_state_word(*(const enum certificate_state *)at)));
		break;
	}
}

void
registry_to_fields(const void *record, enum registry_class class, struct fields *f)
{
	const struct registry_head *head = record;

	fields_text(f, "objectClass", bytes_of(registry_kept[class].object_class));
	fields_text(f, "chanceryId", head->id);
	for (size_t i = 0; i < rows[class].n; i++) {
		const struct row *row = &rows[class].row[i];

		write_row(f, row, (const char *)record + row->at);
	}
}
