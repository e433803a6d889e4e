// SPDX-License-Identifier: GPL-2.0-only
/* session: several commands in one boot, and what ends them */
#include "lib/vm/session.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/helpers/fake-guest.h"
#include "tests/unit/tap.h"

static void finish(const struct guest_ends *e)
{
	guest_say(e, "exited\t0\neof\tstdout\t1\neof\tstderr\t0\n");
}

/* Three jobs: a reader, one that does not read, a scheduler that is stopped. */
static void play_jobs(const struct guest_ends *e)
{
	char got;

	guest_start(e);
	guest_hear(e, "eof\tstdin\t1\n");
	if (read(e->ports[KT_PORT_STDIN], &got, 1) != 1)
		_exit(1);
	guest_put(e->ports[KT_PORT_STDOUT], "1");
	finish(e);
	guest_hear(e, "run");
	guest_say(e, "started\t10\n");
	guest_put(e->ports[KT_PORT_STDOUT], "2");
	finish(e);
	guest_hear(e, "eof\tstdin\t");
	guest_hear(e, "attach");
	guest_hear(e, "run");
	guest_say(e, "started\t11\nattached\tone\n");
	guest_hear(e, "signal\t15");
	guest_hear(e, "signal\t9");
	guest_put(e->ports[KT_PORT_STDERR], "nobody listens");
	guest_put(e->ports[KT_PORT_STDOUT], "3 and more");
	guest_say(e, "signaled\t9\neof\tstdout\t10\neof\tstderr\t14\n");
	pause();
}

/* The first takes too long, the second panics, the third is not reached. */
static void play_bad_jobs(const struct guest_ends *e)
{
	guest_start(e);
	guest_hear(e, "ping");
	guest_say(e, "pong\t1\n");
	guest_hear(e, "signal\t15");
	guest_say(e, "signaled\t15\neof\tstdout\t0\neof\tstderr\t0\n");
	guest_hear(e, "run");
	guest_say(e, "started\t10\n");
	guest_put(e->console, "[1.0] Kernel panic - not syncing: oh\r\n");
}

/* Two that end as their time is up, one of them before its output is here. */
static void play_in_time(const struct guest_ends *e)
{
	guest_start(e);
	guest_hear(e, "ping");
	guest_say(e, "exited\t0\npong\t1\neof\tstdout\t1\n");
	/* Long enough to be stopped, if that were to be. */
	poll(NULL, 0, 300);
	guest_put(e->ports[KT_PORT_STDOUT], "1");
	guest_say(e, "eof\tstderr\t0\n");
	guest_hear(e, "run");
	guest_say(e, "started\t10\n");
	guest_hear(e, "ping");
	guest_put(e->ports[KT_PORT_STDOUT], "2");
	finish(e);
	guest_hear(e, "run");
	guest_say(e, "pong\t2\nstarted\t11\n");
	guest_put(e->ports[KT_PORT_STDOUT], "3");
	finish(e);
	pause();
}

/* A guest that is up later than its command may take. */
static void play_late(const struct guest_ends *e)
{
	poll(NULL, 0, 500);
	play_bad_jobs(e);
}

/* One that says nothing for long, between two that do. */
static void play_idle(const struct guest_ends *e)
{
	guest_start(e);
	for (int i = 0; i < 6; i++) {
		poll(NULL, 0, 100);
		guest_put(e->ports[KT_PORT_STDERR], "x");
	}
	guest_put(e->ports[KT_PORT_STDOUT], "1");
	guest_say(e, "exited\t0\neof\tstdout\t1\neof\tstderr\t6\n");
	guest_hear(e, "run");
	guest_say(e, "started\t10\n");
	guest_put(e->ports[KT_PORT_STDOUT], "2");
	guest_hear(e, "ping");
	guest_say(e, "pong\t1\n");
	guest_hear(e, "signal\t15");
	guest_say(e, "signaled\t15\neof\tstdout\t1\neof\tstderr\t0\n");
	guest_hear(e, "run");
	guest_say(e, "started\t11\n");
	guest_put(e->ports[KT_PORT_STDOUT], "3");
	finish(e);
	pause();
}

/* One that nothing ends. */
static void play_immortal(const struct guest_ends *e)
{
	guest_start(e);
	guest_say(e, "attached\tx\n");
	guest_hear(e, "signal\t9");
	pause();
}

static void play_flood(const struct guest_ends *e)
{
	guest_start(e);
	for (;;)
		guest_put(e->ports[KT_PORT_STDOUT], "0123456789");
}

static void play_no_init(const struct guest_ends *e)
{
	guest_put(e->console, "ktstr-init: cannot open port\r\n");
}

/* Three tasks, of which @scheduler is one; each output in a file. */
static void play(const char *name, guest_play_fn *scene,
		 struct guest_tasks *tasks, int scheduler,
		 struct kt_outcome *got)
{
	static const char *const argv[] = { "x", NULL };
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how = guest_session(
		&vm, &guest_hooks, tasks,
		(struct kt_limits){ .hello_ns = 2 * KT_NS_PER_S,
				    .pong_ns = 2 * KT_NS_PER_S,
				    .linger_ns = 2 * KT_NS_PER_S });

	tasks->nr = 3;
	for (int i = 0; i < 3; i++)
		tasks->task[i] = (struct kt_task){
			.job = { .argv = argv, .attach = i == scheduler },
			.in = pipe_of("i"),
			.out = memfd_create("out", MFD_CLOEXEC),
			.err = -1,
			.keep_out = 1,
			.timeout_ns = tasks->task[i].timeout_ns,
			.after_boot = tasks->task[i].after_boot,
			.idle_ns = tasks->task[i].idle_ns,
			.max_out = tasks->task[i].max_out,
			.grace_ns = 100 * KT_NS_PER_MS,
		};
	guest_boot(scene, KT_VM_RESET, false, &how, &vm);
	ok(!kt_session_run(&how, got, &err), "%s", name);
	guest_close(&how);
}

static void close_tasks(const struct guest_tasks *tasks)
{
	for (int i = 0; i < 3; i++) {
		close(tasks->task[i].in);
		close(tasks->task[i].out);
	}
}

static void test_jobs(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	play("three jobs in one boot", play_jobs, &tasks, 2, &got);
	same_u64(tasks.ended, 3, "each is told when it has ended");
	for (int i = 0; i < 3; i++)
		ok(file_holds(tasks.task[i].out,
			      (const char *[]){ "1", "2", "3" }[i]),
		   "job %d has its own output", i);
	ok(!tasks.got[0].attached && !tasks.got[0].stopped &&
		   tasks.got[0].exit_code == 0,
	   "a job that just ends has not attached");
	same_str(tasks.ops, "one", "sched_ext names the scheduler");
	same_u64(tasks.nr_attached, 2, "its owner was asked until satisfied");
	ok(got.reason == KT_REASON_EXIT && got.attached && got.stopped &&
		   got.exit_code == 137 && !strcmp(got.ops, "one"),
	   "and one that heeds no SIGTERM is killed");
	close_tasks(&tasks);
}

static void test_bad_jobs(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	tasks.task[0].timeout_ns = 100 * KT_NS_PER_MS;
	play("a job that hangs, and one that panics", play_bad_jobs, &tasks, -1,
	     &got);
	same_u64(tasks.ended, 2, "two have ended");
	same_u64(tasks.given, 2, "and the third was not begun");
	ok(tasks.got[0].reason == KT_REASON_TIMEOUT && tasks.got[0].stopped,
	   "the first was stopped at its deadline");
	ok(tasks.up[0] && !tasks.up[1],
	   "the machine is up after the first, and gone after the other");
	ok(tasks.got[1].reason == KT_REASON_PANIC && tasks.got[1].started &&
		   got.reason == KT_REASON_PANIC && got.tail.len,
	   "the panic is the second's, and the session's");
	close_tasks(&tasks);
}

static void test_in_time(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	tasks.task[0].timeout_ns = tasks.task[1].timeout_ns =
		100 * KT_NS_PER_MS;
	play("jobs that end as their time is up", play_in_time, &tasks, -1,
	     &got);
	for (int i = 0; i < 3; i++)
		ok(tasks.got[i].reason == KT_REASON_EXIT &&
			   !tasks.got[i].stopped &&
			   file_holds(tasks.task[i].out,
				      (const char *[]){ "1", "2", "3" }[i]),
		   "job %d has ended, and well", i);
	close_tasks(&tasks);
}

static void test_after_boot(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	tasks.task[0].timeout_ns = 200 * KT_NS_PER_MS;
	tasks.task[0].after_boot = true;
	play("a guest that takes longer than its command may", play_late,
	     &tasks, -1, &got);
	ok(tasks.got[0].reason == KT_REASON_TIMEOUT && tasks.got[0].stopped,
	   "is waited for, and then the command");
	close_tasks(&tasks);
}

static void test_idle(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	for (int i = 0; i < 3; i++)
		tasks.task[i].idle_ns = 400 * KT_NS_PER_MS;
	play("jobs that are to write now and then", play_idle, &tasks, -1,
	     &got);
	ok(tasks.got[0].reason == KT_REASON_EXIT && !tasks.got[0].stopped &&
		   tasks.got[2].reason == KT_REASON_EXIT &&
		   !tasks.got[2].stopped,
	   "may take long if they do");
	ok(tasks.got[1].reason == KT_REASON_TIMEOUT && tasks.got[1].stopped,
	   "and are stopped if they do not");
	same_str(tasks.got[1].why.msg, "the command wrote nothing in 0 s",
		 "which is told");
	close_tasks(&tasks);
}

static void test_immortal(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	play("a job that SIGKILL does not end", play_immortal, &tasks, 0, &got);
	same_str(tasks.ops, "x", "sched_ext names the scheduler");
	ok(tasks.ended == 1 && got.reason == KT_REASON_HANG && got.attached,
	   "is a hang");
	same_str(got.why.msg,
		 "the guest hangs: SIGKILL does not end the command",
		 "which is told");
	close_tasks(&tasks);
}

static void test_flood(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	for (int i = 0; i < 3; i++)
		tasks.task[i].max_out = 1000;
	play("a job that writes more than is wanted", play_flood, &tasks, -1,
	     &got);
	ok(got.reason == KT_REASON_ENGINE_ERROR && tasks.given == 1,
	   "ends the session");
	same_str(got.why.msg, "the guest sent more than 1000 bytes",
		 "which is told");
	close_tasks(&tasks);
}

static void test_no_init(void)
{
	struct kt_outcome got KT_CLEANUP(kt_outcome_release) = { 0 };
	struct guest_tasks tasks = { 0 };

	play("an init that cannot start", play_no_init, &tasks, -1, &got);
	ok(got.reason == KT_REASON_RESET, "is a reset");
	same_str(got.why.msg, "the guest rebooted before its init was ready",
		 "which is told");
	same_str(got.tail.data, "ktstr-init: cannot open port\n",
		 "and so is what it said");
	close_tasks(&tasks);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_jobs();
	test_bad_jobs();
	test_in_time();
	test_after_boot();
	test_idle();
	test_immortal();
	test_flood();
	test_no_init();
	return tap_end();
}
