/*
 * Mails by GMime 3 (contract in mail_compose.h). GMime's objects count references; each
 * function here gives up its own.
 */
#include "enroll/clerk/mail_compose.h"

#include <gmime/gmime.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/mail_letter.h"

void
compose_init(void)
{
	g_mime_init();
}

void
compose_fini(void)
{
	g_mime_shutdown();
}

int
compose_id(struct bytes what, char out[COMPOSE_ID_SIZE], struct err *e)
{
	char hex[DIGEST_TEXT + 1];

	if (digest_sha256_text(what, hex) != 0)
		return err_set(e, ERR_CRYPTO, "no digest for a Message-ID");
	snprintf(out, COMPOSE_ID_SIZE, "%.*s", COMPOSE_ID_SIZE - 1, hex);
	return 0;
}

/* --- headers ------------------------------------------------------------- */

/*
 * Text for a header. GMime leaves what looks like an encoded word (RFC 2047) alone, and
 * the reader's program would decode it, with whatever stands in it: it is broken up.
 */
static void
clean_header(struct bytes in, char *out, size_t cap)
{
	letter_clean(in, out, cap);
	for (char *p = strstr(out, "=?"); p != NULL; p = strstr(p, "=?"))
		*p = '-';
}

static void
add_mailbox(InternetAddressList *to, struct bytes name, const struct addr *address)
{
	char shown[COMPOSE_NAME_MAX + 1];
	InternetAddress *mailbox;

	clean_header(name, shown, sizeof(shown));
	mailbox =
	    internet_address_mailbox_new(*shown == '\0' ? NULL : shown, address->text);
	internet_address_set_charset(mailbox, "utf-8");
	internet_address_list_add(to, mailbox);
	g_object_unref(mailbox);
}

static void
set_date(GMimeMessage *message, int64_t date)
{
	GDateTime *t = g_date_time_new_from_unix_utc(date);

	if (t == NULL)
		return;
	g_mime_message_set_date(message, t);
	g_date_time_unref(t);
}

static void
set_headers(GMimeMessage *message, const struct compose *mail)
{
	char subject[COMPOSE_SUBJECT_MAX + 1],
	    id[COMPOSE_ID_SIZE + ADDR_DOMAIN_MAX + 2];
	GMimeObject *headers = GMIME_OBJECT(message);

	add_mailbox(g_mime_message_get_from(message), mail->from_name, mail->from);
	add_mailbox(g_mime_message_get_to(message), mail->to_name, mail->to);
	clean_header(bytes_of(mail->subject), subject, sizeof(subject));
	g_mime_message_set_subject(message, subject, "utf-8");
	set_date(message, mail->date);
	snprintf(
	    id, sizeof(id), "%s@%s", mail->id, mail->from->text + mail->from->at + 1);
	g_mime_message_set_message_id(message, id);
	g_mime_object_set_header(headers, "Content-Language", mail->language, NULL);
	/* RFC 3834 section 5, and what Exchange wants: no answers by programs. */
	g_mime_object_set_header(headers, "Auto-Submitted", "auto-generated", NULL);
	g_mime_object_set_header(headers, "X-Auto-Response-Suppress", "All", NULL);
}

/* --- parts --------------------------------------------------------------- */

/* The bytes become the part's content; GMime encodes them when it writes. */
static void
set_content(GMimePart *part, struct bytes content, GMimeContentEncoding encoding)
{
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer((const char *)content.p, content.n);
	GMimeDataWrapper *wrapper =
	    g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, wrapper);
	g_mime_part_set_content_encoding(part, encoding);
	g_object_unref(wrapper);
	g_object_unref(stream);
}

/* Not g_mime_text_part_set_text: it takes the smallest charset that will do, which
 * is not what the HTML says of itself. */
static void
add_text(GMimeMultipart *to, const char *subtype, const char *text)
{
	GMimePart *part = g_mime_part_new_with_type("text", subtype);

	g_mime_object_set_content_type_parameter(
	    GMIME_OBJECT(part), "charset", "utf-8");
	set_content(part, bytes_of(text), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_multipart_add(to, GMIME_OBJECT(part));
	g_object_unref(part);
}

/* text and HTML with the same content: the reader's program takes the one it likes. */
static GMimeMultipart *
alternatives(const struct compose *mail)
{
	GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");

	add_text(both, "plain", mail->text);
	add_text(both, "html", mail->html);
	return both;
}

static void
add_file(GMimeMultipart *to, const struct compose *mail)
{
	const char *slash = strchr(mail->file_type, '/');
	char *type = g_strndup(mail->file_type, (gsize)(slash - mail->file_type));
	GMimePart *part = g_mime_part_new_with_type(type, slash + 1);
	GMimeStream *bytes = g_mime_stream_mem_new_with_buffer(
	    (const char *)mail->file_bytes.p, mail->file_bytes.n);
	GMimeDataWrapper *content =
	    g_mime_data_wrapper_new_with_stream(bytes, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
	g_mime_part_set_filename(part, mail->file);
	g_mime_multipart_add(to, GMIME_OBJECT(part));
	g_object_unref(part);
	g_free(type);
}

static void
set_body(GMimeMessage *message, const struct compose *mail)
{
	GMimeMultipart *texts = alternatives(mail), *all;

	if (mail->file == NULL) {
		g_mime_message_set_mime_part(message, GMIME_OBJECT(texts));
	} else {
		all = g_mime_multipart_new_with_subtype("mixed");
		g_mime_multipart_add(all, GMIME_OBJECT(texts));
		add_file(all, mail);
		g_mime_message_set_mime_part(message, GMIME_OBJECT(all));
		g_object_unref(all);
	}
	g_object_unref(texts);
}

/* --- octets -------------------------------------------------------------- */

static int
write_out(GMimeMessage *message, struct owned *out, struct err *e)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GMimeFormatOptions *options = g_mime_format_options_new();
	GByteArray *octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	int rc;

	g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
	if (g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream) < 0)
		rc = err_set(e, ERR_MEMORY, "no memory for a mail");
	else if (octets->len > MAIL_BYTES_MAX)
		rc = err_set(e, ERR_LIMIT, "a mail of %u bytes, want at most %d",
		    octets->len, MAIL_BYTES_MAX);
	else if ((rc = owned_copy((struct bytes){octets->data, octets->len}, out)) != 0)
		rc = err_set(e, ERR_MEMORY, "no memory for a mail");
	g_mime_format_options_free(options);
	g_object_unref(stream);
	return rc;
}

int
compose_mail(const struct compose *mail, struct owned *out, struct err *e)
{
	GMimeMessage *message;
	int rc;

	*out = (struct owned){NULL, 0};
	if (mail->file_bytes.n > MAIL_PFX_MAX)
		return err_set(e, ERR_LIMIT,
		    "an attachment of %zu bytes, want at most %d", mail->file_bytes.n,
		    MAIL_PFX_MAX);
	message = g_mime_message_new(TRUE);
	set_headers(message, mail);
	set_body(message, mail);
	rc = write_out(message, out, e);
	g_object_unref(message);
	return rc;
}
