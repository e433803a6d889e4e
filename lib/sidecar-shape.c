// SPDX-License-Identifier: GPL-2.0-only
/* sidecar-shape - which members a sidecar has, as ktstr 0.2.2 writes it */
#include "lib/sidecar-shape.h"

#include "lib/sidecar.h"

#define NOWHERE KT_NOWHERE
#define FIELD(key, what, when, where, ...)                                 \
	{                                                                  \
		.name = key, .kind = KT_F_##what, .presence = KT_F_##when, \
		.at = where, ##__VA_ARGS__                                 \
	}
#define FLOAT(key, where) FIELD(key, F64, REQUIRED, where)
#define MAYBE(key, where) FIELD(key, F64, DEFAULT, where)
#define LATER(key, where) FIELD(key, F64, DEFAULT, where, .later = "worst_" key)
#define COUNT(key, where) FIELD(key, U64, REQUIRED, where)
#define SIGNED(key, where) FIELD(key, I64, REQUIRED, where)
#define TEXT(key, where) FIELD(key, STRING, REQUIRED, where)
#define AT(member) offsetof(struct kt_sidecar, member)

static const struct kt_field cgroup_fields[] = {
	COUNT("num_workers", NOWHERE),
	COUNT("num_cpus", NOWHERE),
	FLOAT("avg_off_cpu_pct", NOWHERE),
	FLOAT("min_off_cpu_pct", NOWHERE),
	FLOAT("max_off_cpu_pct", NOWHERE),
	FLOAT("spread", NOWHERE),
	COUNT("max_gap_ms", NOWHERE),
	COUNT("max_gap_cpu", NOWHERE),
	COUNT("total_migrations", NOWHERE),
	MAYBE("migration_ratio", NOWHERE),
	MAYBE("p99_wake_latency_us", NOWHERE),
	MAYBE("median_wake_latency_us", NOWHERE),
	MAYBE("wake_latency_cv", NOWHERE),
	FIELD("total_iterations", U64, DEFAULT, NOWHERE),
	MAYBE("mean_run_delay_us", NOWHERE),
	MAYBE("worst_run_delay_us", NOWHERE),
	FIELD("ext_metrics", F64_MAP, DEFAULT, NOWHERE),
	{ 0 }
};

static const struct kt_field stats_fields[] = {
	FIELD("cgroups", LIST, REQUIRED, NOWHERE, .shape = cgroup_fields),
	COUNT("total_workers", NOWHERE),
	COUNT("total_cpus", NOWHERE),
	COUNT("total_migrations", AT(migrations)),
	FLOAT("worst_spread", AT(spread)),
	COUNT("worst_gap_ms", AT(gap_ms)),
	COUNT("worst_gap_cpu", NOWHERE),
	MAYBE("worst_migration_ratio", AT(migration_ratio)),
	LATER("p99_wake_latency_us", AT(p99_wake_us)),
	LATER("median_wake_latency_us", NOWHERE),
	LATER("wake_latency_cv", AT(wake_cv)),
	FIELD("total_iterations", U64, DEFAULT, AT(iterations)),
	LATER("mean_run_delay_us", AT(mean_delay_us)),
	MAYBE("worst_run_delay_us", AT(worst_delay_us)),
	FIELD("ext_metrics", F64_MAP, DEFAULT, NOWHERE),
	{ 0 }
};

static const struct kt_field event_delta_fields[] = {
	SIGNED("total_fallback", AT(fallback)),
	FLOAT("fallback_rate", NOWHERE),
	SIGNED("max_fallback_burst", NOWHERE),
	SIGNED("total_dispatch_offline", NOWHERE),
	SIGNED("total_dispatch_keep_last", AT(keep_last)),
	FLOAT("keep_last_rate", NOWHERE),
	SIGNED("total_enq_skip_exiting", NOWHERE),
	SIGNED("total_enq_skip_migration_disabled", NOWHERE),
	{ 0 }
};

static const struct kt_field schedstat_fields[] = {
	COUNT("total_run_delay", NOWHERE),
	FLOAT("run_delay_rate", NOWHERE),
	COUNT("total_pcount", NOWHERE),
	COUNT("total_sched_count", NOWHERE),
	FLOAT("sched_count_rate", NOWHERE),
	COUNT("total_yld_count", NOWHERE),
	COUNT("total_sched_goidle", NOWHERE),
	COUNT("total_ttwu_count", NOWHERE),
	COUNT("total_ttwu_local", NOWHERE),
	{ 0 }
};

#undef AT
#define AT(member) offsetof(struct kt_sidecar_callback, member)
static const struct kt_field callback_fields[] = { TEXT("name", AT(name)),
						   COUNT("cnt", AT(calls)),
						   COUNT("nsecs", AT(ns)),
						   FLOAT("nsecs_per_call",
							 AT(ns_per_call)),
						   { 0 } };

#undef AT
#define AT(member) offsetof(struct kt_sidecar_verified, member)
static const struct kt_field verified_fields[] = { TEXT("name", AT(name)),
						   FIELD("verified_insns", U32,
							 REQUIRED, AT(insns)),
						   { 0 } };

#undef AT
#define AT(member) offsetof(struct kt_sidecar_event, member)
static const struct kt_field event_fields[] = {
	COUNT("elapsed_ms", AT(elapsed_ms)),
	TEXT("label", AT(label)),
	FIELD("op_kind", STRING, OPTIONAL, NOWHERE),
	FIELD("detail", STRING, OPTIONAL, NOWHERE),
	FIELD("total_iterations", U64, OPTIONAL, AT(iterations),
	      .seen_at = AT(has_iterations)),
	{ 0 }
};

#undef AT
#define AT(member) offsetof(struct kt_sidecar, member)
static const struct kt_field monitor_fields[] = {
	COUNT("total_samples", NOWHERE),
	FLOAT("max_imbalance_ratio", AT(imbalance)),
	FIELD("max_local_dsq_depth", U32, REQUIRED, AT(dsq_depth)),
	FIELD("stall_detected", BOOL, REQUIRED, AT(stalled)),
	MAYBE("avg_imbalance_ratio", NOWHERE),
	MAYBE("avg_nr_running", NOWHERE),
	MAYBE("avg_local_dsq_depth", NOWHERE),
	FIELD("event_deltas", OBJECT, OPTIONAL, 0, .shape = event_delta_fields),
	FIELD("schedstat_deltas", OBJECT, OPTIONAL, NOWHERE,
	      .shape = schedstat_fields),
	FIELD("prog_stats_deltas", LIST, OPTIONAL, AT(callbacks),
	      .shape = callback_fields,
	      .size = sizeof(struct kt_sidecar_callback)),
	{ 0 }
};

static const struct kt_field kvm_fields[] = {
	FIELD("per_vcpu", VCPUS, REQUIRED, 0), { 0 }
};

const struct kt_field kt_sidecar_shape[] = {
	TEXT("test_name", AT(test)),
	TEXT("topology", AT(topology)),
	TEXT("scheduler", AT(scheduler)),
	FIELD("passed", BOOL, REQUIRED, AT(passed)),
	FIELD("stats", OBJECT, REQUIRED, 0, .shape = stats_fields),
	FIELD("monitor", OBJECT, OPTIONAL, 0, .seen_at = AT(has_monitor),
	      .shape = monitor_fields),
	FIELD("stimulus_events", LIST, REQUIRED, AT(events),
	      .shape = event_fields, .size = sizeof(struct kt_sidecar_event)),
	FIELD("work_type", STRING, DEFAULT, AT(work_type)),
	FIELD("verifier_stats", LIST, DEFAULT, AT(verified),
	      .shape = verified_fields,
	      .size = sizeof(struct kt_sidecar_verified)),
	FIELD("kvm_stats", OBJECT, OPTIONAL, 0, .seen_at = AT(has_kvm),
	      .shape = kvm_fields),
	/* Later versions only. */
	FIELD("skipped", BOOL, DEFAULT, AT(skipped)),
	FIELD("active_flags", STRINGS, OPTIONAL, AT(flags)),
	{ 0 }
};
