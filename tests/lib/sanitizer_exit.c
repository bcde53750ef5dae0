/*
 * Preloaded behind AddressSanitizer into slapd and its tools, in tests only: with
 * the sanitizer, Debian's slapd ends with glibc's locale lock held, and the
 * destructor of libp11-kit then waits for it for ever in freelocale. Freeing
 * nothing there lets the process end.
 */
#include <locale.h>

void
freelocale(locale_t locale)
{
	(void)locale;
}
