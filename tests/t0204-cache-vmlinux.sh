#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache add: what is kept of vmlinux
. "${0%/*}/lib.sh"

arch=$(uname -m)
cached=$kernels
export arch cached

# store FILE: put it into the cache as the vmlinux of kernel k
store() {
	export KTSTR_CACHE_DIR="$PWD/cache"
	echo image >image
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"k","vmlinux":"%s"}\n' \
		"$arch" "$PWD/image" "$PWD/$1" | ktstr-cache add >got 2>err
}

# names FILE: value and name of every symbol
names() {
	nm "$1" | sed 's/^\([0-9a-f ]*\) [A-Za-z] /\1 /' | sort
}

# section FILE NAME: the contents of a section
section() {
	objcopy --dump-section "$2=section.bin" "$1" ignored
	cat section.bin
}

# A program with the symbols that are looked for in a kernel, and with .BTF.
kernel() {
	cat >kernel.c <<-\EOF
	int __attribute__((section(".data..percpu"))) runqueues[9] = { 1 };
	unsigned long __per_cpu_offset[64] = { 1 };
	static volatile int prog_idr = 3;
	int init_top_pgt[8];
	static int __attribute__((noinline, used)) do_enqueue_task(int n)
	{
		return n + prog_idr;
	}
	int __attribute__((section(".init.text"))) start_kernel(int n)
	{
		return do_enqueue_task(n);
	}
	void _start(void)
	{
		start_kernel(init_top_pgt[0]);
	}
	EOF
	gcc -g -O1 -static -nostdlib -fno-pic -no-pie -fno-stack-protector \
		-o plain kernel.c "$@"
	case $(od -An -tx1 -j5 -N1 plain) in
	*01*) printf '\237\353\001\000some types' >btf ;;
	*) printf '\353\237\001\000some types' >btf ;;
	esac
	objcopy --add-section .BTF=btf --set-section-flags \
		.BTF=alloc,readonly,data plain vmlinux 2>/dev/null
}

t 'every symbol survives, with its value, functions too' '
	kernel
	store vmlinux
	names vmlinux >want
	names cache/k/vmlinux >have
	same want have
	for s in runqueues __per_cpu_offset prog_idr init_top_pgt \
		do_enqueue_task start_kernel; do
		says " $s" have
	done
	exits 1 grep -q vmlinux_reduced got
	says "\"vmlinux_reduced\": true" cache/k/metadata.json
'

t '.BTF survives byte for byte, debug information and code do not' '
	kernel
	store vmlinux
	section cache/k/vmlinux .BTF >have
	same btf have
	readelf -SW cache/k/vmlinux >sections
	exits 1 grep -q debug sections
	says "NOBITS" sections
	says ".text" sections
	[ "$(wc -c <cache/k/vmlinux)" -lt "$(wc -c <vmlinux)" ]
	readelf -a cache/k/vmlinux >out 2>warnings
	exits 1 grep -vE "no .dynamic section|possibly corrupt ELF header" warnings
'

t 'relocations in the file do no harm' '
	kernel -Wl,--emit-relocs
	readelf -SW vmlinux >sections
	says ".rela." sections
	store vmlinux
	names vmlinux >want
	names cache/k/vmlinux >have
	same want have
	readelf -SW cache/k/vmlinux >sections
	exits 1 grep -q rela sections
'

t 'a kernel without .BTF keeps its symbols' '
	kernel
	store plain
	names plain >want
	names cache/k/vmlinux >have
	same want have
'

t 'one that cannot be reduced is kept whole, and that is said' '
	kernel
	strip plain
	store plain
	same plain cache/k/vmlinux
	says "\"vmlinux_reduced\":false" got
	says "has no symbols" got
	says "vmlinux is cached whole" err
	says "\"vmlinux_reduced\": false" cache/k/metadata.json
	ktstr-cache get k >got
	says "\"vmlinux_reduced\":false,\"vmlinux_note\":\"" got
	echo "not an ELF file" >text
	store text
	same text cache/k/vmlinux
	head -c 3000 vmlinux >short
	store short
	same short cache/k/vmlinux
	printf "junk without its magic" >btf
	objcopy --update-section .BTF=btf vmlinux bad 2>/dev/null
	store bad
	same bad cache/k/vmlinux
	says ".BTF without its magic" got
'

t 'what was reduced once is stored again as it is' '
	kernel
	store vmlinux
	cp cache/k/vmlinux once
	ktstr-cache get k | ktstr-cache add --key again >got
	same once cache/again/vmlinux
'

t 'the cached vmlinux of a real kernel has what is looked for' '
	vmlinux=$(KTSTR_CACHE_DIR=$cached ktstr-cache list |
		sed -n "s/.*\"vmlinux\":\"\([^\"]*\)\".*/\1/p" | head -n 1)
	[ -n "$vmlinux" ] || {
		echo "no kernel with vmlinux in the cache"
		exit 77
	}
	nm "$vmlinux" >have
	for s in runqueues __per_cpu_offset prog_idr schedule; do
		grep -qE "^[0-9a-f]*[1-9a-f][0-9a-f]* [A-Za-z] $s\$" have ||
			{ echo "no $s"; exit 1; }
	done
	section "$vmlinux" .BTF | head -c 2 | od -An -tx1 >magic
	says "9f eb" magic
'

end
