/*
 * Guesses from the User-Agent header: contract in browser.h.
 */
#include "enroll/portal/browser.h"

#include <string.h>

#include "core/bytes.h"

/* The first row that fits counts: iPads call themselves Macintosh, phones Linux. */
static const struct {
	const char *part, *form, *guide;
} browsers[] = {
    {"iPhone", "compatible", "iphone"},
    {"iPad", "compatible", "iphone"},
    {"Android", "compatible", "android"},
    {"Macintosh", "compatible", "outlook-mac"},
    /* Windows 10 and 11 both say 10.0; older ones call a modern PFX "wrong password".
     */
    {"Windows NT 10", "modern", "outlook-windows"},
    {"Windows", "compatible", "outlook-windows"},
    {"", "modern", "thunderbird"},
};

static size_t
browser_row(const char *agent)
{
	size_t i = 0;

	while (i + 1 < NITEMS(browsers) && strstr(agent, browsers[i].part) == NULL)
		i++;
	/* Nothing said: most people have Windows. */
	return agent[0] == '\0' ? 4 : i;
}

const char *
browser_form(const char *agent)
{
	return browsers[browser_row(agent)].form;
}

const char *
browser_guide(const char *agent)
{
	return browsers[browser_row(agent)].guide;
}
