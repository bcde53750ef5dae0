/*
 * Text put into LDAP filters, DNs and HTML: one function for each sink, because each
 * has its own special characters. Pure. Called by directory/, enroll/ and the verbs.
 */
#ifndef CHANCERY_CORE_ESCAPE_H
#define CHANCERY_CORE_ESCAPE_H

#include "core/bytes.h"

/* Room that n bytes can need, with the NUL. */
#define ESCAPE_MAX(n) (3 * (n) + 1)

/*
 * A value for a filter (RFC 4515 section 3): NUL, '(', ')', '*', '\' and all
 * bytes outside of printable ASCII become \hh. out has room for ESCAPE_MAX.
 * Ends with NUL; returns the length.
 */
size_t escape_filter(struct bytes in, char *out);

/*
 * A value for an RDN (RFC 4514 section 2.4). UTF-8 stays as it is; what is
 * special anywhere, a space or '#' at the beginning, a space at the end and
 * control characters become \hh. out has room for ESCAPE_MAX.
 */
size_t escape_dn(struct bytes in, char *out);

/* Room that n bytes of HTML can need, with the NUL. */
#define ESCAPE_HTML_MAX(n) (6 * (n) + 1)

/*
 * Text for HTML, between tags and in quoted attributes: & < > " ' become references,
 * control characters but tab, CR and LF become '?'. out has room
 * for ESCAPE_HTML_MAX. Ends with NUL; returns the length. No sink for what stands in a
 * script, a style or an unquoted attribute: nothing foreign may stand there.
 */
size_t escape_html(struct bytes in, char *out);

#endif
