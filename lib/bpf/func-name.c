// SPDX-License-Identifier: GPL-2.0-only
/* func-name - what a BPF program's function is really called */
#include "lib/bpf/func-name.h"

#include <stddef.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/btf.h>

bool kt_func_name(struct kt_kmem *km, const struct kt_bpf_kernel *k,
		  const struct kt_func_info *info, const char *name,
		  char out[KT_BPF_FUNC_SIZE])
{
	unsigned char btf[KT_BPF_MAX_STRUCT];
	char func[KT_BPF_FUNC_SIZE];
	uint64_t types, strings, at;
	struct btf_type type;
	uint32_t id;

	for (enum kt_bpf_field f = KT_F_BTF_TYPES; f <= KT_F_BTF_STR_LEN; f++)
		if (!k->field[f].found)
			return false;
	if (!info->btf || !info->funcs || !info->nr ||
	    !kt_kmem_read(km, info->btf, btf, k->btf_bytes))
		return false;
	/* Types on top of others are numbered from where those end. */
	if (k->field[KT_F_BTF_BASE].found &&
	    kt_field_value(&k->field[KT_F_BTF_BASE], btf))
		return false;
	types = kt_field_value(&k->field[KT_F_BTF_TYPES], btf);
	strings = kt_field_value(&k->field[KT_F_BTF_STRINGS], btf);
	if (!kt_kmem_u32(km,
			 info->funcs + offsetof(struct bpf_func_info, type_id),
			 &id) ||
	    id > kt_field_value(&k->field[KT_F_BTF_NR_TYPES], btf) ||
	    !kt_kmem_u64(km, types + id * sizeof(at), &at) ||
	    !kt_kmem_read(km, at, &type, sizeof(type)))
		return false;
	if (BTF_INFO_KIND(type.info) != BTF_KIND_FUNC ||
	    type.name_off >= kt_field_value(&k->field[KT_F_BTF_STR_LEN], btf) ||
	    !kt_kmem_str(km, strings + type.name_off, func, sizeof(func)))
		return false;
	if (strncmp(func, name, strlen(name)) != 0 || !kt_bpf_name_ok(func))
		return false;
	memcpy(out, func, sizeof(func));
	return true;
}
