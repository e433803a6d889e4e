// SPDX-License-Identifier: GPL-2.0-only
/* scx - what sched_ext says of itself, in a guest's memory */
#include "lib/bpf/programs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/bpf/kernel.h"

#define TRIES 3

/* How the kernel has called its state, newest first. */
struct state_names {
	enum kt_bpf_symbol var;
	const char *type, *prefix;
};

static const struct state_names states[] = {
	{ KT_S_SCX_STATE, "scx_enable_state", "SCX_" },
	{ KT_S_SCX_STATE_OLD, "scx_ops_enable_state", "SCX_OPS_" },
};

/* SCX_OPS_ENABLED is "enabled" in /sys/kernel/sched_ext/state. */
static void read_state(const struct kt_bpf_kernel *k, struct kt_kmem *km,
		       struct kt_bpf_scx *out)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct state_names *s = &states[i];
		const struct kt_symbol *sym = &k->sym[s->var];
		const size_t len = strlen(s->prefix);
		const char *name;
		uint32_t val;

		if (!sym->found ||
		    !kt_kmem_u32(km, kt_kmem_symbol(km, sym), &val))
			continue;
		name = kt_btf_enumerator(k->btf, s->type, (int32_t)val);
		if (!name || strncmp(name, s->prefix, len) != 0 ||
		    !kt_bpf_name_ok(name))
			continue;
		snprintf(out->state, sizeof(out->state), "%s", name + len);
		for (char *p = out->state; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		return;
	}
}

/* Where the struct sched_ext_ops is that is in force; false if there is none. */
static bool find_ops(const struct kt_bpf_kernel *k, struct kt_kmem *km,
		     uint64_t *va)
{
	const struct kt_symbol *root = &k->sym[KT_S_SCX_ROOT];
	const struct kt_symbol *ops = &k->sym[KT_S_SCX_OPS];
	uint64_t sched;

	if (root->found && k->field[KT_F_SCX_OPS].found) {
		if (!kt_kmem_u64(km, kt_kmem_symbol(km, root), &sched) ||
		    !sched)
			return false;
		*va = sched + k->field[KT_F_SCX_OPS].at;
		return true;
	}
	*va = kt_kmem_symbol(km, ops);
	return ops->found;
}

/* A name that is being written is another one a moment later. */
static void read_ops(const struct kt_bpf_kernel *k, struct kt_kmem *km,
		     struct kt_bpf_scx *out)
{
	const struct kt_field *name = &k->field[KT_F_OPS_NAME];

	if (!name->found || !name->bytes || name->bytes > sizeof(out->ops))
		return;
	for (int i = 0; i < TRIES; i++) {
		char one[KT_BPF_OPS_NAME_SIZE], two[KT_BPF_OPS_NAME_SIZE];
		uint64_t va, again;

		if (!find_ops(k, km, &va) ||
		    !kt_kmem_str(km, va + name->at, one, name->bytes) ||
		    !kt_kmem_str(km, va + name->at, two, name->bytes) ||
		    !find_ops(k, km, &again) || va != again ||
		    strcmp(one, two) != 0 || !kt_bpf_name_ok(one))
			continue;
		memcpy(out->ops, one, strlen(one) + 1);
		return;
	}
}

enum kt_status kt_bpf_scx(const struct kt_bpf_kernel *k,
			  const struct kt_ram *ram, struct kt_bpf_scx *out,
			  struct kt_error *err)
{
	const struct kt_symbol *seq = &k->sym[KT_S_SCX_ENABLE_SEQ];
	struct kt_bpf_scx scx = { 0 };
	struct kt_kmem km;
	enum kt_status st;

	if (!k->field[KT_F_OPS_NAME].found)
		return kt_hint(
			err,
			kt_fail(err, KT_DATA, "this kernel has no sched_ext"),
			"it needs CONFIG_SCHED_CLASS_EXT");
	st = kt_kmem_open(ram, &k->where, &km, err);
	if (st)
		return st;
	read_state(k, &km, &scx);
	read_ops(k, &km, &scx);
	scx.has_enable_seq =
		seq->found &&
		kt_kmem_u64(&km, kt_kmem_symbol(&km, seq), &scx.enable_seq);
	*out = scx;
	return KT_OK;
}
