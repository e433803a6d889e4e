# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/helpers/module.sh - make kernel modules without a kernel tree
#
# A module is a relocatable file with three things the kernel looks at: text
# with its name, licence and vermagic in .modinfo, a struct module to fill in,
# and in that the addresses of the functions to call. How large the struct is,
# and where the two go, is in the BTF of the kernel that is to load it.

# module_facts VMLINUX IMAGE: set $size, $init, $exit and $vermagic, or skip.
module_facts() {
	command -v bpftool >/dev/null || { echo 'no bpftool'; return 77; }
	command -v gcc >/dev/null || { echo 'no gcc'; return 77; }
	bpftool btf dump file "$1" format raw |
		sed -n "/STRUCT 'module' size=/,/^\[/p" >module.btf
	size=$(sed -n "s/.* size=\([0-9]*\) .*/\1/p" module.btf | head -n 1)
	init=$(sed -n "s/.*'init' .*bits_offset=//p" module.btf)
	exit=$(sed -n "s/.*'exit' .*bits_offset=//p" module.btf)
	init=$((init / 8)) exit=$((exit / 8))
	vermagic=$(LC_ALL=C grep -aoE '[0-9]+\.[0-9][ -~]* mod_unload [ -~]*' \
		"$2" | head -n 1)
	if [ "$init" -eq 0 ] || [ "${size:-0}" -le "$init" ] ||
		[ -z "$vermagic" ]; then
		echo 'a kernel without modules'
		return 77
	fi
}

# module NAME RESULT [SYMBOL]: NAME.ko, whose init yields RESULT; it defines
# SYMBOL for others, or, as "!SYMBOL", needs it.
module() {
	{
		echo '.section .modinfo,"a"'
		for word in license=GPL "name=$1" "vermagic=$vermagic"; do
			echo ".asciz \"$word\""
		done
		echo '.section .gnu.linkonce.this_module,"aw"'
		echo "1: .skip 24; .asciz \"$1\""
		echo ".org 1b + $init; .quad init_module"
		[ "$exit" -eq 0 ] || echo ".org 1b + $exit; .quad cleanup_module"
		echo ".org 1b + $size"
		echo '.text'
		echo ".globl init_module, cleanup_module"
		echo "init_module: mov \$$2, %eax; ret"
		echo 'cleanup_module: ret'
		[ -z "${3:-}" ] || echo ".quad ${3#!}"
		echo '.section .note.GNU-stack,"",@progbits'
	} >"$1.s"
	gcc -c -o "$1.ko" "$1.s"
}
