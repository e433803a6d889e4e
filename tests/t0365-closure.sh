#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-initramfs: what programs of this system need, compared with ldd
. "${0%/*}/lib.sh"

command -v ldd >/dev/null || {
	echo '1..0 # SKIP no ldd'
	exit 0
}

# Many kinds: shells, interpreters, debuggers, C++ and Rust programs, loaders of
# plug-ins. What is not here is made up for from /usr/bin.
programs='bash dash perl python3 git strace gdb curl make gcc ld as readelf
	objdump tar gzip xz zstd bzip2 cpio bsdtar sed awk mawk gawk grep find
	xargs diff cmp sort ls cp mv rm ps top free vmstat systemctl udevadm
	journalctl busctl mount lsblk ip ss ssh gpg gpgv openssl nginx vim
	nano less file man kmod bpftool qemu-system-x86_64 clang clang-19 llc lld rustc
	cargo jq sqlite3 rsync tmux screen htop valgrind nm strings'
export programs

# here NAME: its real path, if it is a dynamic program
here() {
	f=$(PATH=$PATH:/usr/sbin:/sbin command -v "$1") || return 1
	f=$(readlink -f "$f")
	[ "$(head -c 4 "$f" | od -An -c | tr -d ' ')" = 177ELF ] || return 1
	# ldd fails for what is static, and runs what it looks at: all is ours.
	ldd "$f" >needs 2>/dev/null && grep -q '=> /' needs
}

# real FILE: the files that its lines name, each once, without links
real() {
	xargs -r -d '\n' readlink -f <"$1" |
		sed 's,/glibc-hwcaps/[^/]*/,/,' | sort -u
}

# compare: what ktstr-initramfs packs for $f is what ldd has found
compare() {
	sed -n 's/^.* => \(\/.*\) (0x.*/\1/p; s/^\t\(\/.*\) (0x.*/\1/p' \
		needs >libs
	real libs >want
	ktstr-initramfs --list -i "$f" | LC_ALL=C sort >list
	comm -13 base list |
		sed -n '/^include-files\//d; /\.so/s,^,/,p' >all
	# What $ORIGIN finds is where that leads in the guest, too.
	while IFS= read -r p; do
		[ ! -e "$p" ] || echo "$p"
	done <all >libs
	real libs >got
	# What notes ask for comes on top, and ldd knows nothing of it.
	if ! cmp -s want got &&
		xargs -r -d '\n' readelf -SW <want 2>/dev/null |
		grep -qF .note.dlopen; then
		comm -12 want got >both
		mv both got
	fi
	[ -s want ]
	diff -u want got || { echo "this is of $f"; return 1; }
}

t 'fifty programs need what ldd says, and nothing else' '
	ktstr-initramfs --list >raw 2>err || { cat err; exit 77; }
	LC_ALL=C sort raw >base
	nr=0 absent=
	for p in $programs; do
		if here "$p"; then
			compare
			nr=$((nr + 1))
		else
			absent="$absent $p"
		fi
	done
	[ -z "$absent" ] || echo "absent, or no dynamic program:$absent"
	for p in /usr/bin/*; do
		[ "$nr" -lt 50 ] || break
		case " $(echo $programs) " in *" ${p##*/} "*) continue ;; esac
		here "$p" || continue
		compare
		nr=$((nr + 1))
	done
	echo "compared $nr"
	echo "$absent" >"$work/absent"
	[ "$nr" -ge 50 ]
'

[ ! -s "$work/absent" ] || sed 's/^/# not compared, not here as a dynamic program:/' \
	"$work/absent"
end
