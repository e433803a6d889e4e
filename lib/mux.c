// SPDX-License-Identifier: GPL-2.0-only
/* mux - the ports of a guest without a virtio console, on one serial line */
#include "lib/mux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/ctl.h"

#define MAX_WORDS 6
#define SHORT_LINE 32 /* all of a line but its base64, and any grant */
#define RESERVE (SHORT_LINE * (size_t)KT_MUX_NR) /* room for grants */

static const char *const names[KT_MUX_NR] = {
	"control",
	"stdin",
	"stdout",
	"stderr",
};

static void write_line(struct kt_mux *m, const char *const *words)
{
	const size_t len = kt_ctl_format(words, m->out + m->out_len,
					 sizeof(m->out) - m->out_len);

	/* Whoever calls has seen that there is room. */
	if (!len)
		abort();
	m->out_len += len;
}

/* An end of line first: who knows what stands there already. */
static void write_opening(struct kt_mux *m, unsigned int lacks)
{
	const char *words[5] = { "serial", KT_MUX_PROTOCOL };
	size_t nr = 2;

	if (lacks & KT_MUX_NO_DRIVER)
		words[nr++] = "driver";
	if (lacks & KT_MUX_NO_DEVICE)
		words[nr++] = "device";
	m->out[m->out_len++] = '\n';
	write_line(m, words);
}

void kt_mux_init(struct kt_mux *m, bool guest, unsigned int lacks)
{
	memset(m, 0, sizeof(*m));
	m->guest = m->open = guest;
	m->lacks = lacks;
	for (int i = 0; i < KT_MUX_NR; i++)
		m->stream[i].credit = KT_MUX_WINDOW;
	if (guest)
		write_opening(m, lacks);
}

/* To control both sides send, to stdin the host, to the others the guest. */
static bool sends(bool guest, enum kt_mux_port port)
{
	return port == KT_MUX_CONTROL || guest == (port != KT_MUX_STDIN);
}

bool kt_mux_sends(const struct kt_mux *m, enum kt_mux_port port)
{
	return sends(m->guest, port);
}

size_t kt_mux_room(const struct kt_mux *m, enum kt_mux_port port)
{
	const size_t used = m->out_len + RESERVE + SHORT_LINE;
	size_t room;

	if (!m->open || m->broken || !sends(m->guest, port) ||
	    used >= sizeof(m->out))
		return 0;
	room = (sizeof(m->out) - used) / 4 * 3;
	if (room > KT_MUX_CHUNK)
		room = KT_MUX_CHUNK;
	return room < m->stream[port].credit ? room : m->stream[port].credit;
}

void kt_mux_put(struct kt_mux *m, enum kt_mux_port port, const char *data,
		size_t len)
{
	char bytes[24], text[KT_BASE64_CHARS(KT_MUX_CHUNK) + 1];
	const char *const words[] = { "data", names[port], bytes, text, NULL };

	snprintf(bytes, sizeof(bytes), "%zu", len);
	kt_base64_write(data, len, text);
	write_line(m, words);
	m->stream[port].credit -= len;
}

/* Not for each byte: half a window is time enough to come for the rest. */
static void grant(struct kt_mux *m)
{
	for (int i = 0; i < KT_MUX_NR; i++) {
		struct kt_mux_stream *s = &m->stream[i];
		char bytes[24];
		const char *const words[] = { "more", names[i], bytes, NULL };

		if (s->owed < KT_MUX_WINDOW / 2 ||
		    sizeof(m->out) - m->out_len < SHORT_LINE)
			continue;
		snprintf(bytes, sizeof(bytes), "%zu", s->owed);
		write_line(m, words);
		s->owed = 0;
	}
}

void kt_mux_take(struct kt_mux *m, enum kt_mux_port port, size_t len)
{
	struct kt_mux_stream *s = &m->stream[port];

	s->off += len;
	s->len -= len;
	s->owed += len;
	grant(m);
}

void kt_mux_sent(struct kt_mux *m, size_t len)
{
	m->out_len -= len;
	memmove(m->out, m->out + len, m->out_len);
	grant(m);
}

/* A decimal number from 1 to @max, as snprintf() writes it; else 0. */
static size_t number(const char *text, size_t max)
{
	size_t val = 0;

	if (*text == '0')
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		val = val * 10 + (size_t)(*text - '0');
		if (val > max)
			return 0;
	}
	return val;
}

/* True if there is such a port; who sends to it is another question. */
static bool find_port(const char *name, enum kt_mux_port *port)
{
	for (int i = 0; i < KT_MUX_NR; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*port = (enum kt_mux_port)i;
		return true;
	}
	return false;
}

/* What is wrong with it, or NULL. */
static const char *on_data(struct kt_mux *m, char **words, size_t nr)
{
	char data[KT_MUX_CHUNK];
	struct kt_mux_stream *s;
	enum kt_mux_port port;
	size_t want, len, chars;

	if (nr != 4 || !find_port(words[1], &port) || !sends(!m->guest, port))
		return "data for a port that is not there";
	s = &m->stream[port];
	want = number(words[2], KT_MUX_CHUNK);
	chars = strlen(words[3]);
	if (!want || chars != KT_BASE64_CHARS(want))
		return "data of another length than they say";
	if (want > KT_MUX_WINDOW - s->len - s->owed)
		return "more data than were asked for";
	if (!kt_base64_read(words[3], chars, data, &len) || len != want)
		return "data that are no base64";
	memmove(s->buf, s->buf + s->off, s->len);
	memcpy(s->buf + s->len, data, len);
	s->off = 0;
	s->len += want;
	return NULL;
}

static const char *on_more(struct kt_mux *m, char **words, size_t nr)
{
	enum kt_mux_port port;
	size_t bytes;

	if (nr != 3 || !find_port(words[1], &port) || !sends(m->guest, port))
		return "room at a port that is not there";
	bytes = number(words[2], KT_MUX_WINDOW - m->stream[port].credit);
	if (!bytes)
		return "room for more than was sent";
	m->stream[port].credit += bytes;
	return NULL;
}

static const char *on_opening(struct kt_mux *m, char **words, size_t nr)
{
	if (nr < 2 || strcmp(words[1], KT_MUX_PROTOCOL) != 0)
		return "another protocol";
	for (size_t i = 2; i < nr; i++) {
		if (!strcmp(words[i], "driver"))
			m->lacks |= KT_MUX_NO_DRIVER;
		if (!strcmp(words[i], "device"))
			m->lacks |= KT_MUX_NO_DEVICE;
	}
	m->open = true;
	return NULL;
}

/* What is wrong with it, or NULL. */
static const char *on_line(struct kt_mux *m)
{
	char *words[MAX_WORDS];
	const size_t nr = kt_ctl_parse(m->line, m->line_len, words, MAX_WORDS);

	if (!m->open)
		return nr && !strcmp(words[0], "serial") ?
			       on_opening(m, words, nr) :
			       NULL;
	if (nr && !strcmp(words[0], "data"))
		return on_data(m, words, nr);
	if (nr && !strcmp(words[0], "more"))
		return on_more(m, words, nr);
	return "a line that is no message";
}

/* Take what is a part of a line, or all of it, less its LF. */
static bool add_to_line(struct kt_mux *m, const char *data, size_t len)
{
	if (len > KT_MUX_MAX_LINE - m->line_len) {
		if (m->open)
			return false;
		m->skipping = true;
	}
	if (m->skipping)
		return true;
	memcpy(m->line + m->line_len, data, len);
	m->line_len += len;
	return true;
}

bool kt_mux_feed(struct kt_mux *m, const char *data, size_t len)
{
	while (!m->broken && len > 0) {
		const char *lf = memchr(data, '\n', len);
		const size_t part = lf ? (size_t)(lf - data) : len;

		if (!add_to_line(m, data, part))
			m->broken = "a line without an end";
		if (!lf || m->broken)
			break;
		if (!m->skipping)
			m->broken = on_line(m);
		m->skipping = false;
		m->line_len = 0;
		data += part + 1;
		len -= part + 1;
	}
	return !m->broken;
}
