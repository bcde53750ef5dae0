/*
 * How mail programs choose from what a directory gave them; contract in
 * client_pick.h. Evolution and gpgsm look at the first value only, Thunderbird
 * takes all, Outlook the first that fits, but userSMIMECertificate before
 * everything, and without a way back from there.
 */
#include "cli/client_pick.h"

/* A certificate and what speaks against it. */
struct candidate {
	struct bytes der;
	enum choice_reason reason;
};

/* The address is looked at last here: some programs do not. */
enum choice_reason
client_judge(struct bytes der, const struct addr *address, int64_t now)
{
	const struct bytes mail = bytes_of(address->text);
	struct choice_judgement j;
	struct cert c;

	if (cert_parse(der, &c, NULL) != 0)
		return CHOICE_MALFORMED;
	choice_judge(&c, &mail, 1, false, &j);
	if (j.lasting != CHOICE_ADDRESS)
		return choice_at(&j, now);
	j.lasting = choice_may_encrypt(&c);
	return choice_at(&j, now) == CHOICE_PUBLISHED ? CHOICE_ADDRESS
						      : choice_at(&j, now);
}

/* --- the entry --------------------------------------------------------------- */

static bool
is_mail(const struct entry_values *mail, const struct addr *address)
{
	for (size_t i = 0; i < mail->n; i++)
		if (addr_matches(mail->value[i], bytes_of(address->text)))
			return true;
	return false;
}

/* Whether the entry has this address, or the same without its tag. */
static bool
has_mail(const struct entry *e, const struct addr *address)
{
	struct entry_values mail = entry_get(e, "mail");
	struct addr untagged;

	return is_mail(&mail, address) ||
	       (addr_untag(address, &untagged) && is_mail(&mail, &untagged));
}

/* Outlook's list holds all that begin like the address: of these, the one of
 * this address. The others asked for the address alone. */
void
client_pick_entry(struct client_answer *a, const struct addr *address)
{
	for (size_t i = 0; i < a->search.n; i++) {
		const struct entry *e = &a->search.entry[i];

		if (a->kind == CLIENT_OUTLOOK && !has_mail(e, address))
			continue;
		if (a->n_entries++ == 0)
			a->dn = e->dn;
	}
	if (a->n_entries > 1)
		a->note =
		    "more than one entry has this address; which one a program takes "
		    "is chance";
}

/* --- the certificate --------------------------------------------------------- */

/* Thunderbird and gpgsm keep what they got, and look it up by address when they
 * encrypt. Outlook and Evolution use what the entry gave them. */
static bool
looks_up_by_address(enum client_kind kind)
{
	return kind == CLIENT_THUNDERBIRD || kind == CLIENT_GPGSM;
}

static void
take(struct client_answer *a, const char *attr, const struct candidate *c)
{
	bool elsewhere = c->reason == CHOICE_ADDRESS && !looks_up_by_address(a->kind);

	a->attr = attr;
	a->der = c->der;
	a->reason = c->reason;
	a->result = c->reason == CHOICE_PUBLISHED || elsewhere ? CLIENT_USABLE
							       : CLIENT_UNUSABLE;
	if (elsewhere)
		a->note =
		    "it names other addresses than this one, which not every version "
		    "takes";
}

static void
note_key(struct client_answer *a)
{
	struct cert c;

	if (a->result != CLIENT_USABLE || cert_parse(a->der, &c, NULL) != 0 ||
	    c.key == CERT_KEY_RSA)
		return;
	if (a->kind == CLIENT_GPGSM)
		a->note = "an elliptic-curve key: GnuPG 2.2 cannot encrypt to it";
	else
		a->note = "an elliptic-curve key: older versions cannot encrypt to it";
}

/* Evolution and gpgsm: the first value, whatever it is. */
static void
take_first(struct client_answer *a, const struct entry_attr *attr,
    const struct addr *address, int64_t now)
{
	struct candidate c = {.der = attr->values.value[0]};

	c.reason = client_judge(c.der, address, now);
	take(a, attr->name, &c);
}

/* Thunderbird: all values; any good one will do. */
static void
take_any(struct client_answer *a, const struct entry_attr *attr,
    const struct addr *address, int64_t now)
{
	for (size_t i = 0; i < attr->values.n && a->result != CLIENT_USABLE; i++) {
		struct candidate c = {.der = attr->values.value[i]};

		c.reason = client_judge(c.der, address, now);
		if (a->result == CLIENT_NO_CERTIFICATE || c.reason == CHOICE_PUBLISHED)
			take(a, attr->name, &c);
	}
}

/* Whether usage and time are right; the address is looked at afterwards. */
static bool
fits(struct bytes der, int64_t now)
{
	struct cert c;

	return cert_parse(der, &c, NULL) == 0 && c.not_before <= now &&
	       now <= c.not_after && choice_may_encrypt(&c) == CHOICE_PUBLISHED;
}

/* Outlook: the first value that is valid and may encrypt mail. */
static void
take_first_fitting(struct client_answer *a, const struct entry_attr *attr,
    const struct addr *address, int64_t now)
{
	for (size_t i = 0; i < attr->values.n; i++) {
		struct candidate c = {.der = attr->values.value[i]};

		if (i > 0 && !fits(c.der, now))
			continue;
		c.reason = client_judge(c.der, address, now);
		take(a, attr->name, &c);
		if (fits(c.der, now))
			return;
	}
}

/* The best certificate inside a CMS; false where there is none. */
static bool
best_inside(struct bytes cms_der, const struct addr *address, int64_t now,
    struct candidate *out)
{
	struct bytes der;
	struct cms cms;
	bool found = false;

	if (cms_open(cms_der, &cms, NULL) != 0)
		return false;
	while (cms_next(&cms, &der) == 1) {
		struct candidate c = {der, client_judge(der, address, now)};

		/* The chain's authorities come along: no reason of a person's. */
		if (found && c.reason != CHOICE_PUBLISHED &&
		    out->reason != CHOICE_AUTHORITY)
			continue;
		*out = c;
		found = true;
		if (c.reason == CHOICE_PUBLISHED)
			break;
	}
	return found;
}

/* Outlook takes userSMIMECertificate where it holds a certificate, and does not
 * fall back from a bad one (Microsoft KB 2840546, 283206). */
static bool
take_signed(struct client_answer *a, const struct entry_attr *attr,
    const struct addr *address, int64_t now)
{
	struct candidate c;

	for (size_t i = 0; i < attr->values.n; i++) {
		if (!best_inside(attr->values.value[i], address, now, &c))
			continue;
		take(a, attr->name, &c);
		if (c.reason != CHOICE_PUBLISHED)
			a->note =
			    "Outlook does not go on to userCertificate from there";
		return true;
	}
	return false;
}

static void
take_as_outlook(struct client_answer *a, const struct entry *e,
    const struct addr *address, int64_t now)
{
	const struct entry_attr *cms = entry_attr(e, "userSMIMECertificate");
	const struct entry_attr *certs = entry_attr(e, "userCertificate");

	if (cms != NULL && take_signed(a, cms, address, now))
		return;
	if (certs != NULL && certs->values.n > 0)
		take_first_fitting(a, certs, address, now);
}

static void
take_as_others(struct client_answer *a, const struct entry *e,
    const struct addr *address, int64_t now)
{
	const struct entry_attr *certs = entry_attr(e, "userCertificate");

	if (certs == NULL || certs->values.n == 0)
		return;
	if (a->kind == CLIENT_THUNDERBIRD)
		take_any(a, certs, address, now);
	else
		take_first(a, certs, address, now);
}

void
client_pick_cert(struct client_answer *a, const struct addr *address, int64_t now)
{
	a->result = CLIENT_NO_CERTIFICATE;
	for (size_t i = 0; i < a->search.n && a->result != CLIENT_USABLE; i++) {
		const struct entry *e = &a->search.entry[i];

		a->n_values += entry_get(e, "userCertificate").n;
		if (a->kind == CLIENT_OUTLOOK) {
			a->n_values += entry_get(e, "userSMIMECertificate").n;
			take_as_outlook(a, e, address, now);
		} else if (i == 0 || a->kind == CLIENT_THUNDERBIRD) {
			take_as_others(a, e, address, now);
		}
	}
	note_key(a);
}
