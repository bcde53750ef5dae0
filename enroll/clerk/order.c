/* Ordering (contract in order.h). */
#include "enroll/clerk/order.h"

#include <stdio.h>

#include "core/due.h"
#include "enroll/clerk/runner.h"
#include "enroll/clerk/shown.h"
#include "enroll/clerk/worker.h"

enum {
	A_DAY = 10 /* requests of a person in 24 hours */
};

static int
take_request(const void *record, void *ctx)
{
	const struct registry_request *r = record;
	struct order_past *p = ctx;
	struct request_id id;

	if (request_id_parse(r->head.id, &id, NULL) != 0)
		return 0;
	if (r->begin > p->now - DUE_DAY)
		p->facts.today++;
	if (p->list != NULL)
		json_array_append_new(p->list, shown_request(r));
	if (id.number <= p->facts.last)
		return 0;
	p->facts.last = id.number;
	p->facts.last_state = r->state;
	json_decref(p->last);
	p->last = shown_request(r);
	return 0;
}

int
order_past(struct clerk *c, struct connection *conn, struct bytes person, json_t *list,
    struct order_past *out, struct err *e)
{
	const struct registry_where where = {.person = person};

	*out = (struct order_past){
	    .list = list, .facts.most_a_day = A_DAY, .now = clerk_now(c)};
	return registry_each(
	    conn, c->conf.suffix, REGISTRY_REQUEST, &where, take_request, out, e);
}

static int
insert(struct clerk *c, struct connection *conn, const struct order *w, const char *id,
    struct err *e)
{
	const struct registry_request r = {.head = {.id = bytes_of(id)},
	    .state = w->until != 0 ? REQUEST_WAITING : REQUEST_NEW,
	    .person = w->person,
	    .form = w->form,
	    .language = w->language,
	    .by = w->by,
	    .kind = w->delegate.n > 0 ? BYTES("mailbox") : (struct bytes){NULL, 0},
	    .delegate = w->delegate,
	    .mail = w->mail,
	    .display = w->name,
	    .begin = clerk_now(c),
	    .until = w->until};

	return registry_add(conn, c->conf.suffix, REGISTRY_REQUEST, &r, e);
}

int
order_give(struct clerk *c, struct connection *conn, const char *id, json_t **out,
    struct err *e)
{
	struct search_result store;
	struct registry_request r;
	int rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_REQUEST, bytes_of(id), &store, &r, e);

	if (rc == 0)
		*out = shown_request(&r);
	search_result_fini(&store);
	return rc;
}

int
order_start(struct clerk *c, const struct caller *who, struct connection *conn,
    const struct order *w, json_t **out, struct err *e)
{
	struct order_past past = {.list = NULL};
	struct request_id id = {.number = 0};
	char text[REQUEST_ID_SIZE];
	json_t *o;
	enum request_answer answer;
	int rc = order_past(c, conn, w->person, NULL, &past, e);

	json_decref(past.last);
	if (rc != 0)
		return rc;
	answer = request_start(&past.facts, w->after, &id.number);
	snprintf(id.person, sizeof(id.person), "%.*s", (int)w->person.n,
	    (const char *)w->person.p);
	request_id_print(&id, text);
	if (answer == REQUEST_TOO_MANY)
		return err_set(e, ERR_LIMIT, "at most %d requests in 24 hours", A_DAY);
	if (answer == REQUEST_AHEAD)
		return err_set(e, ERR_USAGE,
		    "the last request has number %u, and the caller has seen %u",
		    past.facts.last, w->after);
	if (answer == REQUEST_MAKE) {
		o = json_object();
		line_set_text(o, "request", bytes_of(text));
		if ((rc = clerk_audit(c, who, "request", o, e)) != 0 ||
		    (rc = insert(c, conn, w, text, e)) < 0)
			return rc;
		worker_wake(c, RUNNER_NAME);
	}
	return order_give(c, conn, text, out, e);
}
