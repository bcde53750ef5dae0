/*
 * Folders of secret files: what is written is whole, private and never replaced;
 * what killed writers leave is taken away, what living ones write is not.
 */
#include "crypto/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

static char path[SCRATCH_MAX];
static struct folder *folder;

static void
plant(const char *name, const char *text)
{
	char file[SCRATCH_MAX + 100];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", path, name);
	if ((f = fopen(file, "w")) != NULL) {
		fputs(text, f);
		fclose(f);
	}
}

static void
test_crypto_folder__files(void)
{
	char file[SCRATCH_MAX + 100];
	struct secret got;
	struct stat st = {0};
	struct err e = {0};

	check(folder_put(folder, "a-1", BYTES("first"), &e) == 1, "crypto_folder__put",
	    "%s", e.text);
	check_int("crypto_folder__put_again",
	    folder_put(folder, "a-1", BYTES("second"), &e), 0);
	check(folder_get(folder, "a-1", &got, &e) == 1 &&
		  bytes_equal(secret_view(&got), BYTES("first")),
	    "crypto_folder__get_first", "got \"%.*s\" (%s)", (int)got.n, (char *)got.p,
	    e.text);
	secret_free(&got);
	snprintf(file, sizeof(file), "%s/a-1", path);
	stat(file, &st);
	check_int("crypto_folder__mode", st.st_mode & 07777, 0600);
	check_int("crypto_folder__no_half_left", scratch_count(path, "."), 0);
	check_int("crypto_folder__get_none", folder_get(folder, "a-2", &got, &e), 0);
	check_int("crypto_folder__rename", folder_rename(folder, "a-1", "a-3", &e), 1);
	check_int(
	    "crypto_folder__rename_none", folder_rename(folder, "a-1", "b", &e), 0);
	check_int("crypto_folder__remove", folder_remove(folder, "a-3", &e), 1);
	check_int("crypto_folder__remove_again", folder_remove(folder, "a-3", &e), 0);
	check_int("crypto_folder__wipe_none", folder_wipe(folder, "a-3", &e), 0);
}

/* A second name shows what is in the file after its own name is gone. */
static void
test_crypto_folder__wipe(void)
{
	char file[SCRATCH_MAX + 100], other[SCRATCH_MAX + 100], text[32] = "";
	struct err e = {0};
	FILE *f;
	size_t n = 0, set = 0;

	folder_put(folder, "key", BYTES("what must be dead"), &e);
	snprintf(file, sizeof(file), "%s/key", path);
	snprintf(other, sizeof(other), "%s/other", path);
	if (link(file, other) != 0)
		return;
	check_int("crypto_folder__wipe", folder_wipe(folder, "key", &e), 1);
	if ((f = fopen(other, "r")) != NULL) {
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
	}
	for (size_t i = 0; i < n; i++)
		set += text[i] != 0;
	check(n == 17 && set == 0, "crypto_folder__wipe_overwrites",
	    "%zu bytes, %zu of them not zero", n, set);
	folder_remove(folder, "other", &e);
}

static void
test_crypto_folder__replace(void)
{
	struct secret got = {0};
	struct err e = {0};

	check_int("crypto_folder__replace_nothing",
	    folder_replace(folder, "crl.number", BYTES("1"), &e), 0);
	check_int("crypto_folder__replace",
	    folder_replace(folder, "crl.number", BYTES("23"), &e), 0);
	check_int("crypto_folder__replaced_is_there",
	    folder_get(folder, "crl.number", &got, &e), 1);
	check(bytes_equal(secret_view(&got), BYTES("23")), "crypto_folder__replaced",
	    "got \"%.*s\"", (int)got.n, (const char *)got.p);
	check_int(
	    "crypto_folder__replace_leaves_nothing", scratch_count(path, ".new-"), 0);
	secret_free(&got);
	folder_remove(folder, "crl.number", &e);
}

static void
test_crypto_folder__refusals(void)
{
	static uint8_t big[FOLDER_FILE_MAX + 1];
	static char long_name[FOLDER_NAME_MAX + 2];
	static const char *const names[] = {
	    "", ".", "..", "../x", "a/b", ".b", ".new-1", "a b", "\xc3\xa4", long_name};
	char longest[FOLDER_NAME_MAX + 1], file[SCRATCH_MAX + 100];
	struct secret got;
	struct err e = {0};
	int refused = 0;

	memset(long_name, 'a', FOLDER_NAME_MAX + 1);
	for (size_t i = 0; i < NITEMS(names); i++)
		refused += folder_put(folder, names[i], BYTES("x"), &e) == ERR_USAGE &&
			   folder_get(folder, names[i], &got, &e) == ERR_USAGE &&
			   folder_remove(folder, names[i], &e) == ERR_USAGE;
	check_int("crypto_folder__names", refused, NITEMS(names));
	memset(longest, 'a', FOLDER_NAME_MAX);
	longest[FOLDER_NAME_MAX] = '\0';
	check_int("crypto_folder__longest_name",
	    folder_put(folder, longest, BYTES("x"), &e), 1);
	folder_remove(folder, longest, &e);
	check_int("crypto_folder__largest_file",
	    folder_put(folder, "big", (struct bytes){big, FOLDER_FILE_MAX}, &e), 1);
	folder_remove(folder, "big", &e);
	check_int("crypto_folder__file_too_large",
	    folder_put(folder, "big", (struct bytes){big, FOLDER_FILE_MAX + 1}, &e),
	    ERR_LIMIT);
	snprintf(file, sizeof(file), "%s/link", path);
	if (symlink("/etc/passwd", file) == 0)
		check_int("crypto_folder__symbolic_link",
		    folder_get(folder, "link", &got, &e), ERR_POLICY);
	folder_remove(folder, "link", &e);
	snprintf(file, sizeof(file), "%s/fifo", path);
	if (mkfifo(file, 0600) == 0)
		check_int("crypto_folder__fifo", folder_get(folder, "fifo", &got, &e),
		    ERR_POLICY);
	folder_remove(folder, "fifo", &e);
}

static void
test_crypto_folder__opening(void)
{
	struct folder *f;
	struct err e = {0};
	char none[SCRATCH_MAX + 100];

	chmod(path, 0750);
	check_int("crypto_folder__mode_0750", folder_open(path, &f, &e), ERR_POLICY);
	check(strstr(e.text, "mode 0750, want 0700") != NULL,
	    "crypto_folder__mode_sentence", "got \"%s\"", e.text);
	chmod(path, 0700);
	snprintf(none, sizeof(none), "%s/none", path);
	check_int("crypto_folder__absent", folder_open(none, &f, &e), ERR_NOT_FOUND);
	plant("none", "x");
	check_int("crypto_folder__a_file", folder_open(none, &f, &e), ERR_POLICY);
	folder_remove(folder, "none", &e);
	check(f == NULL, "crypto_folder__nothing_after_an_error", "got a folder");
}

/* Half-done files go at opening, but not while somebody writes. */
static void
test_crypto_folder__half_done(void)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	struct folder *f;
	struct err e = {0};

	plant(".new-0123", "half");
	plant("whole", "x");
	flock(fd, LOCK_SH); /* a writer at work */
	check(folder_open(path, &f, &e) == 0 && scratch_count(path, ".new-") == 1,
	    "crypto_folder__half_done_of_a_living_writer_stays", "%s, %d left", e.text,
	    scratch_count(path, ".new-"));
	folder_close(&f);
	close(fd); /* dies */
	check(folder_open(path, &f, &e) == 0 && scratch_count(path, ".new-") == 0 &&
		  scratch_count(path, "whole") == 1,
	    "crypto_folder__half_done_of_a_dead_writer_goes", "%s, %d left", e.text,
	    scratch_count(path, ".new-"));
	folder_close(&f);
	folder_remove(folder, "whole", &e);
}

int
main(void)
{
	struct err e = {0};

	scratch_make(path);
	if (folder_open(path, &folder, &e) != 0) {
		printf("not ok crypto_folder: %s\n", e.text);
		return 1;
	}
	test_crypto_folder__files();
	test_crypto_folder__wipe();
	test_crypto_folder__replace();
	test_crypto_folder__refusals();
	test_crypto_folder__opening();
	test_crypto_folder__half_done();
	folder_close(&folder);
	scratch_remove(path);
	return check_done();
}
