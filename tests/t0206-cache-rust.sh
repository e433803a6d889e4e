#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the cache as the Rust ktstr 0.2.2 reads it, and its entries as we do
# shellcheck disable=SC2086
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/cache.sh
. "$top/tests/helpers/cache.sh"
if ! command -v python3 >/dev/null; then
	echo '1..0 # SKIP python3 reads as Rust does, and is not installed'
	exit 0
fi


rust() {
	python3 "$top/tests/helpers/rust-reader.py" cache "$@"
}

# entry KEY BUILT HASH: one that the Rust ktstr wrote
entry() {
	mkdir -p "cache/$1"
	cp image "cache/$1/$image"
	cat >"cache/$1/metadata.json" <<-END
	{
	  "version": "6.14.2",
	  "source": "tarball",
	  "arch": "$arch",
	  "image_name": "$image",
	  "config_hash": "1a2b3c4d",
	  "built_at": "$2",
	  "ktstr_kconfig_hash": $3,
	  "git_hash": null,
	  "git_ref": null,
	  "source_tree_path": null,
	  "vmlinux_name": null,
	  "ktstr_git_hash": "unknown"
	}
	END
}

t 'whatever we store it accepts, of every source, and finds' '
	start
	store a-tarball 2026-01-01T00:00:00Z ",\"source\":\"tarball\",\"version\":\"6.14.2\",\"kconfig_crc32\":\"1a2b3c4d\""
	store b-git 2026-01-02T00:00:00Z ",\"source\":\"git\",\"git_ref\":\"a/b\",\"git_hash\":\"0123456789012345678901234567890123456789\",\"url\":\"x\""
	store c-local 2026-01-03T00:00:00Z ",\"source\":\"local\",\"git_hash\":\"0123456789\",\"tree\":\"/src/linux\""
	store d-package 2026-01-04T00:00:00Z ",\"source\":\"package\",\"verified\":\"pgp\",\"build_ns\":9007199254740991,\"dirty\":true,\"compiler\":\"gcc \\\"\\u00e9\\u0001\\\\\\/\""
	printf "%s ok\n" d-package c-local b-git a-tarball >want
	rust list >got
	same want got
	for key in a-tarball b-git c-local d-package; do
		echo "cache/$key/$image" >want
		rust lookup $key >got
		same want got
	done
	# A fragment of its own does not make it pass ours over.
	echo "cache/d-package/$image" >want
	rust newest 4a386fe9 >got
	same want got
'

t 'our locks and leftovers are no entries to it' '
	start
	store k 2026-01-01T00:00:00Z
	mkdir cache/.tmp-k-1
	[ -e cache/.k.lock ]
	echo "k ok" >want
	rust list >got
	same want got
	ktstr-cache clean --force >got
	rust list >got
	same /dev/null got
'

t 'both list the same entries in the same order' '
	start
	store ours 2026-01-02T00:00:00Z
	entry 6.14.2-tarball-$arch-kc4a386fe9-unknown 2026-01-03T00:00:00Z "\"4a386fe9\""
	entry local-1a2b3c4-$arch-cfg63463074-unknown 2026-01-01T00:00:00Z null
	entry v6.14-git-38fec10-$arch-kc4a386fe9 2026-01-04T00:00:00Z "\"4a386fe9\""
	mkdir cache/bad
	rust list | sed "s/ .*//" >want
	ktstr-cache list | sed "s/.*\"key\":\"\([^\"]*\)\".*/\1/" >got
	same want got
	ktstr-cache get 6.14.2-tarball-$arch-kc4a386fe9-unknown >got
	says "\"version\":\"6.14.2\"" got
	ktstr-cache get 6.14 >got
	says "local-1a2b3c4-$arch-cfg63463074-unknown" got
	# Entries built at one time come in whatever order the directory has.
	ln -s ours cache/zlink
	rust list | sed "s/ .*//" | sort >want
	ktstr-cache list | sed "s/.*\"key\":\"\([^\"]*\)\".*/\1/" | sort >got
	same want got
	ktstr-cache clean --force --keep 5 >got
	[ ! -e cache/bad ]
	[ -e "cache/v6.14-git-38fec10-$arch-kc4a386fe9" ]
'

t 'what it calls corrupt so do we, but for an image that is gone' '
	start
	good="\"source\":\"tarball\",\"arch\":\"$arch\",\"image_name\":\"$image\",\"built_at\":\"x\""
	n=0
	while IFS= read -r json; do
		n=$((n + 1))
		mkdir -p "cache/m$n"
		cp image "cache/m$n/$image"
		printf "%s" "$json" >"cache/m$n/metadata.json"
	done <<-EOF
	{$good}
	{$good,"version":7}
	{$good,"unknown":[{"a":null}]}
	{$good,"git_hash":null} x
	[$good]
	{"source":"tarball"}
	{$good,"ktstr_kconfig_hash":false}
	{$good,}
	{$good,"version":NaN}

	{$good,"version":"6.14"}   
	EOF
	rust list | grep -v " ok$" | sed "s/ .*//" | sort >want
	ktstr-cache list | grep "\"error\"" |
		sed "s/.*\"key\":\"\([^\"]*\)\".*/\1/" | sort >got
	[ "$(wc -l <want)" -ge 7 ]
	same want got
'

t 'a vmlinux of ours has the sections and symbols it reads' '
	start
	command -v gcc >/dev/null || { echo "no gcc"; exit 77; }
	printf "int runqueues = 1, __per_cpu_offset = 2, prog_idr = 3, init_top_pgt = 4, scx_root = 5;\nint main(void) { return runqueues; }\n" |
		gcc -g -xc -c -o part.o -
	# The header of a BTF without types: its strings are one NUL.
	printf ".section .BTF\n.short 0xeb9f\n.byte 1, 0\n.long 24, 0, 0, 0, 1\n.byte 0\n.section .note.GNU-stack\n" |
		gcc -c -xassembler -o btf.o -
	gcc -no-pie -Wl,-z,norelro -o vmlinux part.o btf.o
	store k 2026-01-01T00:00:00Z ",\"vmlinux\":\"$PWD/vmlinux\""
	rust symbols cache/k/vmlinux runqueues __per_cpu_offset prog_idr \
		init_top_pgt scx_root main
	[ "$(wc -c <cache/k/vmlinux)" -lt "$(wc -c <vmlinux)" ]
'

end
