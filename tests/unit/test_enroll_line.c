/*
 * The protocol between the programs: whatever comes over a socket is answered in one
 * line or not at all, within limits of size, depth, number and time, and leaves
 * nothing in memory.
 */
#include "enroll/line.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include "tests/unit/line_world.h"
#include "tests/unit/memory_scan.h"

enum {
	REQUEST_MAX = 100 * 1000,
	CALLERS = 64,
	CALLS_EACH = 20,
	RANDOM_LINES = 20000
};

static json_t *
answer(const json_t *request, const struct line_peer *peer, void *ctx)
{
	struct bytes call = line_text(request, "call");
	json_t *o = line_ok();

	(void)ctx;
	if (bytes_equal(call, BYTES("nothing"))) {
		json_decref(o);
		return NULL;
	}
	if (bytes_equal(call, BYTES("no"))) {
		json_decref(o);
		return line_refuse("conflict", "not %s", "this\nway");
	}
	if (bytes_equal(call, BYTES("slow")))
		poll(NULL, 0, (int)line_int(request, "ms"));
	line_set_int(o, "pid", peer->pid);
	line_set_int(o, "uid", peer->uid);
	line_set_int(o, "gid", peer->gid);
	line_set_text(o, "text", line_text(request, "text"));
	return o;
}

static struct line_world world = {
    .options = {.max_bytes = REQUEST_MAX, .type_seconds = 1, .idle_seconds = 30}};

/* --- what is no call ---------------------------------------------------------------
 */

static const struct raw_case {
	const char *name;
	struct bytes in;
	const char *want; /* word of the refusal; "" where it is answered */
} raws[] = {
    {"call", BYTES("{\"call\":\"x\"}"), ""},
    {"unknown_fields_reach_the_handler", BYTES("{\"call\":\"x\",\"y\":1}"), ""},
    {"carriage_return", BYTES("{\"call\":\"x\"}\r"), ""},
    {"empty", BYTES(""), "syntax"},
    {"garbage", BYTES("\x80\xff\x01 GET / HTTP/1.1\r"), "syntax"},
    {"list", BYTES("[1,2]"), "syntax"},
    {"number", BYTES("1"), "syntax"},
    {"no_call", BYTES("{}"), "syntax"},
    {"call_is_a_list", BYTES("{\"call\":[]}"), "syntax"},
    {"two_objects", BYTES("{\"call\":\"x\"}{\"call\":\"x\"}"), "syntax"},
    {"same_name_twice", BYTES("{\"call\":\"x\",\"call\":\"y\"}"), "syntax"},
    {"same_name_twice_inside", BYTES("{\"call\":\"x\",\"a\":{\"b\":1,\"b\":1}}"),
	"syntax"},
    {"nul", BYTES("{\"call\":\"x\"}\0"), "syntax"},
    {"nul_in_text", BYTES("{\"call\":\"x\0y\"}"), "syntax"},
    {"escaped_nul", BYTES("{\"call\":\"x\\u0000y\"}"), "syntax"},
    {"half_surrogate", BYTES("{\"call\":\"\\ud800\"}"), "syntax"},
    {"no_utf8", BYTES("{\"call\":\"\xc3\"}"), "syntax"},
    {"huge_number", BYTES("{\"call\":\"x\",\"n\":1e999}"), "syntax"},
    {"number_past_64_bits", BYTES("{\"call\":\"x\",\"n\":9223372036854775808}"),
	"syntax"},
    {"unfinished", BYTES("{\"call\":\"x\""), "syntax"},
    {"deepest", BYTES("{\"call\":\"x\",\"a\":[[[[[[[]]]]]]]}"), ""},
    {"one_deeper", BYTES("{\"call\":\"x\",\"a\":[[[[[[[[]]]]]]]]}"), "limit"},
    {"brackets_in_text", BYTES("{\"call\":\"x\",\"a\":\"[[[[[[\\\"[[[[[[\"}"), ""},
    {"handler_without_answer", BYTES("{\"call\":\"nothing\"}"), "internal"},
    {"refusal", BYTES("{\"call\":\"no\"}"), "conflict"},
};

static void
test_line__raw(void)
{
	int fd = line_world_connect(&world);

	/* All on one connection: a wrong line does not spoil the next one. */
	for (size_t i = 0; i < NITEMS(raws); i++) {
		const struct raw_case *c = &raws[i];
		char name[100];
		json_t *a;

		snprintf(name, sizeof(name), "line__%s", c->name);
		line_world_send(fd, (const char *)c->in.p, c->in.n);
		line_world_send(fd, "\n", 1);
		a = line_world_receive(fd);
		check(a != NULL && line_bool(a, "ok") == (c->want[0] == '\0') &&
			  bytes_equal(line_text(a, "error"), bytes_of(c->want)),
		    name, "got \"%s\", want \"%s\"",
		    a == NULL ? "nothing" : (const char *)line_text(a, "error").p,
		    c->want);
		json_decref(a);
	}
	close(fd);
}

/* Calls with bytes changed at random: each line gets one line, whatever it is. */
static void
test_line__random(void)
{
	int fd = line_world_connect(&world), unanswered = 0;
	unsigned seed = (unsigned)time(NULL);
	const char *given = getenv("SEED");

	seed = given == NULL ? seed : (unsigned)strtoul(given, NULL, 10);
	printf("# random lines of seed %u\n", seed);
	for (int i = 0; i < RANDOM_LINES; i++) {
		const struct raw_case *c = &raws[(size_t)rand_r(&seed) % NITEMS(raws)];
		char text[200];
		json_t *a;

		memcpy(text, c->in.p, c->in.n);
		for (int k = rand_r(&seed) % 4; c->in.n > 0 && k >= 0; k--) {
			char byte = (char)rand_r(&seed);

			text[(size_t)rand_r(&seed) % c->in.n] = byte == '\n' ? 0 : byte;
		}
		text[c->in.n] = '\n';
		line_world_send(fd, text, c->in.n + 1);
		a = line_world_receive(fd);
		unanswered += a == NULL;
		json_decref(a);
	}
	check_int("line__random_lines_are_answered", unanswered, 0);
	close(fd);
}

static void
test_line__refusal_text(void)
{
	int fd = line_world_connect(&world);
	json_t *a;

	line_world_send(fd, "{\"call\":\"no\"}\n", 14);
	a = line_world_receive(fd);
	check(bytes_equal(line_text(a, "text"), BYTES("not this?way")),
	    "line__refusal_in_one_line", "got \"%s\"", line_text(a, "text").p);
	check_int("line__refusal_has_an_id", (long long)line_text(a, "id").n, 12);
	json_decref(a);
	close(fd);
}

static void
test_line__calls_at_once(void)
{
	static const char lines[] = "{\"call\":\"x\",\"text\":\"1\"}\n"
				    "{\"call\":\"x\",\"text\":\"2\"}\n{\"call\":";
	static const char rest[] = "\"x\",\"text\":\"3\"}\n";
	int fd = line_world_connect(&world);
	char got[4] = "";

	line_world_send(fd, lines, sizeof(lines) - 1);
	for (int i = 0; i < 3; i++) {
		json_t *a = line_world_receive(fd);

		if (line_text(a, "text").n == 1)
			strncat(got, (const char *)line_text(a, "text").p, 1);
		json_decref(a);
		if (i == 1)
			line_world_send(fd, rest, sizeof(rest) - 1);
	}
	check_str("line__calls_one_after_the_other", got, "123");
	close(fd);
}

/* --- limits ---------------------------------------------------------------------- */

/* A call of exactly n bytes; the answer's word, "ok" or "closed". */
static void
send_sized(size_t n, char word[20])
{
	static const char head[] = "{\"call\":\"x\",\"pad\":\"", tail[] = "\"}";
	char *text = malloc(n + 1);
	int fd = line_world_connect(&world);
	json_t *a;

	memset(text, 'a', n);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + n - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	text[n] = '\n';
	line_world_send(fd, text, n + 1);
	a = line_world_receive(fd);
	snprintf(word, 20, "%s",
	    a == NULL		 ? "closed"
	    : line_bool(a, "ok") ? "ok"
				 : (const char *)line_text(a, "error").p);
	json_decref(a);
	close(fd);
	free(text);
}

static void
test_line__size(void)
{
	char word[20];

	send_sized(REQUEST_MAX, word);
	check_str("line__longest", word, "ok");
	send_sized(REQUEST_MAX + 1, word);
	check_str("line__one_byte_longer", word, "limit");
	send_sized(20 * REQUEST_MAX, word);
	check_str("line__much_longer", word, "limit");
}

/* Many values cost more than their bytes: [1,1,1...]. */
static void
test_line__values(void)
{
	struct line_world w = {0};
	json_t *fields, *a = NULL;
	struct err e = {0};

	line_world_start(&w, answer);
	for (int more = 0; more < 2; more++) {
		json_t *list = json_array();

		/* The call itself is a value, too. */
		for (int i = 0; i < LINE_MAX_VALUES - 1 + more; i++)
			json_array_append_new(list, json_integer(1));
		fields = json_pack("{s:o}", "list", list);
		line_call(w.path, "x", fields, 20000, &a, &e);
		check_str(more ? "line__one_value_more" : "line__most_values",
		    line_bool(a, "ok") ? "ok" : (const char *)line_text(a, "error").p,
		    more ? "limit" : "ok");
		json_decref(a);
	}
	line_world_stop(&w);
}

/* --- time ------------------------------------------------------------------------ */

static void
test_line__slow(void)
{
	int64_t begin = (int64_t)time(NULL);
	int fd = line_world_connect(&world);
	char c;

	/* A byte now and then must not keep the line open. */
	for (int i = 0; i < 100; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (!line_world_send(fd, "{", 1) || poll(&p, 1, 100) > 0)
			break;
	}
	check(recv(fd, &c, 1, MSG_DONTWAIT) <= 0 && (int64_t)time(NULL) - begin <= 5,
	    "line__slow_line_is_cut_off", "it took %lld s",
	    (long long)((int64_t)time(NULL) - begin));
	close(fd);
}

static void
test_line__idle(void)
{
	struct line_world w = {.options = {.idle_seconds = 1}};
	int fd;
	char c;

	line_world_start(&w, answer);
	fd = line_world_connect(&w);
	check_int("line__idle_client_is_let_go", recv(fd, &c, 1, 0), 0);
	close(fd);
	line_world_stop(&w);
}

static void
test_line__late_answer(void)
{
	json_t *a;
	struct err e = {0};
	int rc =
	    line_call(world.path, "slow", json_pack("{s:i}", "ms", 1500), 200, &a, &e);

	check(rc == ERR_IO && strstr(e.text, "too long") != NULL,
	    "line__client_does_not_wait_for_ever", "got %d %s", rc, e.text);
}

/* --- client ---------------------------------------------------------------------- */

static void
test_line__peer(void)
{
	json_t *a = NULL;
	struct err e = {0};

	check(line_ask(world.path, "x", NULL, 5000, &a, &e) == 0 &&
		  line_int(a, "pid") == getpid() && line_int(a, "uid") == getuid() &&
		  line_int(a, "gid") == getgid(),
	    "line__peer_is_who_it_is", "%s", e.text);
	json_decref(a);
}

static void
test_line__ask_refused(void)
{
	json_t *a = NULL;
	struct err e = {0};

	check_int("line__refusal_is_an_error",
	    line_ask(world.path, "no", NULL, 5000, &a, &e), ERR_POLICY);
	check_str("line__refusal_is_the_sentence", e.text, "not this?way");
	check(a == NULL, "line__no_answer_after_a_refusal", "one is there");
}

static void
test_line__nobody_there(void)
{
	char path[300];
	json_t *a;
	struct err e = {0};

	snprintf(path, sizeof(path), "%.200s/none", world.folder);
	check_int(
	    "line__nobody_there", line_call(path, "x", NULL, 500, &a, &e), ERR_IO);
	check(strstr(e.text, path) != NULL, "line__nobody_there_names_the_socket",
	    "got %s", e.text);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	check_int(
	    "line__path_too_long", line_call(path, "x", NULL, 500, &a, &e), ERR_LIMIT);
}

/* A server that never accepts: connect itself must not wait for ever. */
static void
test_line__full_backlog(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc = 0;
	struct err e = {0};
	json_t *a;

	snprintf(at.sun_path, sizeof(at.sun_path), "%.90s/full", world.folder);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 0) != 0)
		printf("not ok line__full_backlog: %s\n", strerror(errno));
	for (int i = 0; i < 3; i++)
		rc = line_call(at.sun_path, "x", NULL, 100, &a, &e);
	check_int("line__full_backlog", rc, ERR_IO);
	close(fd);
}

/* --- many ------------------------------------------------------------------------ */

static void *
caller(void *arg)
{
	long *wrong = arg;

	for (int i = 0; i < CALLS_EACH; i++) {
		char text[40];
		json_t *a = NULL;
		struct err e = {0};

		snprintf(text, sizeof(text), "%p %d", arg, i);
		if (line_ask(world.path, "x", json_pack("{s:s}", "text", text), 20000,
			&a, &e) != 0 ||
		    !bytes_equal(line_text(a, "text"), bytes_of(text)))
			++*wrong;
		json_decref(a);
	}
	return NULL;
}

static void
test_line__parallel(void)
{
	pthread_t threads[CALLERS];
	long wrong[CALLERS] = {0}, sum = 0;

	for (int i = 0; i < CALLERS; i++)
		pthread_create(&threads[i], NULL, caller, &wrong[i]);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		sum += wrong[i];
	}
	check_int("line__64_callers_get_their_own_answers", sum, 0);
}

/* Two at once are served; the third waits until one goes. */
static void
test_line__max_clients(void)
{
	struct line_world w = {.options = {.max_clients = 2}};
	struct pollfd p = {.events = POLLIN};
	int fd[3];

	line_world_start(&w, answer);
	for (int i = 0; i < 3; i++)
		fd[i] = line_world_connect(&w);
	for (int i = 0; i < 2; i++) {
		line_world_send(fd[i], "{\"call\":\"x\"}\n", 13);
		json_decref(line_world_receive(fd[i]));
	}
	line_world_send(fd[2], "{\"call\":\"x\"}\n", 13);
	p.fd = fd[2];
	check_int("line__third_of_two_waits", poll(&p, 1, 300), 0);
	close(fd[0]);
	check_int("line__third_comes_when_one_goes", poll(&p, 1, 10000), 1);
	close(fd[1]);
	close(fd[2]);
	line_world_stop(&w);
}

/* --- begin and end --------------------------------------------------------------- */

static void *
stop_soon(void *arg)
{
	struct line_world *w = arg;

	poll(NULL, 0, 200);
	line_stop(w->server);
	return NULL;
}

static void
test_line__stop(void)
{
	struct line_world w = {0};
	json_t *a = NULL;
	struct err e = {0};
	pthread_t t;
	int idle;

	line_world_start(&w, answer);
	idle = line_world_connect(&w);
	pthread_create(&t, NULL, stop_soon, &w);
	check_int("line__call_at_work_is_finished",
	    line_ask(w.path, "slow", json_pack("{s:i}", "ms", 800), 5000, &a, &e), 0);
	json_decref(a);
	pthread_join(t, NULL);
	pthread_join(w.thread, NULL);
	check_int("line__serve_ends_well", w.served, 0);
	check_int("line__idle_client_is_closed", recv(idle, &e, 1, 0), 0);
	line_server_free(&w.server);
	close(idle);
	scratch_remove(w.folder);
}

static void
test_line__socket(void)
{
	struct line_world w = {.options = {.mode = 0660}};
	struct line_server *second;
	struct stat st;
	struct err e = {0};
	mode_t mask = umask(0);
	FILE *f;

	line_world_start(&w, answer);
	umask(mask);
	stat(w.path, &st);
	check_int("line__mode_of_the_socket", st.st_mode & 07777, 0660);
	check_int("line__second_server_is_refused",
	    line_listen(&w.options, answer, NULL, &second, &e), ERR_IO);
	line_stop(w.server);
	pthread_join(w.thread, NULL);
	line_server_free(&w.server);
	check_int("line__socket_of_a_dead_one_is_replaced",
	    line_listen(&w.options, answer, NULL, &second, &e), 0);
	line_server_free(&second);
	unlink(w.path);
	if ((f = fopen(w.path, "w")) != NULL)
		fclose(f);
	check_int("line__file_is_not_replaced",
	    line_listen(&w.options, answer, NULL, &second, &e), ERR_IO);
	scratch_remove(w.folder);
}

/* --- secrets --------------------------------------------------------------------- */

/* A PIN that went to the server and back is nowhere in memory afterwards. It stands
 * amid other text: the allocator itself overwrites the ends of what is freed. */
static void
test_line__wiped(void)
{
	/* "canary-7Q3K-XWPM-22VD" masked */
	char masked[] = "\x39\x3b\x34\x3b\x28\x23\x77\x6d\x0b\x69\x11\x77\x02\x0d"
			"\x0a\x17\x77\x68\x68\x0c\x1e";
	size_t n = sizeof(masked) - 1;
	char text[600];
	json_t *fields = json_object(), *a = NULL;
	struct err e = {0};

	memset(text, 'x', sizeof(text));
	memcpy(text + 300, masked, n);
	memory_mask(text + 300, n);
	line_set_text(fields, "text", (struct bytes){(uint8_t *)text, sizeof(text)});
	explicit_bzero(text, sizeof(text));
	check(memory_count(masked, n) > 0, "line__scan_sees_a_secret", "it does not");
	line_ask(world.path, "x", fields, 5000, &a, &e);
	check_int("line__secret_came_back", (long long)line_text(a, "text").n,
	    (long long)sizeof(text));
	json_decref(a);
	/* The server's thread may still be giving its own back. */
	for (int i = 0; i < 100 && memory_count(masked, n) > 0; i++)
		poll(NULL, 0, 50);
	check_int("line__secret_is_wiped", memory_count(masked, n), 0);
}

int
main(void)
{
	line_init();
	line_world_start(&world, answer);
	test_line__raw();
	test_line__random();
	test_line__refusal_text();
	test_line__calls_at_once();
	test_line__size();
	test_line__values();
	test_line__slow();
	test_line__idle();
	test_line__late_answer();
	test_line__peer();
	test_line__ask_refused();
	test_line__nobody_there();
	test_line__full_backlog();
	test_line__parallel();
	test_line__max_clients();
	test_line__stop();
	test_line__socket();
	test_line__wiped();
	line_world_stop(&world);
	return check_done();
}
