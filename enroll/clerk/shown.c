/* Records as objects (contract in shown.h). */
#include "enroll/clerk/shown.h"

#include "enroll/line.h"

static json_t *
texts(struct entry_values values)
{
	json_t *list = json_array();

	for (size_t i = 0; i < values.n; i++)
		json_array_append_new(list,
		    json_stringn((const char *)values.value[i].p, values.value[i].n));
	return list;
}

json_t *
shown_request(const struct registry_request *r)
{
	json_t *o = json_object();
	struct request_id id;

	line_set_text(o, "id", r->head.id);
	if (request_id_parse(r->head.id, &id, NULL) == 0)
		line_set_int(o, "number", id.number);
	line_set_text(o, "state", bytes_of(request_state_word(r->state)));
	line_set_int(o, "begin", r->begin);
	line_set_int(o, "until", r->until);
	line_set_text(o, "kind", r->kind);
	json_object_set_new(o, "mail", texts(r->mail));
	line_set_text(o, "by", r->by);
	json_object_set_new(o, "delegates", texts(r->delegate));
	if (r->reason.n > 0 || r->problem.n > 0)
		line_set_text(o, "problem", r->reason.n > 0 ? r->reason : r->problem);
	return o;
}

json_t *
shown_certificate(const struct registry_certificate *r)
{
	json_t *o = json_object();

	line_set_text(o, "serial", r->head.id);
	json_object_set_new(o, "mail", texts(r->mail));
	line_set_int(o, "begin", r->begin);
	line_set_int(o, "until", r->until);
	line_set_text(o, "state", bytes_of(certificate_state_word(r->state)));
	line_set_text(o, "reason", r->reason);
	line_set_text(o, "request", r->request);
	json_object_set_new(o, "reminders", texts(r->stage));
	return o;
}

json_t *
shown_delivery(const struct registry_token *t, bool own)
{
	json_t *o = json_object();

	if (own)
		line_set_text(o, "link", t->link);
	line_set_text(o, "state", t->state);
	line_set_text(o, "address", t->mail);
	line_set_int(o, "until", t->until);
	line_set_text(o, "request", t->request);
	line_set_text(o, "recipient", t->person);
	json_object_set_new(o, "shown", json_array());
	return o;
}
