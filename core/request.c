/*
 * States, names and next steps of requests (contract in request.h), as tables.
 */
#include "core/request.h"

#include <stdio.h>

#define REQUEST_BIT(name) (1u << REQUEST_##name)

static const char *const request_word[] = {
#define X(name, word, next) [name] = word,
    REQUEST_STATES(X)
#undef X
};
static const unsigned request_next[] = {
#define X(name, word, next) [name] = next,
    REQUEST_STATES(X)
#undef X
};
static const char *const delivery_word[] = {
#define X(name, word) [name] = word,
    DELIVERY_STATES(X)
#undef X
};
static const char *const certificate_word[] = {
#define X(name, word) [name] = word,
    CERTIFICATE_STATES(X)
#undef X
};
_Static_assert(NITEMS(request_word) == REQUEST__MAX, "");
_Static_assert(NITEMS(delivery_word) == DELIVERY__MAX, "");
_Static_assert(NITEMS(certificate_word) == CERTIFICATE__MAX, "");

/* --- words ---------------------------------------------------------------------- */

static const char *
word_of(const char *const *words, size_t n, size_t i)
{
	return i < n ? words[i] : "?";
}

/* The index of a word, or ERR_UNSUPPORTED. */
static int
find_word(const char *const *words, size_t n, struct bytes word, const char *what,
    struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_nocase(bytes_of(words[i]), word))
			return (int)i;
	return err_set(e, ERR_UNSUPPORTED, "\"%.*s\" is no state of a %s",
	    (int)(word.n > 32 ? 32 : word.n), (const char *)word.p, what);
}

const char *
request_state_word(enum request_state s)
{
	return word_of(request_word, NITEMS(request_word), s);
}

const char *
delivery_state_word(enum delivery_state s)
{
	return word_of(delivery_word, NITEMS(delivery_word), s);
}

const char *
certificate_state_word(enum certificate_state s)
{
	return word_of(certificate_word, NITEMS(certificate_word), s);
}

int
request_state_read(struct bytes word, enum request_state *out, struct err *e)
{
	int i = find_word(request_word, NITEMS(request_word), word, "request", e);

	if (i < 0)
		return i;
	*out = (enum request_state)i;
	return 0;
}

int
delivery_state_read(struct bytes word, enum delivery_state *out, struct err *e)
{
	int i = find_word(delivery_word, NITEMS(delivery_word), word, "delivery", e);

	if (i < 0)
		return i;
	*out = (enum delivery_state)i;
	return 0;
}

int
certificate_state_read(struct bytes word, enum certificate_state *out, struct err *e)
{
	int i = find_word(
	    certificate_word, NITEMS(certificate_word), word, "certificate", e);

	if (i < 0)
		return i;
	*out = (enum certificate_state)i;
	return 0;
}

bool
request_may_become(enum request_state from, enum request_state to)
{
	return from < REQUEST__MAX && to < REQUEST__MAX &&
	       (request_next[from] >> to & 1) != 0;
}

bool
request_is_open(enum request_state s)
{
	return s < REQUEST__MAX && request_next[s] != 0;
}

/* --- names ---------------------------------------------------------------------- */

bool
request_person_valid(struct bytes text)
{
	if (text.n != REQUEST_PERSON_LEN)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

/* One to nine digits without a zero in front; 0 for anything else. */
static uint32_t
read_number(struct bytes text)
{
	uint32_t n = 0;

	if (text.n == 0 || text.n > 9 || text.p[0] == '0')
		return 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(text.p[i] - '0');
	}
	return n;
}

int
request_id_parse(struct bytes text, struct request_id *out, struct err *e)
{
	struct bytes person = {text.p, REQUEST_PERSON_LEN}, number;

	if (text.n < REQUEST_PERSON_LEN + 2 || text.p[REQUEST_PERSON_LEN] != '-' ||
	    !request_person_valid(person))
		return err_set(e, ERR_SYNTAX, "not the name of a request");
	number = (struct bytes){
	    text.p + REQUEST_PERSON_LEN + 1, text.n - REQUEST_PERSON_LEN - 1};
	if ((out->number = read_number(number)) == 0)
		return err_set(e, ERR_SYNTAX, "not the name of a request");
	memcpy(out->person, person.p, person.n);
	out->person[person.n] = '\0';
	return 0;
}

char *
request_id_print(const struct request_id *id, char buf[REQUEST_ID_SIZE])
{
	snprintf(buf, REQUEST_ID_SIZE, "%.32s-%u", id->person,
	    id->number > REQUEST_NUMBER_MAX ? REQUEST_NUMBER_MAX : id->number);
	return buf;
}

/* --- next ----------------------------------------------------------------------- */

enum request_step
request_next_step(const struct request_facts *f, int64_t now)
{
	static const enum request_step step[REQUEST__MAX] = {
	    [REQUEST_NEW] = REQUEST_PREPARE,
	    [REQUEST_PREPARED] = REQUEST_ISSUE,
	    [REQUEST_ISSUED] = REQUEST_PUBLISH,
	    [REQUEST_PUBLISHED] = REQUEST_DELIVER,
	};

	if (f->state >= REQUEST__MAX)
		return REQUEST_REST;
	if (f->state == REQUEST_WAITING)
		return f->until != 0 && now >= f->until ? REQUEST_EXPIRE : REQUEST_REST;
	return f->next > now ? REQUEST_REST : step[f->state];
}

enum request_answer
request_start(const struct request_past *past, uint32_t after, uint32_t *number_out)
{
	*number_out = past->last;
	if (after > past->last)
		return REQUEST_AHEAD;
	if (after < past->last ||
	    (past->last != 0 && request_is_open(past->last_state)))
		return REQUEST_GIVE;
	if ((past->most_a_day != 0 && past->today >= past->most_a_day) ||
	    past->last >= REQUEST_NUMBER_MAX)
		return REQUEST_TOO_MANY;
	*number_out = past->last + 1;
	return REQUEST_MAKE;
}
