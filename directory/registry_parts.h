/*
 * What the registry's two files share: how a class is kept in entries. Never included
 * outside of this folder.
 */
#ifndef CHANCERY_DIRECTORY_REGISTRY_PARTS_H
#define CHANCERY_DIRECTORY_REGISTRY_PARTS_H

#include "directory/registry.h"

struct registry_kept {
	const char *container; /* below ou=registry */
	const char *object_class;
	size_t size; /* of the struct */
};

extern const struct registry_kept registry_kept[REGISTRY__MAX];

/* Puts the object class, the id and everything of the struct into f. */
void
registry_to_fields(const void *record, enum registry_class class, struct fields *f);

#endif
