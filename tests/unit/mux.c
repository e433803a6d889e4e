// SPDX-License-Identifier: GPL-2.0-only
/* mux: four ports on one line, each with its own room, and nothing else there */
#include "lib/mux.h"

#include <stdlib.h>

#include "lib/base64.h"
#include "tests/unit/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 4648, section 10. */
static void test_base64(void)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfb", "//77" },
	};
	static const char *const bad[] = {
		"Zg=",	    "Zg",     "Zh==", "Zm9=", "Z===",  "====",
		"Zg==Zg==", "Zm9v\n", "Zm 9", "-_-_", "Zm9vZ",
	};
	char out[64];
	size_t len;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const size_t want = strlen(cases[i][0]);

		kt_base64_write(cases[i][0], want, out);
		same_str(out, cases[i][1], "bytes as base64");
		ok(kt_base64_read(cases[i][1], strlen(cases[i][1]), out,
				  &len) &&
			   len == want && !memcmp(out, cases[i][0], len),
		   "and back: \"%s\"", cases[i][0]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(!kt_base64_read(bad[i], strlen(bad[i]), out, &len),
		   "%s is no base64", bad[i]);
}

/* Both ends; too large for a stack. */
struct ends {
	struct kt_mux host, guest;
};

/* What @from has for the line goes to @to, at most @max bytes at a time. */
static bool carry(struct kt_mux *from, struct kt_mux *to, size_t max)
{
	const size_t len = from->out_len < max ? from->out_len : max;
	const bool good = kt_mux_feed(to, from->out, len);

	kt_mux_sent(from, len);
	return good;
}

static struct ends *new_ends(unsigned int lacks)
{
	struct ends *e = malloc(sizeof(*e));

	if (!e)
		abort();
	kt_mux_init(&e->host, false, 0);
	kt_mux_init(&e->guest, true, lacks);
	return e;
}

static void test_opening(void)
{
	struct ends *e = new_ends(KT_MUX_NO_DEVICE);
	char noise[10000];

	ok(!kt_mux_room(&e->host, KT_MUX_CONTROL),
	   "the host says nothing before the guest");
	memset(noise, 'x', sizeof(noise));
	ok(kt_mux_feed(&e->host, noise, sizeof(noise)) &&
		   kt_mux_feed(&e->host, "\nSeaBIOS\r\nBooting\tnow ...", 24),
	   "what others wrote before is passed over");
	e->guest.out[e->guest.out_len] = '\0';
	same_str(e->guest.out, "\nserial\t1\tdevice\n", "the guest opens");
	ok(carry(&e->guest, &e->host, 5) && carry(&e->guest, &e->host, 99) &&
		   e->host.open,
	   "and is understood behind the noise");
	same_u64(e->host.lacks, KT_MUX_NO_DEVICE, "also what it lacks");
	ok(kt_mux_room(&e->host, KT_MUX_CONTROL) == KT_MUX_CHUNK &&
		   !kt_mux_room(&e->host, KT_MUX_STDOUT) &&
		   kt_mux_room(&e->guest, KT_MUX_STDOUT) &&
		   !kt_mux_room(&e->guest, KT_MUX_STDIN),
	   "each side sends to the ports that are its own");
	free(e);
}

/* What one end has is at the other; what is not taken fills the window. */
static void test_window(void)
{
	struct ends *e = new_ends(0);
	struct kt_mux *host = &e->host, *guest = &e->guest;
	struct kt_mux_stream *out = &host->stream[KT_MUX_STDOUT];
	char data[KT_MUX_CHUNK];
	size_t put = 0, room;

	memset(data, 'a', sizeof(data));
	while ((room = kt_mux_room(guest, KT_MUX_STDOUT)) > 0) {
		kt_mux_put(guest, KT_MUX_STDOUT, data, room);
		put += room;
		carry(guest, host, sizeof(guest->out));
	}
	same_u64(put, KT_MUX_WINDOW, "a port takes a window");
	same_u64(out->len, KT_MUX_WINDOW, "which all is at the other end");
	kt_mux_put(guest, KT_MUX_STDERR, "e", 1);
	kt_mux_put(guest, KT_MUX_CONTROL, "c", 1);
	carry(guest, host, sizeof(guest->out));
	ok(host->stream[KT_MUX_STDERR].len == 1 &&
		   host->stream[KT_MUX_CONTROL].len == 1,
	   "and does not hold up the others");
	kt_mux_take(host, KT_MUX_STDOUT, KT_MUX_WINDOW / 2 - 1);
	same_u64(host->out_len, 0, "less than half is not worth a word");
	kt_mux_take(host, KT_MUX_STDOUT, 1);
	ok(carry(host, guest, sizeof(host->out)) &&
		   kt_mux_room(guest, KT_MUX_STDOUT),
	   "half of it is");
	kt_mux_take(host, KT_MUX_STDOUT, KT_MUX_WINDOW / 2);
	carry(host, guest, sizeof(host->out));
	same_u64(guest->stream[KT_MUX_STDOUT].credit, KT_MUX_WINDOW,
		 "and all of it is all again");
	free(e);
}

/* How many bytes each way; what they are follows from where they stand. */
static char byte_at(size_t at, int port)
{
	return (char)(at * 7 + (at >> 8) + (size_t)port);
}

struct flow {
	size_t put[KT_MUX_NR], got[KT_MUX_NR];
	bool same;
};

static void push(struct kt_mux *m, struct flow *f, unsigned int dice)
{
	for (int i = 0; i < KT_MUX_NR; i++) {
		const size_t room = kt_mux_room(m, (enum kt_mux_port)i);
		const size_t len = room ? dice % room + 1 : 0;
		char data[KT_MUX_CHUNK];

		for (size_t k = 0; k < len; k++)
			data[k] = byte_at(f->put[i] + k, i);
		if (len)
			kt_mux_put(m, (enum kt_mux_port)i, data, len);
		f->put[i] += len;
	}
}

static void pull(struct kt_mux *m, struct flow *f, unsigned int dice)
{
	for (int i = 0; i < KT_MUX_NR; i++) {
		const struct kt_mux_stream *s = &m->stream[i];
		const size_t len = s->len ? dice % s->len + 1 : 0;

		for (size_t k = 0; k < len; k++)
			f->same &=
				s->buf[s->off + k] == byte_at(f->got[i] + k, i);
		if (len)
			kt_mux_take(m, (enum kt_mux_port)i, len);
		f->got[i] += len;
	}
}

static void test_flow(void)
{
	struct ends *e = new_ends(0);
	struct flow down = { .same = true }, up = { .same = true };
	unsigned int dice = 12345;
	bool good = true;

	for (int i = 0; i < 20000; i++) {
		dice = dice * 1103515245 + 12345;
		push(&e->host, &down, dice >> 8);
		push(&e->guest, &up, dice >> 12);
		good &= carry(&e->host, &e->guest, (dice >> 5) % 700);
		good &= carry(&e->guest, &e->host, (dice >> 3) % 700);
		if (dice & 0x100)
			pull(&e->guest, &down, dice >> 9);
		if (dice & 0x200)
			pull(&e->host, &up, dice >> 10);
	}
	ok(good, "two ends never break the line between them");
	ok(up.same && down.same, "what comes is what was put, in order");
	ok(down.got[KT_MUX_STDIN] > 100000 && up.got[KT_MUX_STDOUT] > 100000 &&
		   up.got[KT_MUX_STDERR] > 100000 &&
		   up.got[KT_MUX_CONTROL] > 100000,
	   "and every port goes on for ever");
	free(e);
}

static void test_broken(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "serial\t2\n", "another protocol" },
		{ "serial\n", "another protocol" },
		{ "serial\t1\nserial\t1\n", "a line that is no message" },
		{ "serial\t1\n\n", "a line that is no message" },
		{ "serial\t1\nlogin: \n", "a line that is no message" },
		{ "serial\t1\ndata\tstdin\t1\tYQ==\n",
		  "data for a port that is not there" },
		{ "serial\t1\ndata\ttty\t1\tYQ==\n",
		  "data for a port that is not there" },
		{ "serial\t1\ndata\tstdout\tYQ==\n",
		  "data for a port that is not there" },
		{ "serial\t1\ndata\tstdout\t0\t%\n",
		  "data of another length than they say" },
		{ "serial\t1\ndata\tstdout\t01\tYQ==\n",
		  "data of another length than they say" },
		{ "serial\t1\ndata\tstdout\t99999999999999999999\tYQ==\n",
		  "data of another length than they say" },
		{ "serial\t1\ndata\tstdout\t4\tYQ==\n",
		  "data of another length than they say" },
		{ "serial\t1\ndata\tstdout\t2\tYQ==\n",
		  "data that are no base64" },
		{ "serial\t1\ndata\tstdout\t1\tYR==\n",
		  "data that are no base64" },
		{ "serial\t1\nmore\tstdin\t1\n",
		  "room for more than was sent" },
		{ "serial\t1\nmore\tstdout\t1\n",
		  "room at a port that is not there" },
		{ "serial\t1\nmore\tstdin\n",
		  "room at a port that is not there" },
		{ "serial\t1\n[    1.2] BUG: x\r\n",
		  "a line that is no message" },
	};
	static const char good[] = "serial\t1\ndata\tstdout\t1\tYQ==\n";
	struct kt_mux *m = malloc(sizeof(*m));
	char noise[KT_MUX_MAX_LINE + 1];

	if (!m)
		abort();
	for (size_t i = 0; i < COUNT(cases); i++) {
		const size_t len = strlen(cases[i].line);

		kt_mux_init(m, false, 0);
		ok(!kt_mux_feed(m, cases[i].line, len), "the line is broken");
		same_str(m->broken, cases[i].why, "and it is said by what");
	}
	kt_mux_init(m, false, 0);
	ok(kt_mux_feed(m, good, strlen(good)) && m->stream[KT_MUX_STDOUT].len,
	   "so would not be what is well");
	memset(noise, 'A', sizeof(noise));
	ok(kt_mux_feed(m, noise, KT_MUX_MAX_LINE) && !kt_mux_feed(m, noise, 1),
	   "a line has an end, or is cut off");
	ok(!kt_mux_feed(m, good, strlen(good)) &&
		   !kt_mux_room(m, KT_MUX_CONTROL),
	   "what is broken stays so");
	free(m);
}

/* A guest that does not heed its window. */
static void test_greedy(void)
{
	struct ends *e = new_ends(0);
	char data[KT_MUX_CHUNK] = "";
	bool good = true;
	size_t nr = 0;

	carry(&e->guest, &e->host, sizeof(e->guest.out));
	while (good && nr < 100) {
		e->guest.stream[KT_MUX_STDOUT].credit = KT_MUX_WINDOW;
		kt_mux_put(&e->guest, KT_MUX_STDOUT, data, sizeof(data));
		good = carry(&e->guest, &e->host, sizeof(e->guest.out));
		nr++;
	}
	ok(!good && e->host.stream[KT_MUX_STDOUT].len <= KT_MUX_WINDOW,
	   "more than the window is refused, and not kept");
	same_str(e->host.broken, "more data than were asked for", "and said");
	free(e);
}

int main(void)
{
	test_base64();
	test_opening();
	test_window();
	test_flow();
	test_broken();
	test_greedy();
	return tap_end();
}
