// SPDX-License-Identifier: GPL-2.0-only
/* shell - cargo ktstr shell: boot a kernel, for a person or for a command */
#include <termios.h>
#include <unistd.h>

#include "lib/tool.h"
#include "tools/cargo-ktstr/front.h"

#define EXIT_OURS 125 /* as ktstr-vmm has it */

enum { GET, INITRAMFS, VMM };

static const struct kt_borrow borrows[] = {
	[GET] = { .from = &kt_tool_cache, .sub = "get", .names = "" },
	[INITRAMFS] = { .from = &kt_tool_initramfs, .names = "include-files" },
	[VMM] = { .from = &kt_tool_vmm,
		  .names = "engine topology memory-mb boot-timeout timeout "
			   "dmesg env cwd out tty hugepages pin" },
	{ 0 },
};

/*
 * ktstr-vmm leaves the terminal as it was, whatever ends it but SIGKILL, which
 * is also what ends a machine that wants too much memory.
 */
static enum kt_status run(const struct kt_args *args,
			  const struct kt_pipeline *p, struct kt_error *err)
{
	struct termios modes;
	const bool terminal = !tcgetattr(STDIN_FILENO, &modes);
	const enum kt_status st = kt_front_run(args, p, true, err);

	if (terminal && tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSANOW, &modes);
	/* The others are the guest's. */
	if (st)
		kt_tool_exit_with(EXIT_OURS);
	return st;
}

static enum kt_status shell(const struct kt_args *args, struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	if (!kt_args_has(args, "exec") && !kt_args_has(args, "explain") &&
	    !isatty(STDIN_FILENO))
		return kt_hint(
			err,
			kt_fail(err, KT_USAGE, "standard input is no terminal"),
			"without one, say what to run: --exec COMMAND");
	kt_front_stage(p, args, &borrows[GET]);
	if (kt_args_has(args, "kernel")) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, kt_args_str(args, "kernel"));
	}
	kt_front_stage(p, args, &borrows[INITRAMFS]);
	kt_front_pass(p, args, &borrows[INITRAMFS]);
	kt_front_stage(p, args, &borrows[VMM]);
	kt_pipeline_word(p, "--text");
	kt_pipeline_spec(p);
	kt_front_pass(p, args, &borrows[VMM]);
	if (kt_args_has(args, "exec")) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, "sh");
		kt_pipeline_word(p, "-c");
		kt_pipeline_word(p, kt_args_str(args, "exec"));
	}
	return run(args, p, err);
}

static const struct kt_option options[] = {
	{ .name = "exec",
	  .arg = KT_ARG_STRING,
	  .value = "COMMAND",
	  .help = "run this shell command in the guest and exit as it does" },
	{ .name = "kernel",
	  .arg = KT_ARG_KERNEL,
	  .value = "ID",
	  .help = "path, version or cache key of the kernel" },
	{ 0 },
};

const struct kt_command kt_front_shell = {
	.name = "shell",
	.summary = "boot a kernel into a shell, or run a command in it",
	.options = options,
	.borrows = borrows,
	.run = shell,
};
