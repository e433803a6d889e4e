// SPDX-License-Identifier: GPL-2.0-only
/* command - the command line of ktstr-fetch */
#include "tools/fetch/command.h"

static const struct kt_option options[] = {
	{ .name = "source",
	  .letter = 's',
	  .arg = KT_ARG_PATH,
	  .value = "DIR|TARBALL",
	  .excludes = "git ref OPERAND",
	  .help = "take this kernel source tree, or unpack this tarball" },
	{ .name = "no-verify",
	  .help = "check neither signature nor sum of what is fetched" },
	{ .name = "keyring",
	  .arg = KT_ARG_PATH,
	  .value = "FILE",
	  .help = "trust the keys in this file to sign kernels",
	  .excludes = "no-verify" },
	{ .name = "git",
	  .arg = KT_ARG_STRING,
	  .value = "URL",
	  .needs = "ref",
	  .excludes = "OPERAND",
	  .help = "fetch one commit of this git repository" },
	{ .name = "ref",
	  .arg = KT_ARG_STRING,
	  .value = "REF",
	  .needs = "git",
	  .help = "the branch, tag or commit of --git" },
	{ .name = "package",
	  .letter = 'p',
	  .arg = KT_ARG_PATH,
	  .value = "FILE",
	  .repeat = true,
	  .excludes = "source git ref no-verify keyring kconfig OPERAND",
	  .help = "take the kernel in this .deb, .rpm or .pkg.tar.zst, or this "
		  "image" },
	{ .name = "any",
	  .needs = "package",
	  .help = "take it even without sched_ext, or if no guest boots it" },
	{ .name = "force", .letter = 'f', .help = "do not look in the cache" },
	{ .name = "kconfig",
	  .arg = KT_ARG_PATH,
	  .value = "FILE",
	  .help = "find what was built with these further configuration "
		  "lines" },
	{ .name = "keep-tree",
	  .help = "leave the unpacked tree in place after the build" },
	{ 0 },
};

const struct kt_command kt_fetch_command = {
	.name = "ktstr-fetch",
	.summary = "find a kernel's source, a kernel, or its cache entry",
	.operands = "[VERSION]",
	.operand = KT_ARG_VERSION,
	.options = options,
	.max_operands = 1,
};
