/*
 * What a browser's name says of the machine it runs on: which form of PFX it reads,
 * which install guide fits. A guess for what is offered first; all is offered.
 */
#ifndef CHANCERY_PORTAL_BROWSER_H
#define CHANCERY_PORTAL_BROWSER_H

/* "modern" or "compatible" (3DES, SHA-1: for Apple's, Android, old Windows). */
const char *browser_form(const char *agent);

/* "outlook-windows", "outlook-mac", "iphone", "android", "thunderbird". */
const char *browser_guide(const char *agent);

#endif
