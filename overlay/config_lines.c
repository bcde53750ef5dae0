/*
 * Lines of list options: each line is kept as one string of quoted words, which is
 * also how cn=config shows it and takes it back. Called by config.c and
 * config_build.c.
 */
#include "overlay/config.h"

struct berval
line_join(int argc, char **argv)
{
	struct berval line;
	size_t n = 0;
	char *at;

	for (int i = 0; i < argc; i++)
		n += 2 * strlen(argv[i]) + 3;
	line.bv_val = at = ch_malloc(n + 1);
	for (int i = 0; i < argc; i++) {
		if (i > 0)
			*at++ = ' ';
		*at++ = '"';
		for (const char *s = argv[i]; *s != '\0'; s++) {
			if (*s == '"' || *s == '\\')
				*at++ = '\\';
			*at++ = *s;
		}
		*at++ = '"';
	}
	*at = '\0';
	line.bv_len = (size_t)(at - line.bv_val);
	return line;
}

int
line_split(const struct berval *line, char *words[WORDS_MAX])
{
	char *out = ch_malloc(line->bv_len + 1), *first = out;
	const char *s = line->bv_val;
	int n = 0;

	while (*s != '\0' && n < WORDS_MAX) {
		while (*s == ' ')
			s++;
		if (*s++ != '"')
			break;
		words[n++] = out;
		while (*s != '\0' && *s != '"') {
			if (*s == '\\' && s[1] != '\0')
				s++;
			*out++ = *s++;
		}
		if (*s == '"')
			s++;
		*out++ = '\0';
	}
	if (n == 0)
		ch_free(first);
	return n;
}

void
lines_remove(BerVarray *lines, int at)
{
	int n;

	ch_free((*lines)[at].bv_val);
	for (n = at; !BER_BVISNULL(&(*lines)[n]); n++)
		(*lines)[n] = (*lines)[n + 1];
	if (BER_BVISNULL(&(*lines)[0])) {
		ch_free(*lines);
		*lines = NULL;
	}
}

int
lines_count(BerVarray lines)
{
	int n = 0;

	while (lines != NULL && !BER_BVISNULL(&lines[n]))
		n++;
	return n;
}

void
lines_insert(BerVarray *lines, int at, struct berval line)
{
	int n = lines_count(*lines);

	if (at < 0 || at > n)
		at = n;
	*lines = ch_realloc(*lines, (size_t)(n + 2) * sizeof(**lines));
	for (int i = n; i > at; i--)
		(*lines)[i] = (*lines)[i - 1];
	(*lines)[at] = line;
	BER_BVZERO(&(*lines)[n + 1]);
}
