// SPDX-License-Identifier: GPL-2.0-only
/* doctor - cargo ktstr doctor: what this machine has and lacks */
#include "lib/doctor.h"

#include "lib/tool.h"
#include "lib/vm/kvm.h"
#include "lib/xalloc.h"
#include "tools/cargo-ktstr/front.h"

static enum kt_status doctor(const struct kt_args *args KT_UNUSED,
			     struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_doctor what = { .busybox = kt_getenv("KTSTR_BUSYBOX") };
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	struct kt_error no_kvm;
	enum kt_status st;
	size_t lacking;

	kt_front_cargo(&what.cargo);
	kt_tool_dirs(&what.dirs);
	st = kt_tool_bindir(&bindir, err);
	if (st)
		return st;
	what.bindir = bindir;
	if (kt_kvm_check(&no_kvm))
		what.no_kvm = &no_kvm;
	lacking = kt_doctor_report(&what, &text);
	fputs(text.data, stdout);
	if (lacking)
		return kt_fail(err, KT_FAIL,
			       "%zu thing%s needed here %s missing", lacking,
			       lacking == 1 ? "" : "s",
			       lacking == 1 ? "is" : "are");
	return KT_OK;
}

const struct kt_command kt_front_doctor = {
	.name = "doctor",
	.summary = "say what this machine has and lacks",
	.run = doctor,
};
