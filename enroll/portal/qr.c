/*
 * QR codes: contract in qr.h. libqrencode keeps tables between calls, so one at a time.
 */
#include "enroll/portal/qr.h"

#include <pthread.h>
#include <qrencode.h>
#include <stdio.h>

#include "enroll/portal/page.h"

enum {
	QR_MARGIN = 4,	   /* modules: ISO/IEC 18004 section 6.3.8 */
	QR_RUN_BYTES = 24, /* of a path, for a run of dark modules */
};

/* Each run of dark modules of a row is a rectangle of height 1. */
static size_t
row_draw(const uint8_t *row, int width, int y, char *out)
{
	size_t n = 0;

	for (int x = 0; x < width; x++) {
		int begin = x;

		while (x < width && (row[x] & 1) != 0)
			x++;
		if (x > begin)
			n += (size_t)sprintf(out + n, "M%d %dh%dv1h-%dz",
			    begin + QR_MARGIN, y + QR_MARGIN, x - begin, x - begin);
	}
	return n;
}

static void
code_draw(struct request *r, const char *name, const QRcode *code)
{
	size_t runs = (size_t)(code->width / 2 + 1) * (size_t)code->width, n = 0;
	char *path = arena_alloc(&r->arena, runs * QR_RUN_BYTES);
	const char *size = (const char *)page_format(r, "%s_size", name).p;

	if (path == NULL || size == NULL) {
		r->page.failed = true;
		return;
	}
	for (int y = 0; y < code->width; y++)
		n += row_draw(code->data + y * code->width, code->width, y, path + n);
	page_set(r, name, (struct bytes){(const uint8_t *)path, n});
	page_set(r, size, page_format(r, "%d", code->width + 2 * QR_MARGIN));
}

void
qr_set(struct request *r, const char *name, const char *text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	QRcode *code;

	pthread_mutex_lock(&lock);
	code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	pthread_mutex_unlock(&lock);
	if (code == NULL)
		return;
	code_draw(r, name, code);
	QRcode_free(code);
}
