/*
 * Mail programs as the directory meets them: what each kind asks for an address
 * (filters and attribute spellings as they were seen on the wire), which of the
 * answered certificates it takes, and whether it could encrypt with that one.
 * The judgement is core's; this file only knows the programs.
 */
#ifndef CHANCERY_CLI_CLIENT_H
#define CHANCERY_CLI_CLIENT_H

#include "core/addr.h"
#include "core/choice.h"
#include "directory/search.h"

enum client_kind {
	CLIENT_OUTLOOK,
	CLIENT_THUNDERBIRD,
	CLIENT_EVOLUTION,
	CLIENT_GPGSM,
	CLIENT__MAX
};

enum client_result {
	CLIENT_USABLE,
	CLIENT_NO_ENTRY,       /* nobody has this address */
	CLIENT_NO_CERTIFICATE, /* found, but nothing to encrypt with */
	CLIENT_UNUSABLE,       /* it takes one that it cannot use */
	CLIENT_ERROR,	       /* the server answered with an error */
};

/* What one program gets. Views into `search`. */
struct client_answer {
	enum client_kind kind;
	enum client_result result;
	struct search_result search; /* its last question */
	char asked[2][512];	     /* its questions as text, for people */
	size_t n_asked;
	char error[256];	   /* of CLIENT_ERROR */
	const char *dn;		   /* the entry that it takes, or NULL */
	size_t n_entries;	   /* that answered for this address */
	size_t n_values;	   /* certificates that it was given */
	const char *attr;	   /* as answered: where the taken one stood */
	struct bytes der;	   /* the certificate that it takes; or empty */
	enum choice_reason reason; /* why that one is not usable */
	const char *note;	   /* a peculiarity worth saying, or NULL */
};

/* "outlook" ... and "Outlook" ... Static. */
const char *client_word(enum client_kind kind);
const char *client_name(enum client_kind kind);

/*
 * Asks as that program does and judges what came. base: the published base;
 * now: seconds since 1970. 0, or ERR_IO when the server is gone. Free with
 * client_answer_fini, also after an error.
 */
int client_ask(enum client_kind kind, struct connection *c, const char *base,
    const struct addr *address, int64_t now, struct client_answer *out, struct err *e);
void client_answer_fini(struct client_answer *a);

/* What a program gets, in words that finish "Outlook: ...", into buf. Returns
 * buf. */
char *client_answer_text(const struct client_answer *a, char *buf, size_t cap);

/* Whether a certificate is usable for this address now: the first reason against
 * it, or CHOICE_PUBLISHED. CHOICE_ADDRESS only where nothing else is wrong. */
enum choice_reason
client_judge(struct bytes der, const struct addr *address, int64_t now);

#endif
