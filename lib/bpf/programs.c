// SPDX-License-Identifier: GPL-2.0-only
/* programs - the BPF programs of a running guest, from outside */
#include "lib/bpf/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "lib/bpf/func-name.h"
#include "lib/bpf/kernel.h"
#include "lib/xalloc.h"

#define TRIES 3		   /* for what is torn to come together */
#define MAX_TYPE 255	   /* of a program: there are some 33 */
#define MAX_SUBPROGS 256   /* BPF_MAX_SUBPROGS */
#define MAX_INSNS 16777216 /* none that the verifier admits is as long */
#define INSN_BYTES 8

/* A guest at one moment. */
struct view {
	const struct kt_bpf_kernel *k;
	struct kt_kmem km;
	struct kt_percpu cpus;
	uint64_t head; /* the address of prog_idr's xa_head */
	uint32_t base; /* idr_base: the id of index 0 */
};

static void view_release(struct view *v)
{
	kt_percpu_release(&v->cpus);
}

/* What the guest has of one program: copies of its structs. */
struct copy {
	unsigned char prog[KT_BPF_MAX_STRUCT], aux[KT_BPF_MAX_STRUCT];
};

static uint64_t prog_value(const struct view *v, const struct copy *c,
			   enum kt_bpf_field f)
{
	return kt_field_value(&v->k->field[f], c->prog);
}

/* A field this kernel does not have is 0. */
static uint64_t aux_value(const struct view *v, const struct copy *c,
			  enum kt_bpf_field f)
{
	const struct kt_field *field = &v->k->field[f];

	return field->found ? kt_field_value(field, c->aux) : 0;
}

/* As bpf_prog_get_info_by_fd() has it: of all its functions, if it has several. */
static bool read_jited(struct view *v, const struct copy *c, uint32_t *out)
{
	const uint64_t nr = aux_value(v, c, KT_F_AUX_FUNC_CNT);
	const uint64_t funcs = aux_value(v, c, KT_F_AUX_FUNC);
	const struct kt_field *len = &v->k->field[KT_F_PROG_JITED_LEN];
	uint32_t sum = 0;

	if (!nr || !funcs) {
		*out = (uint32_t)prog_value(v, c, KT_F_PROG_JITED_LEN);
		return true;
	}
	if (nr > MAX_SUBPROGS)
		return false;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t func;
		uint32_t its;

		if (!kt_kmem_u64(&v->km, funcs + i * sizeof(func), &func) ||
		    !kt_kmem_u32(&v->km, func + len->at, &its))
			return false;
		sum += its;
	}
	*out = sum;
	return true;
}

static void add(uint64_t *sum, uint64_t val)
{
	if (__builtin_add_overflow(*sum, val, sum))
		*sum = UINT64_MAX;
}

/* False if a CPU's share cannot be read: half a sum is no number. */
static bool read_stats(struct view *v, const struct copy *c,
		       struct kt_bpf_program *p)
{
	const struct kt_field *cnt = &v->k->field[KT_F_STATS_CNT];
	const struct kt_field *nsecs = &v->k->field[KT_F_STATS_NSECS];
	const struct kt_field *misses = &v->k->field[KT_F_STATS_MISSES];
	unsigned char stats[KT_BPF_MAX_STRUCT];
	uint64_t va;

	if (!v->k->field[KT_F_PROG_STATS].found || !cnt->found ||
	    !nsecs->found || !v->cpus.nr)
		return true;
	va = prog_value(v, c, KT_F_PROG_STATS);
	if (!va)
		return true;
	for (size_t i = 0; i < v->cpus.nr; i++) {
		if (!kt_kmem_read(&v->km, va + v->cpus.offset[i], stats,
				  v->k->stats_bytes))
			return false;
		add(&p->run_cnt, kt_field_value(cnt, stats));
		add(&p->run_ns, kt_field_value(nsecs, stats));
		if (misses->found)
			add(&p->missed, kt_field_value(misses, stats));
	}
	p->has_stats = true;
	return true;
}

/* What it implements: the member of the struct by whose number it attaches. */
static void read_member(struct view *v, const struct copy *c,
			struct kt_bpf_program *p)
{
	const struct kt_bpf_kernel *k = v->k;
	const struct kt_symbol *vmlinux = &k->sym[KT_S_BTF_VMLINUX];
	const uint64_t btf = aux_value(v, c, KT_F_AUX_ATTACH_BTF);
	const char *ops, *member;
	uint64_t ours;

	if (p->type != KT_BPF_STRUCT_OPS ||
	    !k->field[KT_F_PROG_ATTACH_TYPE].found ||
	    !k->field[KT_F_AUX_ATTACH_BTF_ID].found)
		return;
	/* The types of a module are not in vmlinux. */
	if (btf && vmlinux->found &&
	    (!kt_kmem_u64(&v->km, kt_kmem_symbol(&v->km, vmlinux), &ours) ||
	     ours != btf))
		return;
	if (!kt_btf_member(k->btf,
			   (uint32_t)aux_value(v, c, KT_F_AUX_ATTACH_BTF_ID),
			   (uint32_t)prog_value(v, c, KT_F_PROG_ATTACH_TYPE),
			   &ops, &member) ||
	    !kt_bpf_name_ok(ops) || !kt_bpf_name_ok(member))
		return;
	snprintf(p->ops, sizeof(p->ops), "%s", ops);
	snprintf(p->member, sizeof(p->member), "%s", member);
}

static void read_func(struct view *v, const struct copy *c,
		      struct kt_bpf_program *p)
{
	struct kt_func_info info = {
		.btf = aux_value(v, c, KT_F_AUX_BTF),
		.funcs = aux_value(v, c, KT_F_AUX_FUNC_INFO),
		.nr = (uint32_t)aux_value(v, c, KT_F_AUX_FUNC_INFO_CNT),
	};

	memcpy(p->func, p->name, sizeof(p->name));
	if (p->name[0])
		kt_func_name(&v->km, v->k, &info, p->name, p->func);
}

/* Copy the structs, and see whether they belong together. */
static bool read_copy(struct view *v, uint64_t va, uint32_t id, struct copy *c)
{
	const struct kt_bpf_kernel *k = v->k;
	uint64_t aux;

	if (!kt_kmem_read(&v->km, va, c->prog, k->prog_bytes))
		return false;
	aux = prog_value(v, c, KT_F_PROG_AUX);
	return kt_kmem_read(&v->km, aux, c->aux, k->aux_bytes) &&
	       aux_value(v, c, KT_F_AUX_PROG) == va &&
	       aux_value(v, c, KT_F_AUX_ID) == id;
}

static bool read_name(const struct view *v, const struct copy *c,
		      char name[KT_BPF_NAME_SIZE])
{
	memcpy(name, c->aux + v->k->field[KT_F_AUX_NAME].at, KT_BPF_NAME_SIZE);
	return !name[KT_BPF_NAME_SIZE - 1] && kt_bpf_name_ok(name);
}

static bool read_program(struct view *v, uint64_t va, uint32_t id,
			 struct kt_bpf_program *out)
{
	struct kt_bpf_program p = { .id = id };
	const struct kt_bpf_kernel *k = v->k;
	struct copy c;
	uint64_t len;

	if (!read_copy(v, va, id, &c) || !read_name(v, &c, p.name))
		return false;
	p.type = (uint32_t)prog_value(v, &c, KT_F_PROG_TYPE);
	len = prog_value(v, &c, KT_F_PROG_LEN);
	if (!p.type || p.type > MAX_TYPE || !len || len > MAX_INSNS)
		return false;
	p.xlated_bytes = (uint32_t)len * INSN_BYTES;
	p.has_verified_insns = k->field[KT_F_AUX_VERIFIED_INSNS].found;
	p.verified_insns = (uint32_t)aux_value(v, &c, KT_F_AUX_VERIFIED_INSNS);
	p.loaded_ns = aux_value(v, &c, KT_F_AUX_LOAD_TIME);
	memcpy(p.tag, c.prog + k->field[KT_F_PROG_TAG].at, sizeof(p.tag));
	if (!read_jited(v, &c, &p.jited_bytes) || !read_stats(v, &c, &p))
		return false;
	read_member(v, &c, &p);
	read_func(v, &c, &p);
	*out = p;
	return true;
}

static uint64_t listed_at(struct view *v, uint64_t index)
{
	uint64_t head;

	if (!kt_kmem_u64(&v->km, v->head, &head))
		return 0;
	return kt_xarray_load(&v->km, &v->k->xarray, head, index);
}

enum found { GOOD, GONE, BAD };

/*
 * Good is what is still listed when it has been read: the kernel takes a
 * program off the list before it frees it.
 */
static enum found read_entry(struct view *v, uint64_t index, uint64_t va,
			     struct kt_bpf_program *out)
{
	const uint64_t id = index + v->base;

	if (id < index || id > INT32_MAX)
		return BAD;
	for (int i = 0; i < TRIES; i++) {
		struct kt_bpf_program p;
		const bool whole = read_program(v, va, (uint32_t)id, &p);
		const uint64_t now = listed_at(v, index);

		if (whole && now == va) {
			*out = p;
			return GOOD;
		}
		if (!now && v->km.reads_left)
			return GONE;
		va = now;
	}
	return BAD;
}

struct entry {
	uint64_t index, va;
};

struct entries {
	size_t nr, cap;
	struct entry *list;
};

static void entries_release(struct entries *e)
{
	free(e->list);
}

static bool note_entry(uint64_t index, uint64_t va, void *ctx)
{
	struct entries *e = ctx;

	if (e->nr == KT_BPF_MAX_PROGRAMS)
		return false;
	if (e->nr == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 64;
		e->list = kt_xrealloc(e->list, e->cap * sizeof(*e->list));
	}
	e->list[e->nr++] = (struct entry){ .index = index, .va = va };
	return true;
}

/* The tree may be changing shape while it is walked. */
static enum kt_xarray_end list_entries(struct view *v, struct entries *e)
{
	enum kt_xarray_end end = KT_XARRAY_TORN;

	for (int i = 0; i < TRIES && end == KT_XARRAY_TORN; i++) {
		uint64_t head, now;

		e->nr = 0;
		if (!kt_kmem_u64(&v->km, v->head, &head))
			break;
		end = kt_xarray_walk(&v->km, &v->k->xarray, head, note_entry,
				     e);
		if (end == KT_XARRAY_ALL &&
		    (!kt_kmem_u64(&v->km, v->head, &now) || now != head))
			end = KT_XARRAY_TORN;
	}
	return end;
}

static enum kt_status view_open(const struct kt_bpf_kernel *k,
				const struct kt_ram *ram, struct view *v,
				struct kt_error *err)
{
	const enum kt_status st = kt_kmem_open(ram, &k->where, &v->km, err);
	const struct kt_field *base = &k->field[KT_F_IDR_BASE];
	uint64_t idr;

	if (st)
		return st;
	v->k = k;
	idr = kt_kmem_symbol(&v->km, &k->sym[KT_S_PROG_IDR]);
	v->head = idr + k->field[KT_F_IDR_HEAD].at;
	if (base->found && !kt_kmem_u32(&v->km, idr + base->at, &v->base))
		return kt_fail(err, KT_DATA, "the guest has no \"prog_idr\"");
	if (!kt_percpu_read(&v->km, &k->where, &v->cpus))
		return kt_hint(err,
			       kt_fail(err, KT_DATA,
				       "the guest has no per-CPU memory"),
			       "its kernel has not come up so far");
	return KT_OK;
}

enum kt_status kt_bpf_programs(const struct kt_bpf_kernel *k,
			       const struct kt_ram *ram,
			       struct kt_bpf_programs *out,
			       struct kt_error *err)
{
	struct view v KT_CLEANUP(view_release) = { 0 };
	struct entries e KT_CLEANUP(entries_release) = { 0 };
	struct kt_bpf_programs progs = { 0 };
	const enum kt_status st = view_open(k, ram, &v, err);
	enum kt_xarray_end end;

	if (st)
		return st;
	end = list_entries(&v, &e);
	progs.list = kt_xcalloc(e.nr ? e.nr : 1, sizeof(*progs.list));
	for (size_t i = 0; i < e.nr; i++)
		switch (read_entry(&v, e.list[i].index, e.list[i].va,
				   &progs.list[progs.nr])) {
		case GOOD:
			progs.nr++;
			break;
		case GONE:
			break;
		case BAD:
			progs.nr_skipped++;
			break;
		}
	progs.cut = end != KT_XARRAY_ALL || !v.km.reads_left;
	*out = progs;
	return KT_OK;
}

void kt_bpf_programs_release(struct kt_bpf_programs *out)
{
	free(out->list);
	*out = (struct kt_bpf_programs){ 0 };
}

const char *kt_bpf_type_name(uint32_t type)
{
	return type > MAX_TYPE ? NULL : libbpf_bpf_prog_type_str(type);
}
