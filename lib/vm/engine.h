/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/vm/engine.h - which engine a machine gets */
#ifndef KT_VM_ENGINE_H
#define KT_VM_ENGINE_H

#include "lib/error.h"
#include "lib/kconfig.h"
#include "lib/record.h"
#include "lib/vm/machine.h"

#define KT_ENGINES "auto kvm qemu"

/*
 * The engine of this name, one of KT_ENGINES. For "auto" that is kvm where
 * the processor runs guests itself, and else qemu. It is qemu, too, for a kernel
 * whose ports come through a virtio console there, but not in kvm: without
 * one, data go through a serial port (lib/mux.h).
 *
 * What a person may want to know is in *why, whose status then is KT_SKIP if
 * it is about this machine, and KT_DATA if it is about the kernel of @rec
 * ("ktstr.kernel/1"). Else it is KT_OK, and the message empty.
 */
const struct kt_engine *kt_engine_pick(const char *name,
				       const struct kt_record *rec,
				       struct kt_error *why);

/*
 * The same, by what is known: *why says if kvm can be used here, and @config,
 * of the kernel, may be NULL.
 */
const struct kt_engine *kt_engine_choose(const char *name,
					 const struct kt_kconfig *config,
					 struct kt_error *why);

/* A line for people; kt_note() and kt_detail() are two. */
typedef void kt_engine_say_fn(const char *fmt, ...) KT_PRINTF(1, 2);

/*
 * The same, saying what there is to say: by @note what is about the kernel, and
 * by @detail what is about this machine.
 */
const struct kt_engine *kt_engine_for(const char *name,
				      const struct kt_record *rec,
				      kt_engine_say_fn *note,
				      kt_engine_say_fn *detail);

#endif
