// SPDX-License-Identifier: GPL-2.0-only
/* doctor: what counts as missing, and what is only noted */
#include "lib/doctor.h"

#include "tests/unit/tap.h"

static const struct kt_error no_kvm = { .status = KT_SKIP,
					.msg = "it is off",
					.hint = "turn it on" };

/* A machine that has nothing, not even a home, but KVM where @why is NULL. */
static size_t report(const struct kt_error *why, struct kt_buf *out)
{
	const struct kt_doctor what = { .cargo = { .path = "/nonexistent" },
					.bindir = "/nonexistent",
					.no_kvm = why };

	return kt_doctor_report(&what, out);
}

int main(void)
{
	struct kt_buf with KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf without KT_CLEANUP(kt_buf_release) = { 0 };
	const size_t lacking = report(NULL, &with);

	ok(strstr(with.data, "ok       /dev/kvm             usable\n"),
	   "KVM that can be used is fine");
	ok(strstr(with.data, "\nnote     qemu-system-x86_64 "),
	   "and QEMU is then not needed");
	same_u64(report(&no_kvm, &without), lacking + 1,
		 "without KVM one thing more is missing");
	ok(strstr(without.data, "\nmissing  qemu-system-x86_64 "),
	   "which is QEMU");
	ok(strstr(without.data, "note     /dev/kvm             it is off\n"),
	   "and why there is no KVM is told");
	ok(strstr(without.data, " hint: turn it on\n"), "with what to do");
	return tap_end();
}
