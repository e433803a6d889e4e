// SPDX-License-Identifier: GPL-2.0-only
/* guest: a job from hello to eof, and what a guest may not say */
#include "lib/vm/guest.h"

#include <stdlib.h>

#include "lib/ctl.h"
#include "lib/xalloc.h"
#include "tests/unit/tap.h"

static const char *const argv[] = { "sh", "-c", "echo a\tb", NULL };
static const char *const env[] = { "A=1", "B=", NULL };
static const struct kt_job job = { .argv = argv, .env = env, .cwd = "/tmp" };
static const struct kt_job sched = { .argv = argv,
				     .attach = true,
				     .join = true };

static void count(const char *text, void *ctx)
{
	int *nr = ctx;

	*nr += !!text[0];
}

static enum kt_status feed(struct kt_guest *g, const char *text, size_t step,
			   struct kt_error *err)
{
	const size_t len = strlen(text);
	enum kt_status st = KT_OK;

	for (size_t at = 0; !st && at < len; at += step)
		st = kt_guest_feed(g, text + at,
				   len - at < step ? len - at : step, err);
	return st;
}

static void test_job(void)
{
	static const char talk[] = "warning\tx\nhello\t1\nnewverb\tz\n"
				   "started\t77\neof\tstderr\t0\n"
				   "exited\t3\neof\tstdout\t12345678901\nbye\n";

	for (size_t step = 1; step < 100; step += 7) {
		struct kt_guest g KT_CLEANUP(kt_guest_release);
		struct kt_error err = { 0 };
		int warned = 0;

		if (kt_guest_init(&g, &job, count, &warned, &err))
			abort();
		ok(!g.out.len, "nothing is said before hello");
		ok(!feed(&g, talk, step, &err) && g.stage == KT_GUEST_ENDED,
		   "a job runs to its end in steps of %zu", step);
		kt_buf_addc(&g.out, '\0');
		same_str(g.out.data,
			 "env\tA=1\nenv\tB=\ncwd\t/tmp\n"
			 "run\tsh\t-c\techo%20a%09b\n",
			 "the job is told once");
		ok(g.status == 3 && g.has_eof[0] && g.has_eof[1] &&
			   g.eof[0] == 12345678901 && g.eof[1] == 0 &&
			   warned == 1 && g.hello_ns && g.started_ns &&
			   g.ended_ns,
		   "and all of it is known");
	}
}

/* What a guest may say, and where it leaves us. */
static void test_talk(void)
{
	static const struct {
		const char *talk;
		enum kt_status want;
		enum kt_guest_stage stage;
		int status;
	} cases[] = {
		{ "", KT_OK, KT_GUEST_BOOTING, 0 },
		{ "hello\t1", KT_OK, KT_GUEST_BOOTING, 0 },
		{ "hello\t1\n", KT_OK, KT_GUEST_ASKED, 0 },
		{ "hello\t2\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "hello\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "hello\t1\nhello\t1\n", KT_DATA, KT_GUEST_ASKED, 0 },
		{ "started\t1\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "exited\t0\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "eof\tstdout\t0\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "pong\t1\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "failed\t2\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "hello\t1\nexited\t0\n", KT_DATA, KT_GUEST_ASKED, 0 },
		{ "hello\t1\nfailed\t2\tno\n", KT_OK, KT_GUEST_FAILED, 127 },
		{ "hello\t1\nfailed\t13\n", KT_OK, KT_GUEST_FAILED, 126 },
		{ "hello\t1\nfailed\tx\n", KT_DATA, KT_GUEST_ASKED, 0 },
		{ "hello\t1\nstarted\t1\nsignaled\t9\n", KT_OK, KT_GUEST_ENDED,
		  137 },
		{ "hello\t1\nstarted\t1\nsignaled\t65\n", KT_DATA,
		  KT_GUEST_RUNNING, 0 },
		{ "hello\t1\nstarted\t1\nexited\t255\n", KT_OK, KT_GUEST_ENDED,
		  255 },
		{ "hello\t1\nstarted\t1\nexited\t256\n", KT_DATA,
		  KT_GUEST_RUNNING, 0 },
		{ "hello\t1\nstarted\t1\nexited\t-1\n", KT_DATA,
		  KT_GUEST_RUNNING, 0 },
		{ "hello\t1\nstarted\t1\nexited\n", KT_DATA, KT_GUEST_RUNNING,
		  0 },
		{ "hello\t1\nstarted\t1\nexited\t0\nexited\t1\n", KT_DATA,
		  KT_GUEST_ENDED, 0 },
		{ "hello\t1\nstarted\t1\neof\tstdin\t0\n", KT_DATA,
		  KT_GUEST_RUNNING, 0 },
		{ "hello\t1\nstarted\t1\neof\tstdout\t1\neof\tstdout\t1\n",
		  KT_DATA, KT_GUEST_RUNNING, 0 },
		{ "hello\t1\nstarted\t1\neof\tstdout\t99999999999999999999\n",
		  KT_DATA, KT_GUEST_RUNNING, 0 },
		{ "\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "hello\t%zz\n", KT_DATA, KT_GUEST_BOOTING, 0 },
		{ "hello\t1%00\n", KT_DATA, KT_GUEST_BOOTING, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_guest g KT_CLEANUP(kt_guest_release);
		struct kt_error err = { 0 };
		enum kt_status st;

		if (kt_guest_init(&g, &job, NULL, NULL, &err))
			abort();
		st = feed(&g, cases[i].talk, 1000, &err);
		ok(st == cases[i].want && g.stage == cases[i].stage &&
			   g.status == cases[i].status,
		   "case %zu ends as it should", i);
		if (st != cases[i].want)
			printf("# status %d: %s\n", st, err.msg);
	}
}

static void test_bounds(void)
{
	static char block[65536];
	struct kt_guest g KT_CLEANUP(kt_guest_release);
	struct kt_error err = { 0 };
	enum kt_status st = KT_OK;
	size_t fed = 0;
	int warned = 0;

	if (kt_guest_init(&g, &job, count, &warned, &err))
		abort();
	for (int i = 0; i < 1000; i++)
		if (feed(&g, "warning\tx\n", 100, &err))
			abort();
	same_u64((unsigned long long)warned, KT_GUEST_MAX_WARNINGS,
		 "warnings are passed on up to a limit");
	memset(block, 'x', sizeof(block));
	while (!st && fed < 2 * KT_CTL_MAX_LINE) {
		st = kt_guest_feed(&g, block, sizeof(block), &err);
		fed += sizeof(block);
	}
	ok(st == KT_DATA && fed <= KT_CTL_MAX_LINE + sizeof(block),
	   "a line without end is refused at the limit");
}

static void test_long_job(void)
{
	char *word = kt_xcalloc(KT_CTL_MAX_LINE + 1, 1);
	const char *const words[] = { "echo", word, NULL };
	const struct kt_job big = { .argv = words };
	struct kt_error err = { 0 };
	struct kt_guest g;

	memset(word, 'x', KT_CTL_MAX_LINE);
	ok(kt_guest_init(&g, &big, NULL, NULL, &err) == KT_USAGE,
	   "a command that fits into no message is refused");
	free(word);
}

static void test_said(void)
{
	struct kt_guest g KT_CLEANUP(kt_guest_release);
	struct kt_error err = { 0 };

	if (kt_guest_init(&g, &job, NULL, NULL, &err))
		abort();
	kt_guest_stdin_eof(&g, 52428800);
	kt_guest_ping(&g);
	kt_buf_addc(&g.out, '\0');
	same_str(g.out.data, "eof\tstdin\t52428800\nping\t1\n",
		 "eof and ping are words");
	ok(!feed(&g, "pong\t1\n", 99, &err) && g.ponged,
	   "and the answer is heard");
}

/* The answer to a ping may come when the job it was about is over. */
static void test_late_pong(void)
{
	struct kt_guest g KT_CLEANUP(kt_guest_release);
	struct kt_error err = { 0 };

	if (kt_guest_init(&g, &job, NULL, NULL, &err) ||
	    feed(&g, "hello\t1\nstarted\t1\n", 99, &err))
		abort();
	kt_guest_ping(&g);
	if (feed(&g, "exited\t0\neof\tstdout\t0\neof\tstderr\t0\n", 99, &err) ||
	    kt_guest_again(&g, &job, &err))
		abort();
	ok(!feed(&g, "pong\t1\n", 99, &err) && !g.ponged,
	   "an answer that comes late is no error");
	kt_guest_ping(&g);
	ok(!feed(&g, "pong\t1\n", 99, &err) && !feed(&g, "pong\n", 99, &err) &&
		   !g.ponged,
	   "and answers no other ping");
	ok(!feed(&g, "pong\t2\n", 99, &err) && g.ponged,
	   "which has an answer of its own");
}

/* A terminal is asked for before the command, and a shell is one. */
static void test_terminal(void)
{
	static const struct {
		struct kt_job job;
		const char *want;
	} cases[] = {
		{ { .argv = argv, .terminal = true, .cols = 80, .rows = 24 },
		  "terminal\t80\t24\nrun\tsh\t-c\techo%20a%09b\n" },
		{ { .terminal = true, .cols = 65535, .env = env },
		  "env\tA=1\nenv\tB=\nterminal\t65535\t0\nshell\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_guest g KT_CLEANUP(kt_guest_release);
		struct kt_error err = { 0 };

		if (kt_guest_init(&g, &cases[i].job, NULL, NULL, &err) ||
		    feed(&g, "hello\t1\n", 99, &err))
			abort();
		kt_buf_addc(&g.out, '\0');
		same_str(g.out.data, cases[i].want, "a terminal is asked for");
		g.out.len = 0;
		kt_guest_winsize(&g, 132, 50);
		kt_buf_addc(&g.out, '\0');
		same_str(g.out.data, "winsize\t132\t50\n",
			 "and can change its size");
	}
}

static void test_again(void)
{
	struct kt_guest g KT_CLEANUP(kt_guest_release);
	struct kt_error err = { 0 };

	if (kt_guest_init(&g, &job, NULL, NULL, &err))
		abort();
	if (feed(&g,
		 "hello\t1\nstarted\t1\nexited\t3\neof\tstdout\t5\n"
		 "eof\tstderr\t7\n",
		 99, &err))
		abort();
	g.out.len = 0;
	ok(!kt_guest_again(&g, &sched, &err) && g.stage == KT_GUEST_ASKED &&
		   !g.has_eof[0] && !g.has_eof[1] && !g.started_ns &&
		   !g.ended_ns && g.hello_ns,
	   "a second job begins anew");
	kt_guest_signal(&g, 15);
	kt_buf_addc(&g.out, '\0');
	same_str(g.out.data,
		 "attach\njoin\nrun\tsh\t-c\techo%20a%09b\nsignal\t15\n",
		 "that it is a scheduler, and a signal, are words");
	ok(!feed(&g, "started\t2\nattached\tq%1Bmap\n", 99, &err) && g.attached,
	   "and that it has attached is heard");
	same_str(g.ops, "q\\x1bmap", "with a name that is printable");
	ok(feed(&g, "attached\tagain\n", 99, &err) == KT_DATA, "but not twice");
}

static void test_attached(void)
{
	static const char *const talks[] = {
		"hello\t1\nattached\tx\n",
		"hello\t1\nstarted\t1\nexited\t0\nattached\tx\n",
		"attached\tx\n",
	};
	struct kt_error err = { 0 };
	struct kt_guest g;

	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		if (kt_guest_init(&g, &sched, NULL, NULL, &err))
			abort();
		ok(feed(&g, talks[i], 99, &err) == KT_DATA && !g.attached,
		   "nothing attaches out of turn (%zu)", i);
		kt_guest_release(&g);
	}
	if (kt_guest_init(&g, &job, NULL, NULL, &err))
		abort();
	ok(feed(&g, "hello\t1\nstarted\t1\nattached\tx\n", 99, &err) == KT_DATA,
	   "nor does what is no scheduler");
	kt_guest_release(&g);
}

int main(void)
{
	test_job();
	test_talk();
	test_bounds();
	test_long_job();
	test_said();
	test_late_pong();
	test_again();
	test_terminal();
	test_attached();
	return tap_end();
}
