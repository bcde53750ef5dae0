/*
 * What the letters are: a row each (contract in mail_letter.h). Every key of
 * po/LANG/mail.po stands here or in mail_letter_make.c, as a literal or below a prefix
 * that ends with a dot, which tests/lint/lint_texts.py holds against the catalogs.
 */
#include "enroll/clerk/mail_letter_parts.h"

#include "core/utf8.h"

#define TEXT(key)                                                                      \
	{                                                                              \
		BLOCK_TEXT, key, NULL, NULL                                            \
	}
#define FACT(key, field)                                                               \
	{                                                                              \
		BLOCK_FACT, key, field, NULL                                           \
	}
#define WORD(key, field, p)                                                            \
	{                                                                              \
		BLOCK_WORD, key, field, p                                              \
	}
#define BUTTON(key, path)                                                              \
	{                                                                              \
		BLOCK_BUTTON, key, NULL, path                                          \
	}
#define ADDRESS FACT("mail.fact.address", "address")
#define MAILBOX FACT("mail.fact.mailbox", "mailbox")
#define TIME	FACT("mail.fact.time", "time")
#define PORTAL	BUTTON("mail.button.portal", LETTER_PATH_HOME)
#define RENEW	BUTTON("mail.button.renew", LETTER_PATH_RENEW)
#define DELEGATES                                                                      \
	MAILBOX, ADDRESS, FACT("mail.fact.delegates", "delegates"),                    \
	    FACT("mail.fact.by", "by")
#define PIN_STEPS                                                                      \
	TEXT("mail.delivery.step-pin"),                                                \
	    {BLOCK_BUTTON, "mail.delivery.button", "link", LETTER_PATH_LINK},          \
	    TEXT("mail.delivery.step-file"), FACT("mail.fact.file", "file"),           \
	    FACT("mail.fact.pin-until", "until")

/* clang-format off */
static const struct letter letters[] = {
	{"delivery", "address file until link",
	    "mail.delivery.subject", "mail.delivery.title", {
		TEXT("mail.delivery.intro"), PIN_STEPS, TEXT("mail.delivery.later")}},
	{"delivery-mailbox", "address mailbox file until link",
	    "mail.delivery-mailbox.subject", "mail.delivery-mailbox.title", {
		TEXT("mail.delivery-mailbox.intro"), PIN_STEPS,
		TEXT("mail.delivery-mailbox.later"), TEXT("mail.delivery.later")}},
	{"pin-shown", "address time",
	    "mail.pin-shown.subject", "mail.pin-shown.title", {
		TEXT("mail.pin-shown.text"), ADDRESS, TIME, TEXT("mail.not-you"), PORTAL}},
	{"key-fetched", "address time",
	    "mail.key-fetched.subject", "mail.key-fetched.title", {
		TEXT("mail.key-fetched.text"), ADDRESS, TIME, TEXT("mail.not-you"), PORTAL}},
	{"second-factor-set-up", "time",
	    "mail.second-factor-set-up.subject", "mail.second-factor-set-up.title", {
		TEXT("mail.second-factor-set-up.text"), TIME,
		TEXT("mail.second-factor-set-up.not-you")}},
	{"reminder", "address until days",
	    "mail.reminder.subject", "mail.reminder.title", {
		TEXT("mail.reminder.text"), RENEW, ADDRESS,
		FACT("mail.fact.until", "until")}},
	{"reminder-last", "address until",
	    "mail.reminder-last.subject", "mail.reminder-last.title", {
		TEXT("mail.reminder.text"), RENEW, ADDRESS,
		FACT("mail.fact.until", "until")}},
	{"expired", "address",
	    "mail.expired.subject", "mail.expired.title", {
		TEXT("mail.expired.text"), RENEW, ADDRESS}},
	{"revoked", "address time reason",
	    "mail.revoked.subject", "mail.revoked.title", {
		TEXT("mail.revoked.text"), ADDRESS, TIME,
		WORD("mail.fact.reason", "reason", "mail.reason."), PORTAL}},
	{"left", "who address time",
	    "mail.left.subject", "mail.left.title", {
		TEXT("mail.left.text"), ADDRESS, TIME}},
	{"issued", "address",
	    "mail.issued.subject", "mail.issued.title", {
		TEXT("mail.issued.text"), ADDRESS, PORTAL}},
	{"request-failed", "address reason",
	    "mail.request-failed.subject", "mail.request-failed.title", {
		ADDRESS, FACT("mail.fact.reason", "reason"),
		TEXT("mail.request-failed.text"), PORTAL}},
	{"mailbox-enrolled", "mailbox address delegates by",
	    "mail.mailbox-enrolled.subject", "mail.mailbox-enrolled.title", {
		TEXT("mail.mailbox-enrolled.text"), DELEGATES}},
	{"approval-wanted", "mailbox address delegates by",
	    "mail.approval-wanted.subject", "mail.approval-wanted.title", {
		TEXT("mail.approval-wanted.text"), DELEGATES,
		BUTTON("mail.approval-wanted.button", LETTER_PATH_APPROVE)}},
	{"approved", "mailbox address delegates by",
	    "mail.approved.subject", "mail.approved.title", {
		TEXT("mail.approved.text"), DELEGATES}},
	{"refused", "mailbox address reason",
	    "mail.refused.subject", "mail.refused.title", {
		TEXT("mail.refused.text"), MAILBOX, ADDRESS,
		FACT("mail.fact.reason", "reason")}},
};
/* clang-format on */

const struct letter *
letter_find(const char *word)
{
	for (size_t i = 0; i < NITEMS(letters); i++)
		if (strcmp(letters[i].word, word) == 0)
			return &letters[i];
	return NULL;
}

const struct letter *
letter_at(size_t i)
{
	return i < NITEMS(letters) ? &letters[i] : NULL;
}

static bool
is_given(const struct texts_field *fields, size_t n, struct bytes name)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal(bytes_of(fields[i].name), name))
			return true;
	return false;
}

int
letter_check(
    const struct letter *l, const struct texts_field *fields, size_t n, struct err *e)
{
	for (const char *p = l->fields; *p != '\0'; p += strspn(p, " ")) {
		struct bytes name = {(const uint8_t *)p, strcspn(p, " ")};

		if (!is_given(fields, n, name))
			return err_set(e, ERR_USAGE,
			    "the letter \"%s\" wants the field %.*s", l->word,
			    (int)name.n, (const char *)name.p);
		p += name.n;
	}
	return 0;
}

/* --- values -------------------------------------------------------------- */

/* Control characters, line and paragraph separators, and those that turn or hide
 * writing (UAX #9 section 2, zero-width characters): a name must not be able to show
 * another text than it is. */
static bool
is_shown(uint32_t c)
{
	return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
		 (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
		 c == 0x061c || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb));
}

char *
letter_clean(struct bytes in, char *out, size_t cap)
{
	size_t n = 0;

	while (in.n > 0) {
		uint32_t c = 0;
		size_t len = utf8_read(in, &c);
		bool shown = len > 0 && is_shown(c);

		if (n + (shown ? len : 1) >= cap)
			break;
		if (shown)
			memcpy(out + n, in.p, len);
		else
			out[n] = ' ';
		n += shown ? len : 1;
		in.p += len == 0 ? 1 : len;
		in.n -= len == 0 ? 1 : len;
	}
	out[n] = '\0';
	return out;
}
