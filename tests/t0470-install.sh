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
	# Each shell finds its completions there.
	share=moved/usr/share
	for n in cargo cargo-ktstr ktstr ktstr-cache ktstr-fetch; do
		bash -n "$share/bash-completion/completions/$n"
	done
	grep -q "^#compdef ktstr cargo-ktstr " $share/zsh/site-functions/_cargo-ktstr
	[ -s $share/fish/vendor_conf.d/ktstr.fish ]
	[ -s $share/elvish/lib/ktstr.elv ]
	[ -s $share/ktstr/ktstr.ps1 ]
	if command -v python3 >/dev/null; then
		echo "cargo ktstr kernel bui" >lines
		echo "cargo ktstr kernel build" >want
		XDG_DATA_DIRS=$PWD/$share HOME=$PWD timeout 60 python3 \
			"$top/tests/helpers/tab.py" \
			". /usr/share/bash-completion/bash_completion" \
			bash --norc --noprofile -i <lines >got
		[ ! -e /usr/share/bash-completion ] || same want got
	fi
	mv moved root
	make -s -C "$top" O="$O" uninstall DESTDIR="$PWD/root" PREFIX=/usr
	find root -type f -o -type l >left
	[ ! -s left ] || { cat left; exit 1; }
'

t 'a completion of cargo that is there already stays' '
	O=${KT_BUILD:-$top/build}
	dir=root/usr/share/bash-completion/completions
	mkdir -p $dir
	echo "# own" >$dir/cargo
	make -s -C "$top" O="$O" install DESTDIR="$PWD/root" PREFIX=/usr
	echo "# own" >want
	same want $dir/cargo
	make -s -C "$top" O="$O" uninstall DESTDIR="$PWD/root" PREFIX=/usr
	same want $dir/cargo
	make -s -C "$top" O="$O" install DESTDIR="$PWD/root2" PREFIX=/usr \
		BASH_CARGO=no
	[ ! -e root2/usr/share/bash-completion/completions/cargo ]
'

t 'a second make does nothing and says nothing' '
	O=${KT_BUILD:-$top/build}
	make -s -q -C "$top" O="$O" all
'

end
