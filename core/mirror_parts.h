/*
 * What the files of the mirror's decisions share: the table of people, and how a
 * problem is put into it. For core/mirror*.c only.
 */
#ifndef CHANCERY_CORE_MIRROR_PARTS_H
#define CHANCERY_CORE_MIRROR_PARTS_H

#include "core/addr.h"
#include "core/arena.h"
#include "core/mirror.h"

/* A table of places found by hash; what is compared with is the caller's. */
struct mirror_slot {
	uint64_t hash;
	uint32_t at; /* one more than the place; 0: free */
};

struct mirror_index {
	struct mirror_slot *slot;
	size_t n, size; /* size: a power of 2, or 0 */
};

struct mirror_address {
	struct bytes text; /* as it will be published */
	uint32_t owner;	   /* row */
	uint32_t other;	   /* the second one that has it, if n_owners > 1 */
	uint32_t n_owners;
};

struct mirror_domain {
	char name[ADDR_DOMAIN_MAX + 1];
};

struct mirror {
	struct arena arena;
	struct mirror_domain *own, *ignored;
	size_t n_own, n_ignored;
	struct mirror_row **row;
	size_t n_row, size_row;
	struct mirror_address *address;
	size_t n_address, size_address;
	struct mirror_index by_id, by_address;
	struct mirror_problem *problem;
	size_t n_problem, n_over;
};

enum {
	MIRROR_DN_SHOWN = 160, /* bytes of a DN in a sentence */
};

/* Remembers a problem; the sentence as printf. 0 or ERR_MEMORY. */
int mirror_tell(struct mirror *m, const char *kind, struct bytes address,
    struct bytes id, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A copy in the table's memory, with a NUL behind it; p is NULL without memory. */
struct bytes mirror_copy(struct mirror *m, struct bytes in);

/* Reads the texts of a person into want; tells what was left out. */
int mirror_read_texts(
    struct mirror *m, const struct mirror_person *p, struct mirror_entry *want);

/* Reads its addresses into want: well-formed, inside, each once. */
int mirror_read_mail(
    struct mirror *m, const struct mirror_person *p, struct mirror_entry *want);

/* The place of an address, or NULL. */
struct mirror_address *
mirror_address_find(const struct mirror *m, struct bytes address);

#endif
