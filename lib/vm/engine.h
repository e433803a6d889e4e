/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/vm/engine.h - which engine a machine gets */
#ifndef KT_VM_ENGINE_H
#define KT_VM_ENGINE_H

#include "lib/error.h"
#include "lib/vm/machine.h"

#define KT_ENGINES "auto kvm qemu"

/*
 * The engine of this name, one of KT_ENGINES. For "auto" that is kvm where
 * the processor runs guests itself, and else qemu: *why is then the reason,
 * and otherwise its message is empty.
 */
const struct kt_engine *kt_engine_pick(const char *name, struct kt_error *why);

#endif
