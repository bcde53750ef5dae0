/*
 * Sends mails as the clerk does, for tests/integration/test_mail.py; no part of the
 * product. One JSON object a line on stdin, one answer a line on stdout:
 *
 *   mail CONF [-p]       -p: a thread for each line
 *
 *   {"letter":W,"id":ID,"to":A,"name":N,"language":L,"fields":{...}}      a notice
 *   {"delivery":1,"id":ID,"to":A,"name":N,"language":L,"address":A,"mailbox":M,
 *    "link":L,"until":T,"begin":T,"pfx":TEXT}
 *   -> {"id":ID,"rc":0 or "ERR_..","text":SENTENCE}
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "enroll/clerk/mail.h"

enum {
	LINE_ROOM = 4 * 1024 * 1024,
	LINES_MOST = 1000,
	FIELDS_MOST = 20,
	CONF_ROOM = 1024 * 1024,
};

static struct clerk clerk;

struct job {
	json_t *line;
	struct err e;
	int rc;
};

static struct bytes
text_of(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return (struct bytes){
	    (const uint8_t *)json_string_value(v), json_string_length(v)};
}

static void
send_delivery(struct job *j, struct bytes id, const struct mail_to *to)
{
	struct mail_delivery d = {.id = id,
	    .to = *to,
	    .address = text_of(j->line, "address"),
	    .mailbox = text_of(j->line, "mailbox"),
	    .link = text_of(j->line, "link"),
	    .until = json_integer_value(json_object_get(j->line, "until")),
	    .begin = json_integer_value(json_object_get(j->line, "begin")),
	    .pfx = text_of(j->line, "pfx")};

	j->rc = mail_delivery(&clerk, &d, &j->e);
}

static void
send_notice(struct job *j, struct bytes id, const struct mail_to *to)
{
	struct texts_field field[FIELDS_MOST];
	json_t *fields = json_object_get(j->line, "fields"), *value;
	const char *name;
	size_t n = 0;

	json_object_foreach(fields, name, value) if (n < FIELDS_MOST) field[n++] =
	    (struct texts_field){name, text_of(fields, name)};
	j->rc =
	    mail_notice(&clerk, json_string_value(json_object_get(j->line, "letter")),
		id, to, field, n, &j->e);
}

static void *
work(void *arg)
{
	struct job *j = arg;
	struct bytes id = text_of(j->line, "id");
	struct mail_to to = {text_of(j->line, "to"), text_of(j->line, "name"),
	    text_of(j->line, "language")};

	if (json_object_get(j->line, "delivery") != NULL)
		send_delivery(j, id, &to);
	else
		send_notice(j, id, &to);
	return NULL;
}

static void
answer(struct job *j)
{
	json_t *out = json_pack("{s:O, s:s, s:s}", "id", json_object_get(j->line, "id"),
	    "rc", j->rc == 0 ? "" : err_name(j->rc), "text", j->e.text);

	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(out);
	json_decref(j->line);
}

static void
run_all(bool parallel)
{
	static char line[LINE_ROOM];
	static struct job jobs[LINES_MOST];
	static pthread_t threads[LINES_MOST];
	size_t n = 0;

	while (n < LINES_MOST && fgets(line, sizeof(line), stdin) != NULL) {
		struct job *j = &jobs[n];

		*j = (struct job){.rc = 0};
		j->line = json_loads(line, JSON_ALLOW_NUL, NULL);
		if (j->line == NULL) {
			fprintf(stderr, "mail: no JSON\n");
			exit(2);
		}
		if (parallel) {
			pthread_create(&threads[n++], NULL, work, j);
		} else {
			work(j);
			answer(j);
		}
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		answer(&jobs[i]);
	}
}

int
main(int argc, char **argv)
{
	struct err e = {0};

	if (argc < 2)
		return 2;
	arena_init(&clerk.arena, NULL, 0, CONF_ROOM);
	if (clerk_conf_read(argv[1], &clerk.conf, &clerk.arena, &e) != 0 ||
	    mail_open(&clerk.conf, &clerk.mail, &e) != 0) {
		printf("%s\n", e.text);
		arena_fini(&clerk.arena);
		return 1;
	}
	run_all(argc > 2 && strcmp(argv[2], "-p") == 0);
	mail_close(&clerk.mail);
	arena_fini(&clerk.arena);
	return 0;
}
