/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/sidecar.h - the JSON file a test of the Rust crate leaves beside its run
 *
 * One object per file, *.ktstr.json, as ktstr 0.2.2 writes it; members that
 * later versions renamed are taken under both names. What that version's own
 * reader would refuse is refused here too: a missing or null required member,
 * an integer with a fraction or out of range, NaN, an unpaired surrogate, text
 * behind the object. One thing it refuses is taken: of a member given twice
 * the last one counts, as for most that read JSON. Refused on top are NUL in a
 * string, and names longer than KT_SIDECAR_MAX_NAME, so that what is printed
 * of a file stays in bounds.
 */
#ifndef KT_SIDECAR_H
#define KT_SIDECAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/lex.h"

#define KT_SIDECAR_MAX_BYTES ((size_t)32 << 20) /* of one file */
#define KT_SIDECAR_MAX_NAME 4096		/* bytes of a name in it */
#define KT_SIDECAR_MAX_ITEMS 65536		/* events, programs: of each */

/* The KVM statistics that are reported, in this order. */
enum kt_sidecar_kvm_stat {
	KT_KVM_EXITS,
	KT_KVM_HALT_EXITS,
	KT_KVM_HALT_WAIT_NS,
	KT_KVM_PREEMPTED,
	KT_KVM_SIGNAL_EXITS,
	KT_KVM_HYPERCALLS,
	KT_KVM_POLL_OK,
	KT_KVM_POLL_TRIED,
	KT_NR_KVM_STATS,
};

/* As the kernel has their names; each ends in a NUL, too. */
extern const struct kt_slice kt_sidecar_kvm_name[KT_NR_KVM_STATS];

/* A step the guest reported; iterations are counted from the start. */
struct kt_sidecar_event {
	uint64_t elapsed_ms;
	uint64_t iterations;
	const char *label;
	bool has_iterations;
};

struct kt_sidecar_verified {
	const char *name;
	uint32_t insns;
};

struct kt_sidecar_callback {
	const char *name;
	uint64_t calls, ns;
	double ns_per_call;
};

/* items points at nr of the structs above. */
struct kt_sidecar_list {
	void *items;
	size_t nr, cap;
};

struct kt_sidecar {
	const char *test, *topology, *scheduler, *work_type;
	const char *flags; /* active flags joined by '+', or "" */
	bool passed, skipped;

	double spread, migration_ratio;
	double p99_wake_us, wake_cv, mean_delay_us, worst_delay_us;
	uint64_t gap_ms, migrations, iterations;

	bool has_monitor, stalled;
	double imbalance;
	uint32_t dsq_depth;
	int64_t fallback, keep_last;

	struct kt_sidecar_list events;	  /* kt_sidecar_event */
	struct kt_sidecar_list verified;  /* kt_sidecar_verified */
	struct kt_sidecar_list callbacks; /* kt_sidecar_callback */

	bool has_kvm;
	size_t nr_vcpus;
	unsigned __int128 kvm[KT_NR_KVM_STATS]; /* sums over the vCPUs */
};

/* What parsing needs and keeps from file to file. Not to be shared by threads. */
struct kt_sidecar_parser;

struct kt_sidecar_parser *kt_sidecar_parser_new(void);
void kt_sidecar_parser_free(struct kt_sidecar_parser *parser);

/*
 * Parse @len bytes at @text. KT_OK: *out borrows from @parser until the next
 * call or the end of it. KT_DATA: not a sidecar; the message says where.
 */
enum kt_status kt_sidecar_parse(struct kt_sidecar_parser *parser,
				const char *text, size_t len,
				const struct kt_sidecar **out,
				struct kt_error *err) KT_MUST_CHECK;

#endif
