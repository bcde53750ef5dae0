/*
 * How a letter becomes text and HTML (contract in mail_letter.h): once through its
 * blocks, writing the text and collecting what the template shows. Called by mail.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "enroll/clerk/mail_letter_parts.h"

enum {
	FIELDS_MAX = 24,
	KEY_MAX = 80,
	ARENA_BYTES = 64 * 1024,
};

/* The fields of one letter, cleaned. */
struct values {
	struct texts_field field[FIELDS_MAX];
	size_t n;
	char *shown; /* FIELDS_MAX times LETTER_VALUE_MAX + 1 bytes */
};

static void
values_add(struct values *v, const char *name, struct bytes value)
{
	char *shown = v->shown + v->n * (LETTER_VALUE_MAX + 1);

	letter_clean(value, shown, LETTER_VALUE_MAX + 1);
	v->field[v->n++] = (struct texts_field){name, bytes_of(shown)};
}

static int
values_init(struct values *v, struct bytes name, const struct texts_field *fields,
    size_t n, struct err *e)
{
	*v = (struct values){.n = 0};
	if (n + 2 > FIELDS_MAX)
		return err_set(e, ERR_USAGE,
		    "a letter with %zu fields, want at most %d", n, FIELDS_MAX - 2);
	if ((v->shown = malloc((n + 2) * (LETTER_VALUE_MAX + 1))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a letter");
	values_add(v, "name", name);
	for (size_t i = 0; i < n; i++)
		values_add(v, fields[i].name, fields[i].value);
	return 0;
}

static struct bytes
values_get(const struct values *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->field[i].name, name) == 0)
			return v->field[i].value;
	return (struct bytes){NULL, 0};
}

/* --- making it ----------------------------------------------------------- */

/* One letter at work. Texts live until the end: in strings. */
struct making {
	const struct letter_frame *frame;
	const struct letter *letter;
	const char *language;
	struct values values;
	char *string[LETTER_BLOCKS_MAX * 2 + 8];
	size_t n_strings;
	bool failed;
	FILE *text;
	struct template_data data;
	struct arena arena;
};

/* A filled text of the catalog; "" without memory, which ends the letter. */
static const char *
words(struct making *m, const char *key)
{
	char *s =
	    texts_fill(m->frame->texts, m->language, key, m->values.field, m->values.n);

	if (s == NULL || m->n_strings == NITEMS(m->string)) {
		free(s);
		m->failed = true;
		return "";
	}
	m->string[m->n_strings++] = s;
	return s;
}

static size_t
characters(const char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((uint8_t)p[i] & 0xc0) != 0x80;
	return count;
}

/* A paragraph in lines of at most LETTER_LINE characters, cut at blanks only. */
static void
put_wrapped(FILE *f, const char *p)
{
	size_t column = 0;

	while (*(p += strspn(p, " ")) != '\0') {
		size_t n = strcspn(p, " "), wide = characters(p, n);

		if (column > 0 && column + 1 + wide > LETTER_LINE) {
			fputc('\n', f);
			column = 0;
		} else if (column > 0) {
			fputc(' ', f);
			column++;
		}
		fwrite(p, 1, n, f);
		column += wide;
		p += n;
	}
	fputc('\n', f);
}

static void
put_text(struct making *m, struct template_item *item, const char *text)
{
	put_wrapped(m->text, text);
	fputc('\n', m->text);
	template_set(&m->data, item, "text", bytes_of(text));
}

static void
put_fact(struct making *m, struct template_item *item, const char *label,
    struct bytes value, bool last)
{
	fprintf(m->text, "%s: %.*s\n%s", label, (int)value.n, (const char *)value.p,
	    last ? "\n" : "");
	template_set(&m->data, item, "label", bytes_of(label));
	template_set(&m->data, item, "value", value);
}

/* The link stands on a line of its own, so that nothing cuts or lengthens it. */
static void
put_button(struct making *m, struct template_item *item, const struct block *b)
{
	struct bytes more = {NULL, 0};
	char *url = NULL;

	if (b->field != NULL)
		more = values_get(&m->values, b->field);
	if (m->n_strings == NITEMS(m->string) ||
	    asprintf(&url, "%s%s%.*s", m->frame->portal_url, b->path, (int)more.n,
		(const char *)more.p) < 0) {
		m->failed = true;
		return;
	}
	m->string[m->n_strings++] = url;
	fprintf(m->text, "%s:\n%s\n\n", words(m, b->key), url);
	template_set(&m->data, item, "button", bytes_of(words(m, b->key)));
	template_set(&m->data, item, "url", bytes_of(url + strlen("https://")));
}

/* The text of a word, or the word where nobody gave it one. */
static struct bytes
word_of(struct making *m, const struct block *b)
{
	struct bytes word = values_get(&m->values, b->field);
	char key[KEY_MAX];
	const char *text;

	snprintf(
	    key, sizeof(key), "%s%.*s", b->path, (int)word.n, (const char *)word.p);
	text = texts_get(m->frame->texts, m->language, key);
	return text == key ? word : bytes_of(text);
}

static bool
is_fact(const struct block *b)
{
	return b->key != NULL && (b->kind == BLOCK_FACT || b->kind == BLOCK_WORD);
}

static void
put_block(struct making *m, const struct block *b)
{
	struct template_item *item = template_add(&m->data, &m->data.root, "blocks");

	switch (b->kind) {
	case BLOCK_TEXT:
		put_text(m, item, words(m, b->key));
		break;
	case BLOCK_FACT:
		put_fact(m, item, words(m, b->key), values_get(&m->values, b->field),
		    !is_fact(b + 1));
		break;
	case BLOCK_WORD:
		put_fact(m, item, words(m, b->key), word_of(m, b), !is_fact(b + 1));
		break;
	case BLOCK_BUTTON:
		put_button(m, item, b);
		break;
	}
}

static void
put_footer_line(struct making *m, const char *text)
{
	struct template_item *item = template_add(&m->data, &m->data.root, "footer");

	template_set(&m->data, item, "line", bytes_of(text));
	put_wrapped(m->text, text);
}

static void
put_letter(struct making *m, const char *subject)
{
	bool named = values_get(&m->values, "name").n > 0;
	const char *hello = words(m, named ? "mail.hello" : "mail.hello-nobody");
	const char *title = words(m, m->letter->title);

	template_set(&m->data, &m->data.root, "language", bytes_of(m->language));
	template_set(&m->data, &m->data.root, "subject", bytes_of(subject));
	template_set(&m->data, &m->data.root, "title", bytes_of(title));
	template_set(&m->data, &m->data.root, "hello", bytes_of(hello));
	put_wrapped(m->text, title);
	fputc('\n', m->text);
	put_wrapped(m->text, hello);
	fputc('\n', m->text);
	for (const struct block *b = m->letter->block; b->key != NULL; b++)
		put_block(m, b);
	fputs(
	    "-- \n", m->text); /* what follows is a signature (RFC 3676 section 4.3) */
	put_footer_line(m, words(m, "mail.footer.automatic"));
	put_footer_line(m, words(m, "mail.footer.password"));
	if (m->frame->contact[0] != '\0')
		put_footer_line(m, words(m, "mail.footer.contact"));
}

/* No text of the template itself: it has none. */
static const char *
no_text(void *ctx, const char *key)
{
	(void)ctx;
	return key;
}

static int
render(struct making *m, char **out, struct err *e)
{
	struct html html;
	size_t n = 0;
	int rc;

	html_init(&html, LETTER_HTML_MAX);
	rc = template_render(m->frame->html, &m->data, no_text, NULL, &html);
	html_markup(&html, (struct bytes){(const uint8_t *)"", 1});
	*out = html_take(&html, &n);
	html_fini(&html);
	if (rc != 0 || *out == NULL)
		return err_set(e, rc != 0 ? rc : ERR_MEMORY,
		    "the letter \"%s\" cannot be made", m->letter->word);
	return 0;
}

static int
make(struct making *m, struct letter_made *out, struct err *e)
{
	char *text = NULL;
	size_t n = 0;
	const char *subject;

	if ((m->text = open_memstream(&text, &n)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a letter");
	subject = words(m, m->letter->subject);
	put_letter(m, subject);
	if (fclose(m->text) != 0 || m->failed || n > LETTER_TEXT_MAX) {
		free(text);
		return err_set(e, n > LETTER_TEXT_MAX ? ERR_LIMIT : ERR_MEMORY,
		    "the letter \"%s\" cannot be made", m->letter->word);
	}
	*out = (struct letter_made){.subject = strdup(subject), .text = text};
	if (out->subject == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a letter");
	return render(m, &out->html, e);
}

int
letter_make(const struct letter_frame *frame, const struct letter *l,
    const char *language, struct bytes name, const struct texts_field *fields, size_t n,
    struct letter_made *out, struct err *e)
{
	struct making m = {.frame = frame, .letter = l, .language = language};
	int rc;

	*out = (struct letter_made){NULL, NULL, NULL};
	if ((rc = letter_check(l, fields, n, e)) != 0 ||
	    (rc = values_init(&m.values, name, fields, n, e)) != 0)
		return rc;
	values_add(&m.values, "contact", bytes_of(frame->contact));
	arena_init(&m.arena, NULL, 0, ARENA_BYTES);
	template_data_init(&m.data, &m.arena);
	rc = make(&m, out, e);
	for (size_t i = 0; i < m.n_strings; i++)
		free(m.string[i]);
	free(m.values.shown);
	arena_fini(&m.arena);
	if (rc != 0)
		letter_free(out);
	return rc;
}

void
letter_free(struct letter_made *made)
{
	free(made->subject);
	free(made->text);
	free(made->html);
	*made = (struct letter_made){NULL, NULL, NULL};
}
