/*
 * Why OpenSSL refused, as text for a struct err. Its queue of errors belongs to
 * the thread; what is not taken out of it would explain somebody else's failure
 * later. Called by the modules of crypto/ that call OpenSSL.
 */
#ifndef CHANCERY_CRYPTO_REASON_H
#define CHANCERY_CRYPTO_REASON_H

/* The reason of the first failure since the queue was empty; empties it. Static
 * text, never NULL, and never with data in it. Any thread. */
const char *reason_take(void);

#endif
