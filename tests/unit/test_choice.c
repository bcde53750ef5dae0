/*
 * The choice. A truth table over certificates as filled-in views: validity, key
 * usage, extended key usage, address, key, revocation; then several on one
 * entry, and the words for people. userSMIMECertificate, whose values must be
 * parsed, is in test_choice_signed.c.
 */
#include "core/choice.h"

#include "tests/unit/check.h"

#define T0  INT64_C(1700000000) /* 2023-11-14T22:13:20Z */
#define DAY INT64_C(86400)

enum {
	DS = CERT_KU_DIGITAL_SIGNATURE,
	NR = CERT_KU_NON_REPUDIATION,
	KE = CERT_KU_KEY_ENCIPHERMENT,
	DE = CERT_KU_DATA_ENCIPHERMENT,
	KA = CERT_KU_KEY_AGREEMENT,
	EO = CERT_KU_ENCIPHER_ONLY,
	DO = CERT_KU_DECIPHER_ONLY,
	NO_KU = 1 << 16, /* no such extension */
	MAIL = CERT_EKU_EMAIL_PROTECTION,
	ANY = CERT_EKU_ANY,
	OTHER = CERT_EKU_OTHER,
	NO_EKU = 1 << 16,
};

enum flag {
	REVOKED = 1 << 0,
	CA = 1 << 1,
	CRITICAL = 1 << 2,
	NO_ALT_NAME = 1 << 3,
	V1 = 1 << 4,
};

/* Who the certificate names, and who the entry is. */
enum names {
	HERS, /* subjectAltName has the entry's address */
	HERS_OTHER_CASE,
	HERS_ALIAS,	/* the entry's second address */
	HERS_SECOND,	/* the second name in it */
	THEIRS,		/* somebody else's */
	LONGER,		/* an address that ends like hers */
	SUBJECT_ONLY,	/* emailAddress of the subject, no subjectAltName */
	SUBJECT_BESIDE, /* the same beside a subjectAltName without it */
	DOMAIN,		/* dNSName on a domain's entry */
	DOMAIN_OF_HER,	/* dNSName on a person's entry */
	SUBDOMAIN,
	NOBODY,
	U_LABEL,
	NO_MAIL, /* an entry without address */
};

#define E(literal) BYTES(literal)
static const struct bytes anna = BYTES("anna@example.com");
static const struct bytes entry_person[] = {
    E("anna@example.com"), E("a.m@example.com")};
static const struct bytes entry_domain[] = {E("example.com")};
static const struct bytes entry_idn[] = {E("zoe@xn--mller-kva.example")};

static const struct row {
	const char *name;
	enum cert_key key;
	int size; /* bits, or enum cert_curve */
	int usage, ext_usage;
	enum names names;
	unsigned flags;
	int64_t from, last; /* from T0, in seconds */
	enum choice_reason want;
} rows[] = {
#define RSA  CERT_KEY_RSA, 3072
#define P256 CERT_KEY_EC, CERT_CURVE_P256
#define NOW  -DAY, DAY
    /* the usual ones */
    {"rsa_encrypt", RSA, KE, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_both", RSA, DS | KE, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_all", RSA, DS | NR | KE | DE, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_windows", RSA, DS | KE, MAIL | OTHER, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_no_usages", RSA, NO_KU, NO_EKU, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_no_ext_usage", RSA, KE, NO_EKU, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_any_usage", RSA, KE, ANY, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"ec_encrypt", P256, KA, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"ec_both", P256, DS | KA, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"ec_no_usages", P256, NO_KU, NO_EKU, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"v1", RSA, NO_KU, NO_EKU, SUBJECT_ONLY, V1, NOW, CHOICE_PUBLISHED},

    /* key usage */
    {"rsa_sign", RSA, DS, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"rsa_sign_nr", RSA, DS | NR, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"rsa_data_only", RSA, DE, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"rsa_agreement", RSA, KA, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"rsa_usage_empty", RSA, 0, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"ec_sign", P256, DS, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"ec_encipherment", P256, KE, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"ec_encipher_only", P256, KA | EO, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"ec_decipher_only", P256, KA | DO, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"ec_both_only", P256, KA | EO | DO, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"ec_only_without", P256, EO, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},

    /* extended key usage */
    {"ext_server", RSA, KE, OTHER, HERS, 0, NOW, CHOICE_EXT_USAGE},
    {"ext_empty", RSA, KE, 0, HERS, 0, NOW, CHOICE_EXT_USAGE},
    {"ext_any_and_other", RSA, KE, ANY | OTHER, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"ec_ext_server", P256, KA, OTHER, HERS, 0, NOW, CHOICE_EXT_USAGE},

    /* keys */
    {"rsa_2048", CERT_KEY_RSA, 2048, KE, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_2047", CERT_KEY_RSA, 2047, KE, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"rsa_1024", CERT_KEY_RSA, 1024, KE, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"rsa_0", CERT_KEY_RSA, 0, KE, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"rsa_4096", CERT_KEY_RSA, 4096, KE, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_16384", CERT_KEY_RSA, 16384, KE, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"rsa_pss", CERT_KEY_RSA_PSS, 3072, KE, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"dsa", CERT_KEY_DSA, 3072, NO_KU, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"ed25519", CERT_KEY_ED25519, 0, NO_KU, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"ed448", CERT_KEY_ED448, 0, NO_KU, MAIL, HERS, 0, NOW, CHOICE_KEY},
    {"x25519", CERT_KEY_X25519, 0, KA, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"x448", CERT_KEY_X448, 0, KA, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"x25519_sign", CERT_KEY_X25519, 0, DS, MAIL, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"p384", CERT_KEY_EC, CERT_CURVE_P384, KA, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"p521", CERT_KEY_EC, CERT_CURVE_P521, KA, MAIL, HERS, 0, NOW, CHOICE_PUBLISHED},
    {"brainpool_256", CERT_KEY_EC, CERT_CURVE_BRAINPOOL_P256, KA, MAIL, HERS, 0, NOW,
	CHOICE_PUBLISHED},
    {"brainpool_384", CERT_KEY_EC, CERT_CURVE_BRAINPOOL_P384, KA, MAIL, HERS, 0, NOW,
	CHOICE_PUBLISHED},
    {"brainpool_512", CERT_KEY_EC, CERT_CURVE_BRAINPOOL_P512, KA, MAIL, HERS, 0, NOW,
	CHOICE_PUBLISHED},
    {"curve_unknown", CERT_KEY_EC, CERT_CURVE_OTHER, KA, MAIL, HERS, 0, NOW,
	CHOICE_KEY},
    {"key_unknown", CERT_KEY_OTHER, 0, NO_KU, MAIL, HERS, 0, NOW, CHOICE_KEY},

    /* addresses */
    {"case", RSA, KE, MAIL, HERS_OTHER_CASE, 0, NOW, CHOICE_PUBLISHED},
    {"alias", RSA, KE, MAIL, HERS_ALIAS, 0, NOW, CHOICE_PUBLISHED},
    {"second_name", RSA, KE, MAIL, HERS_SECOND, 0, NOW, CHOICE_PUBLISHED},
    {"theirs", RSA, KE, MAIL, THEIRS, 0, NOW, CHOICE_ADDRESS},
    {"longer", RSA, KE, MAIL, LONGER, 0, NOW, CHOICE_ADDRESS},
    {"nobody", RSA, KE, MAIL, NOBODY, 0, NOW, CHOICE_ADDRESS},
    {"subject_only", RSA, KE, MAIL, SUBJECT_ONLY, 0, NOW, CHOICE_PUBLISHED},
    {"subject_beside", RSA, KE, MAIL, SUBJECT_BESIDE, 0, NOW, CHOICE_ADDRESS},
    {"domain", RSA, KE, MAIL, DOMAIN, 0, NOW, CHOICE_PUBLISHED},
    {"domain_of_her", RSA, KE, MAIL, DOMAIN_OF_HER, 0, NOW, CHOICE_ADDRESS},
    {"subdomain", RSA, KE, MAIL, SUBDOMAIN, 0, NOW, CHOICE_ADDRESS},
    {"u_label", RSA, KE, MAIL, U_LABEL, 0, NOW, CHOICE_PUBLISHED},
    {"no_mail", RSA, KE, MAIL, NO_MAIL, 0, NOW, CHOICE_ADDRESS},

    /* validity: both ends belong to it */
    {"first_second", RSA, KE, MAIL, HERS, 0, 0, DAY, CHOICE_PUBLISHED},
    {"one_before", RSA, KE, MAIL, HERS, 0, 1, DAY, CHOICE_NOT_YET},
    {"last_second", RSA, KE, MAIL, HERS, 0, -DAY, 0, CHOICE_PUBLISHED},
    {"one_after", RSA, KE, MAIL, HERS, 0, -DAY, -1, CHOICE_EXPIRED},
    {"one_second_only", RSA, KE, MAIL, HERS, 0, 0, 0, CHOICE_PUBLISHED},
    {"backwards_before", RSA, KE, MAIL, HERS, 0, 5, -5, CHOICE_NOT_YET},
    {"backwards_after", RSA, KE, MAIL, HERS, 0, 0, -5, CHOICE_EXPIRED},
    {"year_9999", RSA, KE, MAIL, HERS, 0, -DAY, INT64_C(251702300799),
	CHOICE_PUBLISHED},

    /* revoked, authorities, critical */
    {"revoked", RSA, KE, MAIL, HERS, REVOKED, NOW, CHOICE_REVOKED},
    {"authority", RSA, KE, MAIL, HERS, CA, NOW, CHOICE_AUTHORITY},
    {"critical", RSA, KE, MAIL, HERS, CRITICAL, NOW, CHOICE_CRITICAL},

    /* the first reason counts */
    {"authority_critical", RSA, KE, MAIL, HERS, CA | CRITICAL, NOW, CHOICE_AUTHORITY},
    {"critical_theirs", RSA, KE, MAIL, THEIRS, CRITICAL, NOW, CHOICE_CRITICAL},
    {"theirs_weak", CERT_KEY_RSA, 1024, DS, OTHER, THEIRS, REVOKED, NOW,
	CHOICE_ADDRESS},
    {"weak_sign", CERT_KEY_RSA, 1024, DS, OTHER, HERS, 0, NOW, CHOICE_KEY},
    {"sign_server", RSA, DS, OTHER, HERS, 0, NOW, CHOICE_KEY_USAGE},
    {"server_revoked", RSA, KE, OTHER, HERS, REVOKED, NOW, CHOICE_EXT_USAGE},
    {"revoked_expired", RSA, KE, MAIL, HERS, REVOKED, -DAY, -1, CHOICE_REVOKED},
    {"revoked_not_yet", RSA, KE, MAIL, HERS, REVOKED, 1, DAY, CHOICE_REVOKED},
    {"sign_expired", RSA, DS, MAIL, HERS, 0, -DAY, -1, CHOICE_KEY_USAGE},
};

static void
add(struct bytes *list, size_t *n, struct bytes name)
{
	list[(*n)++] = name;
}

static void
fill_names(struct cert *c, enum names names)
{
	switch (names) {
	case HERS:
	case NO_MAIL:
		add(c->address, &c->n_address, anna);
		break;
	case HERS_OTHER_CASE:
		add(c->address, &c->n_address, BYTES("Anna@EXAMPLE.com"));
		break;
	case HERS_ALIAS:
		add(c->address, &c->n_address, BYTES("a.m@example.com"));
		break;
	case HERS_SECOND:
		add(c->address, &c->n_address, BYTES("bruno@example.com"));
		add(c->address, &c->n_address, anna);
		break;
	case THEIRS:
		add(c->address, &c->n_address, BYTES("bruno@example.com"));
		break;
	case LONGER:
		add(c->address, &c->n_address, BYTES("joanna@example.com"));
		add(c->address, &c->n_address, BYTES("anna@example.com.evil.example"));
		add(c->address, &c->n_address,
		    BYTES("anna@example.com\0.evil.example"));
		break;
	case SUBJECT_ONLY:
		c->has_alt_name = false;
		add(c->subject_email, &c->n_subject_email, anna);
		break;
	case SUBJECT_BESIDE:
		add(c->address, &c->n_address, BYTES("bruno@example.com"));
		add(c->subject_email, &c->n_subject_email, anna);
		break;
	case DOMAIN:
	case DOMAIN_OF_HER:
		add(c->domain, &c->n_domain, BYTES("Example.com"));
		break;
	case SUBDOMAIN:
		add(c->domain, &c->n_domain, BYTES("mail.example.com"));
		add(c->domain, &c->n_domain, BYTES("*.example.com"));
		add(c->address, &c->n_address, anna);
		break;
	case U_LABEL:
		add(c->address, &c->n_address, BYTES("zoe@müller.example"));
		break;
	case NOBODY:
		break;
	}
}

static struct cert
fill(const struct row *r)
{
	struct cert c = {
	    .der = BYTES("certificate"),
	    .version = r->flags & V1 ? 1 : 3,
	    .not_before = T0 + r->from,
	    .not_after = T0 + r->last,
	    .key = r->key,
	    .has_key_usage = r->usage != NO_KU,
	    .key_usage = r->usage == NO_KU ? 0 : (unsigned)r->usage,
	    .has_ext_usage = r->ext_usage != NO_EKU,
	    .ext_usage = r->ext_usage == NO_EKU ? 0 : (unsigned)r->ext_usage,
	    .has_alt_name = true,
	    .is_ca = (r->flags & CA) != 0,
	    .has_basic_constraints = (r->flags & CA) != 0,
	    .unknown_critical = (r->flags & CRITICAL) != 0,
	};

	if (r->key == CERT_KEY_EC)
		c.curve = (enum cert_curve)r->size;
	else
		c.key_bits = (unsigned)r->size;
	fill_names(&c, r->names);
	return c;
}

static void
judge(const struct row *r, struct choice_judgement *out)
{
	struct cert c = fill(r);
	const struct bytes *mail = entry_person;
	size_t n = NITEMS(entry_person);

	if (r->names == DOMAIN || r->names == SUBDOMAIN) {
		mail = entry_domain;
		n = NITEMS(entry_domain);
	} else if (r->names == U_LABEL) {
		mail = entry_idn;
		n = NITEMS(entry_idn);
	} else if (r->names == NO_MAIL) {
		n = 0;
	}
	choice_judge(&c, mail, n, (r->flags & REVOKED) != 0, out);
}

static void
test_table(void)
{
	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct choice_judgement j;
		size_t order[1];
		char name[64];

		judge(&rows[i], &j);
		snprintf(name, sizeof(name), "choice__%s", rows[i].name);
		check_str(name, choice_reason_word(choice_at(&j, T0)),
		    choice_reason_word(rows[i].want));
		snprintf(name, sizeof(name), "choice__ranked_%s", rows[i].name);
		check_int(name, (long long)choice_rank(&j, 1, T0, order, 1),
		    rows[i].want == CHOICE_PUBLISHED);
	}
	check(NITEMS(rows) >= 64, "choice__rows", "only %zu", NITEMS(rows));
}

/* Several: judgements as "from,last,tie" in days, and the order that is wanted. */
static const struct rank_case {
	const char *name;
	size_t n, max;
	struct {
		int from, last;
		uint64_t tie;
		enum choice_reason lasting;
		bool revoked;
	} in[6];
	const char *want;
} rank_cases[] = {
    {"none", 0, 4, {{0}}, ""},
    {"longest_first", 3, 4, {{-9, 1, 0, 0, 0}, {-9, 3, 0, 0, 0}, {-9, 2, 0, 0, 0}},
	"120"},
    {"newest_of_equals", 3, 4, {{-9, 3, 0, 0, 0}, {-1, 3, 0, 0, 0}, {-5, 3, 0, 0, 0}},
	"120"},
    {"tie", 3, 4, {{-9, 3, 7, 0, 0}, {-9, 3, 5, 0, 0}, {-9, 3, 6, 0, 0}}, "120"},
    {"same_stays", 3, 4, {{-9, 3, 5, 0, 0}, {-9, 3, 5, 0, 0}, {-9, 3, 5, 0, 0}}, "012"},
    {"only_published", 5, 5,
	{{-9, -1, 0, 0, 0}, {-9, 3, 0, CHOICE_KEY_USAGE, 0}, {-9, 2, 0, 0, 0},
	    {1, 9, 0, 0, 0}, {-9, 8, 0, 0, true}},
	"2"},
    {"best_only", 4, 1,
	{{-9, 1, 0, 0, 0}, {-9, 4, 0, 0, 0}, {-9, 2, 0, 0, 0}, {-9, 3, 0, 0, 0}}, "1"},
    {"best_two", 4, 2,
	{{-9, 1, 0, 0, 0}, {-9, 4, 0, 0, 0}, {-9, 2, 0, 0, 0}, {-9, 3, 0, 0, 0}}, "13"},
    {"room_for_none", 1, 0, {{-9, 1, 0, 0, 0}}, ""},
};

static void
test_rank(void)
{
	for (size_t i = 0; i < NITEMS(rank_cases); i++) {
		const struct rank_case *r = &rank_cases[i];
		struct choice_judgement j[6] = {0};
		size_t order[6], n;
		char got[8] = "", name[64];

		for (size_t k = 0; k < r->n; k++)
			j[k] = (struct choice_judgement){.lasting = r->in[k].lasting,
			    .revoked = r->in[k].revoked,
			    .from = T0 + r->in[k].from * DAY,
			    .until = T0 + r->in[k].last * DAY + 1,
			    .tie = r->in[k].tie};
		n = choice_rank(j, r->n, T0, order, r->max);
		for (size_t k = 0; k < n; k++)
			got[k] = (char)('0' + order[k]);
		snprintf(name, sizeof(name), "choice__rank_%s", r->name);
		check_str(name, got, r->want);
	}
}

/* Thousands, in all orders: each once, sorted; a cut list is the same's head. */
static void
test_rank_many(void)
{
	enum {
		MANY = 5000,
		HEAD = 100
	};
	static struct choice_judgement j[MANY];
	static size_t order[MANY], head[HEAD];
	uint64_t x = 1;
	bool sorted = true;
	size_t n;

	for (size_t i = 0; i < MANY; i++) {
		x = x * UINT64_C(6364136223846793005) + 1;
		j[i] = (struct choice_judgement){.from = T0 - (int64_t)(x >> 60),
		    .until = T0 + 1 + (int64_t)(x >> 40 & 15),
		    .tie = x >> 20 & 15};
	}
	n = choice_rank(j, MANY, T0, order, MANY);
	check_int("choice__rank_many", (long long)n, MANY);
	for (size_t i = 1; i < n; i++) {
		const struct choice_judgement *a = &j[order[i - 1]], *b = &j[order[i]];

		sorted =
		    sorted && (a->until > b->until ||
				  (a->until == b->until &&
				      (a->from > b->from ||
					  (a->from == b->from &&
					      (a->tie < b->tie ||
						  (a->tie == b->tie &&
						      order[i - 1] < order[i]))))));
	}
	check(sorted, "choice__rank_many_sorted", "not in order");
	n = choice_rank(j, MANY, T0, head, HEAD);
	check(n == HEAD && memcmp(head, order, sizeof(head)) == 0,
	    "choice__rank_many_head", "the best %d differ from the whole list's", HEAD);
}

static void
test_text(void)
{
	static const uint8_t issuer[] = {0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03,
	    0x55, 0x04, 0x03, 0x0c, 0x02, 'C', 'A'};
	static const uint8_t serial[] = {0x0a, 0x1b};
	struct cert c = fill(&rows[0]);
	struct choice_judgement j;
	char line[512], cut[12];

	c.issuer = (struct bytes){issuer, sizeof(issuer)};
	c.serial = (struct bytes){serial, sizeof(serial)};
	choice_judge(&c, &anna, 1, false, &j);
	check_str("choice__line_published",
	    choice_line(&c, &j, CHOICE_PUBLISHED, line, sizeof(line)),
	    "published until 2023-11-15T22:13:20Z: serial 0A1B, RSA 3072, issuer "
	    "CN=CA");
	check_str("choice__line_expired",
	    choice_line(&c, &j, CHOICE_EXPIRED, line, sizeof(line)),
	    "not published: has expired; valid 2023-11-13T22:13:20Z to "
	    "2023-11-15T22:13:20Z, serial 0A1B, RSA 3072, issuer CN=CA");
	check_str("choice__line_malformed",
	    choice_line(NULL, &j, CHOICE_MALFORMED, line, sizeof(line)),
	    "not published: not well-formed");
	check_str("choice__line_other_first",
	    choice_line(&c, &j, CHOICE_OTHER_FIRST, line, sizeof(line)),
	    "not published: good, but another one is better; valid "
	    "2023-11-13T22:13:20Z to 2023-11-15T22:13:20Z, serial 0A1B, RSA 3072, "
	    "issuer CN=CA");
	check_str("choice__line_cut",
	    choice_line(&c, &j, CHOICE_PUBLISHED, cut, sizeof(cut)), "published u");
	for (int r = 0; r < CHOICE__MAX; r++)
		check(choice_reason_text((enum choice_reason)r)[0] != '\0' &&
			  strcspn(choice_reason_word((enum choice_reason)r), " A") ==
			      strlen(choice_reason_word((enum choice_reason)r)),
		    choice_reason_word((enum choice_reason)r), "no word of its own");
}

/* Once judged, asked again at other times. */
static void
test_time(void)
{
	static const struct {
		const char *name;
		int64_t now;
		enum choice_reason want;
	} at[] = {
	    {"long_before", INT64_MIN, CHOICE_NOT_YET},
	    {"before", T0 - DAY - 1, CHOICE_NOT_YET},
	    {"first", T0 - DAY, CHOICE_PUBLISHED},
	    {"last", T0 + DAY, CHOICE_PUBLISHED},
	    {"after", T0 + DAY + 1, CHOICE_EXPIRED},
	    {"long_after", INT64_MAX, CHOICE_EXPIRED},
	};
	struct choice_judgement j;

	judge(&rows[0], &j);
	for (size_t i = 0; i < NITEMS(at); i++) {
		char name[64];

		snprintf(name, sizeof(name), "choice__time_%s", at[i].name);
		check_str(name, choice_reason_word(choice_at(&j, at[i].now)),
		    choice_reason_word(at[i].want));
	}
}

static bool
never_revoked(const struct cert *c, void *ctx)
{
	(void)c;
	++*(int *)ctx;
	return false;
}

static void
test_value(void)
{
	struct choice_judgement j, again;
	int asked = 0;

	choice_judge_value(BYTES("junk"), &anna, 1, never_revoked, &asked, &j);
	check_str(
	    "choice__value_junk", choice_reason_word(choice_at(&j, T0)), "malformed");
	check_int("choice__value_junk_not_asked", asked, 0);
	choice_judge_value((struct bytes){NULL, 0}, &anna, 1, NULL, NULL, &again);
	check_str("choice__value_empty", choice_reason_word(choice_at(&again, T0)),
	    "malformed");
	check(j.tie != again.tie, "choice__value_ties_differ", "both %llx",
	    (unsigned long long)j.tie);
	choice_judge_signed(BYTES("junk"), &anna, 1, NULL, NULL, T0, &j);
	check_str(
	    "choice__signed_junk", choice_reason_word(choice_at(&j, T0)), "malformed");
}

/* Every byte counts, and every kind of machine counts the same. */
static void
test_tie(void)
{
	static const uint8_t zero[40];
	uint8_t text[sizeof(zero)] = {0};
	size_t alike = 0;

	for (size_t n = 1; n <= sizeof(text); n++) {
		alike += choice_tie((struct bytes){zero, n}) ==
			 choice_tie((struct bytes){zero, n - 1});
		for (size_t i = 0; i < n; i++) {
			text[i] = 0x80;
			alike += choice_tie((struct bytes){text, n}) ==
				 choice_tie((struct bytes){zero, n});
			text[i] = 0;
		}
	}
	check_int("choice__tie_every_byte", (long long)alike, 0);
	check_int("choice__tie_every_machine",
	    (long long)choice_tie(BYTES("0123456789abcdef!?")),
	    (long long)UINT64_C(0xcb617b0689e58ac1));
}

int
main(void)
{
	test_table();
	test_rank();
	test_rank_many();
	test_text();
	test_time();
	test_value();
	test_tie();
	return check_done();
}
