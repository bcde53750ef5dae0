/*
 * DistributionPointName (RFC 5280 section 4.2.1.13): where a CRL is found, as
 * certificates and CRLs say it. Nothing is ever fetched from there; people are shown
 * it.
 */
#ifndef CHANCERY_CORE_CRL_POINT_H
#define CHANCERY_CORE_CRL_POINT_H

#include "core/der.h"

/* Reads the content of the explicit [0] that holds the name, to its end; *url becomes
 * its first URI if it has one and *url is still empty. 0 or ERR_SYNTAX. */
int crl_point_name(struct bytes content, struct bytes *url);

/* Whether the content of [1], ReasonFlags, is well-formed. */
bool crl_point_reasons_valid(struct bytes content);

#endif
