// SPDX-License-Identifier: GPL-2.0-only
/* kvm - what KVM has counted, averaged over machines */
#include "lib/stats/kvm.h"

#include <string.h>

void kt_kvm_add(struct kt_kvm_sums *s,
		const unsigned __int128 counted[KT_NR_KVM_STATS],
		size_t nr_vcpus)
{
	s->vms++;
	for (size_t i = 0; nr_vcpus && i < KT_NR_KVM_STATS; i++) {
		s->sum[i] += counted[i];
		s->avg[i] += counted[i] / nr_vcpus;
	}
}

enum kt_status kt_kvm_read(const struct kt_record *run, bool *there,
			   unsigned __int128 counted[KT_NR_KVM_STATS],
			   size_t *nr_vcpus, struct kt_error *err)
{
	unsigned __int128 sum[KT_NR_KVM_STATS] = { 0 };
	struct kt_record **cpu = NULL;
	enum kt_status st = KT_OK;
	size_t nr = 0;

	*there = kt_record_has(run, "kvm_stats");
	if (!*there)
		return KT_OK;
	st = kt_record_objectv(run, "kvm_stats", &cpu, &nr, err);
	if (!st && nr != kt_record_array_len(run, "kvm_stats"))
		st = kt_fail(err, KT_DATA, "an element is no object");
	for (size_t i = 0; !st && i < nr * KT_NR_KVM_STATS; i++) {
		const size_t stat = i % KT_NR_KVM_STATS;
		uint64_t n;

		st = kt_record_u64_or(cpu[i / KT_NR_KVM_STATS],
				      kt_sidecar_kvm_name[stat].s, 0, &n, err);
		if (!st)
			sum[stat] += n;
	}
	kt_record_objectv_free(cpu, nr);
	if (st)
		return kt_within(err, st, "\"kvm_stats\"");
	memcpy(counted, sum, sizeof(sum));
	*nr_vcpus = nr;
	return KT_OK;
}

static uint64_t saturated(unsigned __int128 n)
{
	return n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}

void kt_kvm_tally(const struct kt_kvm_sums *s, struct kt_kvm_report *out)
{
	struct kt_kvm_report r = { .vms = s->vms };

	for (size_t i = 0; r.vms && i < KT_NR_KVM_STATS; i++)
		r.avg[i] = saturated(s->avg[i] / r.vms);
	if (s->sum[KT_KVM_POLL_TRIED])
		r.poll_ok_percent = 100 * (double)s->sum[KT_KVM_POLL_OK] /
				    (double)s->sum[KT_KVM_POLL_TRIED];
	r.preemptions = saturated(s->sum[KT_KVM_PREEMPTED]);
	*out = r;
}

struct kt_record *kt_kvm_object(const struct kt_kvm_sums *s)
{
	struct kt_record *rec = kt_record_new(NULL);
	struct kt_kvm_report k;

	kt_kvm_tally(s, &k);
	kt_record_set_u64(rec, "vms", k.vms);
	/* Of polls the part that found work says more. */
	for (size_t i = 0; i < KT_KVM_POLL_OK; i++)
		kt_record_set_u64(rec, kt_sidecar_kvm_name[i].s, k.avg[i]);
	kt_record_set_double(rec, "poll_ok_percent", k.poll_ok_percent);
	kt_record_set_u64(rec, "preemptions", k.preemptions);
	return rec;
}
