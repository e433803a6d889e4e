// SPDX-License-Identifier: GPL-2.0-only
/* engine - which engine a machine gets */
#include "lib/vm/engine.h"

#include <string.h>

#include "lib/vm/kvm.h"
#include "lib/vm/qemu.h"

const struct kt_engine *kt_engine_pick(const char *name, struct kt_error *why)
{
	why->msg[0] = why->hint[0] = '\0';
	if (!strcmp(name, kt_engine_kvm.name))
		return &kt_engine_kvm;
	if (strcmp(name, "auto") != 0 || kt_kvm_check(why))
		return &kt_engine_qemu;
	return &kt_engine_kvm;
}
