// SPDX-License-Identifier: GPL-2.0-only
/* once: files that do not come do not change how the command ended */
#include "lib/vm/once.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/helpers/fake-guest.h"
#include "tests/unit/tap.h"

static void end_with(const struct guest_ends *e, const char *status)
{
	guest_start(e);
	guest_say(e, status);
	guest_say(e, "eof\tstdout\t0\neof\tstderr\t0\n");
	guest_hear(e, "run\t/init\t--tar\t/x\n");
	guest_say(e, "started\t10\n");
}

static void play_file(const struct guest_ends *e)
{
	end_with(e, "exited\t3\n");
	guest_put(e->ports[KT_PORT_STDOUT], "archive");
	guest_say(e, "exited\t0\neof\tstdout\t7\neof\tstderr\t0\n");
	pause();
}

static void play_refusal(const struct guest_ends *e)
{
	end_with(e, "exited\t3\n");
	guest_say(e, "signaled\t15\neof\tstdout\t0\neof\tstderr\t0\n");
	pause();
}

static void play_reset(const struct guest_ends *e)
{
	end_with(e, "exited\t3\n");
}

static void play_full_output(const struct guest_ends *e)
{
	guest_start(e);
	guest_put(e->ports[KT_PORT_STDOUT], "x");
	pause();
}

static const struct scene {
	const char *name;
	guest_play_fn *play;
	const char *out, *archive; /* files, or NULL for one of its own */
	const char *error;	   /* the session's */
	bool fetching;		   /* as it ended */
	enum kt_reason reason;	   /* settled; without an error, or fetching */
	int exit_code, file;	   /* statuses of the command and of the file */
} scenes[] = {
	{ "a file that comes", play_file, NULL, NULL, NULL, false,
	  KT_REASON_EXIT, 3, 0 },
	{ "a file that the guest does not send", play_refusal, NULL, NULL, NULL,
	  false, KT_REASON_EXIT, 3, 143 },
	{ "a guest that ends as it sends a file", play_reset, NULL, NULL, NULL,
	  false, KT_REASON_RESET, -1, -1 },
	{ "a file that there is no room for", play_file, NULL, "/dev/full",
	  "cannot write to the archive of --out: No space left on device", true,
	  KT_REASON_EXIT, 3, -1 },
	{ "output that there is no room for", play_full_output, "/dev/full",
	  NULL, "cannot write to \"it\": No space left on device", false,
	  KT_REASON_EXIT, -1, -1 },
};

static void set_up(const struct scene *sc, const struct kt_out *out,
		   struct kt_once *once)
{
	static const char *const argv[] = { "x", NULL };
	struct kt_error err;

	*once = (struct kt_once){
		.task = { .job = { .argv = argv },
			  .in = -1,
			  .out = open(sc->out ? sc->out : "/dev/null",
				      O_WRONLY | O_CLOEXEC),
			  .out_name = "\"it\"",
			  .err = -1 },
		.outs = out,
		.nr_outs = 1,
	};
	if (kt_once_init(once, "/tmp", &err))
		abort();
	if (!sc->archive)
		return;
	close(once->archives[0]);
	once->archives[0] = open(sc->archive, O_WRONLY | O_CLOEXEC);
}

static void test_scene(const struct scene *sc)
{
	char guest[] = "/x", dir[] = ".", path[] = "./x";
	const struct kt_out out = { .guest = guest, .dir = dir, .path = path };
	struct kt_once once KT_CLEANUP(kt_once_release) = { 0 };
	struct kt_outcome end KT_CLEANUP(kt_outcome_release) = { 0 };
	struct kt_error err = { 0 };
	struct kt_vm vm;
	struct kt_session how =
		guest_session(&vm, &kt_once_hooks, &once, kt_limits_default(1));
	enum kt_status st;

	set_up(sc, &out, &once);
	guest_boot(sc->play, KT_VM_RESET, false, &how, &vm);
	st = kt_session_run(&how, &end, &err);
	ok(!st == !sc->error, "%s: the session ends", sc->name);
	if (sc->error)
		same_str(err.msg, sc->error, "and tells what has failed");
	ok((st && kt_once_is_fetching(&once)) == sc->fetching,
	   "whether that was at a file is known");
	kt_once_settle(&once, &end);
	if (!st || sc->fetching)
		ok(end.reason == sc->reason && end.exit_code == sc->exit_code,
		   "and how the command ended");
	ok(once.statuses[0] == sc->file, "and whether the file came");
	close(once.task.out);
	guest_close(&how);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		test_scene(&scenes[i]);
	return tap_end();
}
