/*
 * The certificates inside a CMS SignedData (RFC 5652 section 5.1), as found in
 * userSMIMECertificate (RFC 2798 section 2.8, MS-OXOABK section 2.2.4.36) and in
 * .p7b files. Only the frame is read: signatures are neither needed nor checked.
 * DER and, because Windows writes it in .p7b, BER's indefinite lengths are NOT
 * read here: crypto/ turns BER into DER first where a file may hold it.
 */
#ifndef CHANCERY_CORE_CMS_H
#define CHANCERY_CORE_CMS_H

#include "core/der.h"

enum {
	CMS_MAX_BYTES = 1024 * 1024,
	CMS_MAX_CERTS = 256,
};

struct cms {
	struct der certs; /* what is left of the certificates */
	size_t n_signers; /* SignerInfos; 0 is a certs-only message */
};

/*
 * Opens a ContentInfo that must hold SignedData and fill the view to its last
 * byte. 0, ERR_SYNTAX, ERR_UNSUPPORTED (another content type), ERR_LIMIT.
 */
int cms_open(struct bytes der, struct cms *out, struct err *e);

/*
 * The next certificate, as encoded, not yet parsed. Other CertificateChoices
 * (attribute certificates) are passed over. 1 found, 0 no more, or ERR_SYNTAX.
 */
int cms_next(struct cms *cms, struct bytes *cert_out);

#endif
