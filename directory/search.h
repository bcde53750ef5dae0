/*
 * Searching: one question, its entries one by one, and how it ended. What a server
 * refuses (an LDAP result code) is an answer; only silence is an error. Follows no
 * reference. Called by everything that reads.
 */
#ifndef CHANCERY_DIRECTORY_SEARCH_H
#define CHANCERY_DIRECTORY_SEARCH_H

#include "directory/connection.h"
#include "directory/entry.h"

enum search_scope {
	SEARCH_BASE,
	SEARCH_ONE,
	SEARCH_SUB
};

/* Result codes that callers decide by (RFC 4511 section 4.1.9). */
enum search_code {
	SEARCH_SUCCESS = 0,
	SEARCH_TIME_LIMIT = 3,
	SEARCH_SIZE_LIMIT = 4,
	SEARCH_NO_SUCH_OBJECT = 32,
	SEARCH_INVALID_DN = 34,
	SEARCH_INAPPROPRIATE_AUTH = 48,
	SEARCH_INVALID_CREDENTIALS = 49,
	SEARCH_INSUFFICIENT_ACCESS = 50,
	SEARCH_BUSY = 51,
	SEARCH_UNAVAILABLE = 52,
};

enum {
	SEARCH_MAX_ENTRIES = 10 * 1000 * 1000, /* streamed */
	SEARCH_MAX_KEPT = 1000,		       /* collected by search_all */
	SEARCH_MAX_KEPT_BYTES = 256 * 1024 * 1024,
	SEARCH_PAGE = 500,
};

struct search {
	const char *base;
	enum search_scope scope;
	const char *filter;
	const char *const *attrs; /* ends with NULL; NULL asks for all */
	int deref;		  /* 0 never ... 3 always, as on the wire */
	int size_limit;		  /* asked of the server; 0 none */
	int time_limit;		  /* seconds, asked of the server; 0 none */
	bool paged;		  /* RFC 2696, where there may be many */
};

/* How a search ended. */
struct search_end {
	int code;
	char text[256]; /* the code in words, and the server's own */
	size_t n_entries;
	size_t n_references; /* not followed */
};

/* Takes an entry, which lives until it returns; anything but 0 stops the
 * search, and is what search_each then returns. */
typedef int search_entry_fn(const struct entry *e, void *ctx);

/*
 * Asks, and hands each entry to fn. 0 with *end filled, whatever the result
 * code; ERR_IO when nothing comes for CONNECTION_TIMEOUT seconds, a question
 * (a page) takes longer than CONNECTION_QUESTION_SECONDS, or the connection breaks;
 * ERR_USAGE for a filter that the library refuses; ERR_LIMIT.
 */
int search_each(struct connection *c, const struct search *s, search_entry_fn *fn,
    void *ctx, struct search_end *end, struct err *e);

/* Entries that were kept. */
struct search_result {
	struct arena arena;
	struct entry *entry;
	size_t n;
	struct search_end end;
};

/*
 * The same, entries kept, at most SEARCH_MAX_KEPT (more is ERR_LIMIT). Free
 * with search_result_fini, also after an error.
 */
int search_all(struct connection *c, const struct search *s, struct search_result *out,
    struct err *e);

/* Another question, its entries put behind those that are kept already. */
int search_more(struct connection *c, const struct search *s, struct search_result *out,
    struct err *e);

void search_result_fini(struct search_result *r);

#endif
