/*
 * The signer's options: contract in conf.h. chancery-signer(8) has a paragraph for
 * each row, which tests/lint/lint_manual.py checks.
 */
#include "enroll/signer/conf.h"

#include "core/bytes.h"
#include "crypto/crl_make.h"
#include "crypto/pfx.h"
#include "crypto/profile.h"
#include "enroll/signer/pool.h"

#define AT(field) offsetof(struct signer_conf, field)
#define TEXT(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_TEXT, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define PATH(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_PATH, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define WORD(name, field, fallback, words, help)                                       \
	{                                                                              \
		name, CONF_WORD, AT(field), fallback, words, 0, 0, help                \
	}
#define U32(name, field, fallback, least, most, help)                                  \
	{                                                                              \
		name, CONF_U32, AT(field), fallback, NULL, least, most, help           \
	}
#define LIST(name, field, help)                                                        \
	{                                                                              \
		name, CONF_LIST, AT(field), "", NULL, 0, 0, help                       \
	}

/* clang-format off */
const struct conf_row signer_conf_rows[] = {
	PATH("state", state, "/var/lib/chancery/signer", "folder of keys and CA"),
	PATH("socket", socket, "/run/chancery/signer.sock", "where it is called"),
	TEXT("socket-group", socket_group, "", "group that may connect"),
	LIST("caller", caller, "user who may call, beside root and its own"),
	PATH("audit", audit, "", "the hash-chained log (audit.log in the state folder)"),
	LIST("domain", domain, "mail domain that certificates are issued for, as A-label"),
	U32("days", days, "730", 1, PROFILE_MAX_DAYS, "validity of certificates"),
	WORD("generation", generation, "strict", "strict|multipurpose",
	    "of the S/MIME Baseline Requirements"),
	WORD("use", use, "dual", "dual|sign|encrypt", "what the keys are for"),
	WORD("key", key, "rsa3072", "rsa2048|rsa3072|rsa4096|p256|p384",
	    "kind of people's keys"),
	U32("pool", pool, "200", 1, POOL_WANT_MAX, "keys that are kept ready"),
	U32("pfx-iterations", pfx_iterations, "2048", PFX_ITERATIONS_MIN,
	    PFX_ITERATIONS_MAX, "of the key derivation in PFX files"),
	U32("pin-opens", pin_opens, "2000", 1, 1000000, "PINs opened an hour, at most"),
	U32("packages", packages, "2000", 1, 1000000, "keys opened for PFX files an hour, at most"),
	U32("crl-hours", crl_hours, "168", 1, CRL_MAKE_MAX_HOURS, "validity of a CRL"),
	U32("clients", clients, "64", 1, 1000, "connections at once"),
};
/* clang-format on */
const size_t signer_conf_n = NITEMS(signer_conf_rows);
