/*
 * What the checks of `chancery doctor` share. A check looks at one thing from
 * outside in and says one line or more; what it cannot see it skips, and says
 * that too. doctor.c holds the list and the order.
 */
#ifndef CHANCERY_CLI_DOCTOR_H
#define CHANCERY_CLI_DOCTOR_H

#include <jansson.h>

#include "cli/session.h"
#include "core/addr.h"
#include "directory/rootdse.h"

enum doctor_verdict {
	DOCTOR_OK,
	DOCTOR_WARN,
	DOCTOR_FAIL,
	DOCTOR_SKIP,
	DOCTOR__MAX
};

enum {
	DOCTOR_DAY = 24 * 60 * 60,
	DOCTOR_SOON = 30,	  /* days before something ends: warn */
	DOCTOR_CA_SOON = 90,	  /* the same of a CA, which takes longer to renew */
	DOCTOR_CRL_SOON = 1,	  /* and of a CRL */
	DOCTOR_CLOCK_SECONDS = 60 /* of difference are no matter */
};

struct doctor_conf {
	bool json;
};

struct doctor {
	struct doctor_conf conf;
	struct session session;
	int64_t now;
	bool reachable;
	bool is_admin;
	struct rootdse dse;
	struct addr sample; /* somebody with a published certificate; n 0: nobody */
	size_t count[DOCTOR__MAX];
	json_t *lines;
};

/* Says one line: the check's word, what was seen, and what to do (NULL where
 * nothing is). */
void doctor_say(struct doctor *d, enum doctor_verdict v, const char *check,
    const char *todo, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A search from outside, answers kept. False, and the line is said, when the
 * server is gone. Free the result either way. */
bool doctor_ask(struct doctor *d, const char *check, const struct search *s,
    struct search_result *out);

/* "(mail=SAMPLE)" into buf. */
enum {
	DOCTOR_FILTER_MAX = 3 * ADDR_MAX + 16
};
char *doctor_sample_filter(const struct doctor *d, char *buf);

/* The checks, each in the file of its subject. */
void doctor_server(struct doctor *d); /* doctor_server.c */
void doctor_overlay(struct doctor *d);
void doctor_contexts(struct doctor *d);
void doctor_user_name(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_tls(struct doctor *d);    /* doctor_tls.c */
void doctor_search(struct doctor *d); /* doctor_answers.c */
void doctor_containers(struct doctor *d);
void doctor_programs(struct doctor *d);
void doctor_spellings(struct doctor *d);
void doctor_empty_base(struct doctor *d);
void doctor_suffix(struct doctor *d); /* doctor_secrecy.c */
void doctor_private(struct doctor *d);
void doctor_password(struct doctor *d);
void doctor_authorities(struct doctor *d); /* doctor_authorities.c */
void doctor_people(struct doctor *d);	   /* doctor_people.c */

/* Finds the sample; in doctor_people.c. */
void doctor_find_sample(struct doctor *d);

#endif
