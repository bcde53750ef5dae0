/*
 * What the files of letters share: their rows and blocks. For them alone.
 */
#ifndef CHANCERY_CLERK_MAIL_LETTER_PARTS_H
#define CHANCERY_CLERK_MAIL_LETTER_PARTS_H

#include "enroll/clerk/mail_letter.h"

/* Where mails lead to, behind the portal's address. */
#define LETTER_PATH_HOME    "/"
#define LETTER_PATH_LINK    "/l/" /* and the link of a delivery: page of its PIN */
#define LETTER_PATH_RENEW   "/enroll"
#define LETTER_PATH_APPROVE "/approve"

enum {
	LETTER_BLOCKS_MAX = 9,
};

enum block_kind {
	BLOCK_TEXT,   /* a paragraph */
	BLOCK_FACT,   /* "key: value of field" */
	BLOCK_WORD,   /* the same; the value is a word with a text of its own */
	BLOCK_BUTTON, /* leads to path, with the value of field at its end */
};

struct block {
	enum block_kind kind;
	const char *key;
	const char *field;
	const char *path; /* of a button; of a word: its texts' prefix */
};

struct letter {
	const char *word;
	const char *fields; /* that it wants, with blanks between */
	const char *subject, *title;
	struct block block[LETTER_BLOCKS_MAX + 1]; /* ends with a NULL key */
};

/* Row by row; NULL after the last. */
const struct letter *letter_at(size_t i);

#endif
