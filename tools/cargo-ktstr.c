// SPDX-License-Identifier: GPL-2.0-only
/* cargo-ktstr - the front-end: pipelines of our own tools, and words */
#include "lib/tool.h"

const struct kt_command kt_tool_cargo_ktstr = {
	.name = "cargo-ktstr",
	.summary = "build, cache and boot kernels, and test schedulers in them",
};
