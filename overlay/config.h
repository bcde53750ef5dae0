/*
 * The overlay's options in three rooms: config.c is what slapd calls,
 * config_lines.c keeps list options as they were entered, config_build.c makes
 * of them what the other files read. Only these three include this.
 */
#ifndef CHANCERY_OVERLAY_CONFIG_H
#define CHANCERY_OVERLAY_CONFIG_H

#include "overlay/overlay.h"

/* --- config_lines.c: words in double quotes, a backslash before " and \ ---- */

enum {
	WORDS_MAX = 128
};

/* The words as one line, which the caller frees with ch_free. */
struct berval line_join(int argc, char **argv);
/* Splits a copy of a joined line; if any words, the caller frees words[0]. */
int line_split(const struct berval *line, char *words[WORDS_MAX]);

int lines_count(BerVarray lines);
/* Takes the line over. at: -1 or beyond the end appends. */
void lines_insert(BerVarray *lines, int at, struct berval line);
void lines_remove(BerVarray *lines, int at);

/* --- config_build.c --------------------------------------------------------- */

/*
 * Each parses all lines of its option anew. 0, or -1 with the reason in msg; then
 * nothing has changed, but for attributes_build, which the caller calls again once
 * the line that does not parse is gone.
 */
int bases_build(struct chancery *ch, char *msg, size_t cap);
int containers_build(struct chancery *ch, char *msg, size_t cap);
int attributes_build(struct chancery *ch, char *msg, size_t cap);
int direct_build(struct chancery *ch, char *msg, size_t cap);
void build_free(struct chancery *ch);

#endif
