/*
 * The radio alphabet: contract in spell.h.
 */
#include "enroll/portal/spell.h"

const char *
spell_word(char c)
{
	static const char *const letters[] = {"Alfa", "Bravo", "Charlie", "Delta",
	    "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima",
	    "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango",
	    "Uniform", "Victor", "Whiskey", "Xray", "Yankee", "Zulu"};
	static const char *const digits[] = {"Zero", "One", "Two", "Three", "Four",
	    "Five", "Six", "Seven", "Eight", "Nine"};

	if (c >= 'a' && c <= 'z')
		return letters[c - 'a'];
	if (c >= 'A' && c <= 'Z')
		return letters[c - 'A'];
	return c >= '0' && c <= '9' ? digits[c - '0'] : "";
}
