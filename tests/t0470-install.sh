#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make install and uninstall
. "${0%/*}/lib.sh"

# MAKEFLAGS stays: it has the compiler and flags that this build was made with.

t 'what is installed works, wherever it is moved, and goes again' '
	O=${KT_BUILD:-$top/build}
	make -s -C "$top" O="$O" install DESTDIR="$PWD/root" PREFIX=/usr
	mv root moved
	PATH=$PWD/moved/usr/bin:$PATH
	case $(command -v ktstr-cache) in "$PWD"/*) ;; *) exit 1 ;; esac
	ktstr-cache --version
	cargo-ktstr ktstr --explain kernel list
	ktstr fetch --version
	ls moved/usr/share/man/man1/cargo-ktstr.1 \
		moved/usr/share/man/man5/ktstr-record.5 \
		moved/usr/share/man/man7/ktstr.7
	command -v busybox >/dev/null &&
		ktstr-initramfs -o initrd </dev/null && [ -s initrd ]
	mv moved root
	make -s -C "$top" O="$O" uninstall DESTDIR="$PWD/root" PREFIX=/usr
	find root -type f -o -type l >left
	[ ! -s left ] || { cat left; exit 1; }
'

t 'a second make does nothing and says nothing' '
	O=${KT_BUILD:-$top/build}
	make -s -q -C "$top" O="$O" all
'

end
