/*
 * Characters as they are said on the telephone, with the radio alphabet that English
 * and German speakers both understand (ICAO). Pure.
 */
#ifndef CHANCERY_PORTAL_SPELL_H
#define CHANCERY_PORTAL_SPELL_H

/* "Alfa" for 'A' and 'a', "Seven" for '7'; "" for anything else. Static. */
const char *spell_word(char c);

#endif
