#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the EXAMPLES of every manual page, run
#
# They run one after another in one directory of a small world: kernel trees
# that build in a blink, a cache with the test kernel in it as 6.12 and 6.14, a
# crate, a kernel.org on loopback. What cannot be as it is written is changed
# in the open, below: by a sed line on the script.
# shellcheck disable=SC2016,SC2034,SC2154
RUSTUP_HOME=${RUSTUP_HOME:-${HOME:-}/.rustup}
CARGO_NET_OFFLINE=true
export RUSTUP_HOME CARGO_NET_OFFLINE
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"
need python3 nginx gpg gpgv xz git gcc jq
keys
KTSTR_KEYRING=$keyring
export KTSTR_KEYRING

world=$work/world
scripts=$work/scripts
mkdir -p "$world/dir" "$world/bin" "$scripts"
python3 "$top/tests/helpers/examples.py" "$scripts" "$top"/man/*.[1578]
KTSTR_CACHE_DIR=$world/cache CARGO_TARGET_DIR=$world/target
export KTSTR_CACHE_DIR CARGO_TARGET_DIR

# The configuration of a real kernel takes a real kernel.
make=$(command -v make)
stand_in "$world/bin/make" "exec $make \"\$@\"" \
	"case \"\$*\" in *olddefconfig*) exec $make \"\$@\" ;; esac"
PATH=$world/bin:$PATH

# tree DIR: a kernel tree whose commit names it
tree() {
	cp -r "$fix/mini-kernel" "$1"
	printf '.config\nvmlinux*\n/arch/x86/boot\n*.json\n' >"$1/.gitignore"
	git -C "$1" init -q
	git -C "$1" add -A
	git -C "$1" -c user.name=x -c user.email=x@x commit -qm x
}

# example PAGE FIRST-LINE BEFORE AFTER: run the example of that page that begins
# so. BEFORE makes what it takes and may change "$script"; AFTER looks at
# "$status", "out" and "err", and is by default that it is 0. If BEFORE leaves a
# file "typed", it is for tests/vm/pty.c, which has the terminal.
example() {
	script=
	for f in "$scripts/$1"-*[0-9]; do
		[ "$(head -n 1 "$f")" = "$2" ] && script=$f && break
	done
	before=$3 after=${4:-'[ "$status" -eq 0 ]'}
	t "$1: $2" '
		[ -n "$script" ] || { echo "the page has no such example"; exit 1; }
		mv "$script" "$script.used"
		script=$script.used
		cd "$world/dir"
		eval "$before"
		status=0
		if [ -e typed ]; then
			gcc -o ../bin/pty "$top/tests/vm/pty.c"
			set -- pty 24 80 typed
		else
			set --
		fi
		timeout 300 "$@" sh "$script" >out 2>err </dev/null || status=$?
		rm -f typed
		want=${script%.used}.out
		[ ! -s "$want" ] || same "$want" out
		eval "$after" || { echo "status $status"; cat "$script" out err; exit 1; }
	'
}

example cargo-ktstr.1 'cargo ktstr kernel build --source ../linux' '
	tree ../linux
' '
	[ $status -eq 0 ] && grep -q "^local-[0-9a-f]*-$arch " out &&
		[ "$(grep -c "^ *local-" out)" -eq 2 ]
'

example cargo-ktstr.1 'cargo ktstr test --kernel ../linux' '
	cargo nextest --version >/dev/null 2>&1 || {
		echo "no cargo-nextest: cargo install cargo-nextest --locked"
		exit 77
	}
	cargo llvm-cov --version >/dev/null 2>&1 || {
		echo "no cargo-llvm-cov: cargo install cargo-llvm-cov"
		exit 77
	}
	release 6.12.117
	release 6.14.2
	cp -r "$fix/crate/." .
	rm tests/kernel.rs
	cat >tests/latency.rs <<-\END
	#[test]
	fn latency() {
		assert!(kernel_user::image_in(&kernel_user::told().unwrap()).is_some());
	}
	END
' '
	[ $status -eq 0 ] && says "2 of 2 kernels passed" err &&
		grep -q ^SF: lcov.info
'

example cargo-ktstr.1 'cargo ktstr completions bash >>~/.local/share/bash-completion/completions/cargo' '
	mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc
' '
	[ $status -eq 0 ] && [ -s ~/.zfunc/_cargo-ktstr ] &&
		bash -n ~/.local/share/bash-completion/completions/cargo
'

example cargo-ktstr.1 'cargo ktstr shell --kernel 6.12 --topology 2,2,1 \' '
	guest
	release 6.12.117
' '
	[ $status -eq 0 ] && grep -qx 0-1 out && [ "$(wc -l <out)" -eq 2 ]
'

example cargo-ktstr.1 'cargo ktstr shell --kernel 6.12 -i strace -i ./scx_mine' '
	guest
	printf "#!/bin/sh\necho mine\n" >scx_mine
	# Where no strace is installed, one of our own.
	command -v strace >/dev/null || cp scx_mine ../bin/strace
	chmod +x scx_mine
	cat >typed <<-\END
	wait #
	send ls /include-files
	wait scx_mine
	wait #
	send scx_mine; exit 7
	END
' '
	[ $status -eq 7 ] && says strace out && grep -q "^mine" out
'

example cargo-ktstr.1 'cargo ktstr --explain shell --kernel 6.12 --exec true' '' '
	[ $status -eq 0 ] && says "ktstr-cache get -- 6.12 | ktstr-initramfs" out
'

example ktstr-cache.1 'ktstr-fetch --source /usr/src/linux-source-6.12.tar.xz |' '
	# Not the real one, which takes minutes.
	tarball 6.12.200 linux-source-6.12.tar.xz
	sed -i "s|/usr/src/||" "$script"
' '
	[ $status -eq 0 ] && grep -q "^6.12.200+[0-9a-f]*-tarball-$arch " out
'

example ktstr-cache.1 'ktstr-cache get 6.12 | ktstr-initramfs | ktstr-vmm -t -- uname -r' '
	guest
	ktstr-cache clean --force -t >/dev/null
	release 6.12.117
' '
	[ $status -eq 0 ] && grep -q "^6\." out
'

example ktstr-cache.1 'ktstr-cache get ./linux | ktstr-cache add --key my-linux' '
	cp -r ../linux linux
	ls linux/arch/x86/boot/bzImage
' '
	[ $status -eq 0 ] && says "\"key\":\"my-linux\"" out
'

example ktstr-cache.1 'ktstr-cache clean -t --force --max-size 10G --keep 3' '' '
	[ $status -eq 0 ]
'

example ktstr-fetch.1 'ktstr-fetch 6.12 | ktstr-kbuild | ktstr-cache add' '
	site www
	tarball 6.12.17 www/v6.x/linux-6.12.17.tar.xz
	sign www
	serve www
	KTSTR_KERNEL_MIRROR=$base
	export KTSTR_KERNEL_MIRROR
' '
	[ $status -eq 0 ] && says "\"key\":\"6.12.17-tarball-$arch\"" out &&
		says "\"cached\":true" out && says "\"verified\":\"pgp\"" out
'

example ktstr-fetch.1 'ktstr-fetch --source ../linux | ktstr-kbuild | ktstr-cache add' '' '
	[ $status -eq 0 ] && says "\"key\":\"local-" out
'

example ktstr-fetch.1 'ktstr-fetch --keep-tree -s /usr/src/linux-source-6.12.tar.xz' '
	tarball 6.12.200 linux-source-6.12.tar.xz
	sed -i "s|/usr/src/||" "$script"
' '
	[ $status -eq 0 ] && [ -d "$(jq -r .tree out)" ] &&
		[ "$(jq .tree_temporary out)" = false ]
'

example ktstr-fetch.1 'ktstr-fetch --package linux-image-6.18.deb | ktstr-cache add' '
	command -v dpkg-deb >/dev/null || { echo "no dpkg-deb"; exit 77; }
	kernel_record >rec || exit
	mkdir -p deb/DEBIAN deb/boot
	cp "$(jq -r .image rec)" deb/boot/vmlinuz-6.18
	cp "$(jq -r .config rec)" deb/boot/config-6.18
	cat >deb/DEBIAN/control <<-END
	Package: linux-image-6.18
	Version: 6.18
	Architecture: all
	Maintainer: Nobody <nobody@example.org>
	Description: a kernel
	END
	dpkg-deb --root-owner-group -Zgzip -z1 -b deb linux-image-6.18.deb
' '
	[ $status -eq 0 ] && says "\"source\":\"package\"" out &&
		says "\"package\":\"linux-image-6.18.deb\"" out &&
		says "\"cached\":true" out
'

example ktstr-fetch.1 'ktstr-fetch --package /boot/vmlinuz-6.18 | ktstr-cache add' '
	# It stays out of the real /boot.
	mv deb/boot .
	sed -i "s|/boot|boot|" "$script"
' '
	[ $status -eq 0 ] && says "\"package\":\"vmlinuz-6.18\"" out &&
		says "/.config\"" out
'

example ktstr-initramfs.1 'ktstr-cache get 6.14 | ktstr-initramfs -i ./probe |' '
	guest
	ktstr-cache clean --force -t >/dev/null
	release 6.14.2
	printf "#!/bin/sh\necho probed\n" >probe
	chmod +x probe
' '
	[ $status -eq 0 ] && grep -qx probed out
'

example ktstr-initramfs.1 'ktstr-initramfs -i ./probe --list' '' '
	[ $status -eq 0 ] && grep -q include-files/probe out
'

example ktstr-initramfs.1 'ktstr-initramfs -i ./probe -o initrd.cpio </dev/null' '' '
	[ $status -eq 0 ] && [ -s initrd.cpio ]
'

example ktstr-kbuild.1 'ktstr-fetch --force -s ../linux | ktstr-kbuild --check >/dev/null' '' '
	[ $status -eq 0 ]
'

example ktstr-kbuild.1 'echo CONFIG_HZ_250=y >hz' '' '[ -s hz ]'

example ktstr-kbuild.1 'ktstr-fetch --kconfig hz -s ../linux | ktstr-kbuild --kconfig hz | ktstr-cache add' '
	# The small kernel knows no tick rates, but this one.
	echo CONFIG_BPF_SYSCALL=y >hz
' '
	[ $status -eq 0 ] && grep -qE "\"key\":\"local-[0-9a-f]*-$arch-x[0-9a-f]{8}\"" out
'

example ktstr-record.5 '{"schema":"ktstr.kernel/1","source":"local","version":"6.12.117","tree":"/src/linux","tree_temporary":false}' '
	# No command, but a record: what a tool makes of it.
	{ echo "ktstr-cache path - <<END"; cat "$script"; echo END; } >asked
	mv asked "$script"
' '
	[ $status -eq 0 ] && grep -qx /src/linux out
'

example ktstr-stats.1 'ktstr-stats sidecars --dir target/ktstr/pr --baseline target/ktstr/main \' '
	mkdir -p target/ktstr
	cp -r "$fix/sidecars" target/ktstr/main
	cp -r "$fix/sidecars" target/ktstr/pr
	GITHUB_STEP_SUMMARY=summary
	export GITHUB_STEP_SUMMARY
' '
	# The fixtures have failed tests in them.
	[ $status -eq 1 ] && says "1 test failed" err && grep -q "^|" summary
'

example ktstr-stats.1 'ktstr-stats sidecars | jq '\''select(.schema == "ktstr.dimension/1"' '
	KTSTR_SIDECAR_DIR=$fix/sidecars
	export KTSTR_SIDECAR_DIR
' '
	[ $status -eq 0 ] && says "\"spread\":" out
'

example ktstr-stats.1 'ktstr-cache get 6.14 | ktstr-verifier --scheduler-bin ./scx_foo \' '
	guest
	ktstr-cache clean --force -t >/dev/null
	release 6.14.2
	dir=$("$top/tests/schedulers") || exit
	cp "$dir/scx_simple" scx_foo
' '
	[ $status -eq 0 ] && says simple_enqueue out
'

example ktstr-verifier.1 '{ ktstr-cache get 6.12; ktstr-cache get 6.14; } |' '
	guest
	release 6.12.117
' '
	[ $status -eq 0 ] && [ "$(grep -c simple_enqueue out)" -eq 2 ]
'

example ktstr-verifier.1 'ktstr-cache get | ktstr-verifier --scheduler-bin ./scx_foo \' '
	case $(sed -n 2p "$script") in *--baseline*) ;; *) exit 1 ;; esac
	ktstr-cache get | timeout 200 ktstr-verifier --scheduler-bin ./scx_foo >last.jsonl
' '
	[ $status -eq 0 ] && says simple_enqueue now.jsonl
'

example ktstr-verifier.1 'ktstr-cache get | ktstr-verifier --scheduler-bin ./scx_foo \' '' '
	[ $status -eq 0 ] && says simple_enqueue out
'

example ktstr-verifier.1 'ktstr-verifier --fold-log <verifier.log | less' '
	printf "one\ntwo\n" >verifier.log
	printf "#!/bin/sh\nexec cat\n" >../bin/less
	chmod +x ../bin/less
' '
	[ $status -eq 0 ] && same verifier.log out
'

example ktstr-vmm.1 'ktstr-cache get | ktstr-initramfs | ktstr-vmm -t -- uname -r' '
	guest
	ktstr-cache clean --force -t >/dev/null
	release 6.12.117
' '
	[ $status -eq 0 ] && grep -q "^6\." out
'

example ktstr-vmm.1 'ktstr-cache get 6.12 | ktstr-initramfs |' guest

example ktstr-vmm.1 'ktstr-cache get | ktstr-initramfs >guest.rec' guest '
	[ $status -eq 0 ] && [ "$(cat out)" -eq "$(wc -l </etc/passwd)" ]
'

example ktstr-vmm.1 'ktstr-vmm -t --out /tmp/trace.dat:. -- record -o /tmp/trace.dat <guest.rec' '
	guest
	# Any program that writes where it is told.
	printf "#!/bin/sh\necho recorded >\"\$2\"\n" >record
	chmod +x record
	ktstr-cache get | ktstr-initramfs -i ./record >guest.rec
' '
	[ $status -eq 0 ] && grep -qx recorded trace.dat
'

example ktstr-vmm.1 'ktstr-vmm --spec guest.rec' '
	guest
	cat >typed <<-\END
	wait #
	send uname -r; exit 5
	END
' '
	[ $status -eq 5 ] && grep -q "^6\." out
'

example ktstr-vmm.1 'ktstr-vmm -- true <guest.rec | jq .boot_ns' guest '
	[ $status -eq 0 ] && [ "$(cat out)" -gt 0 ]
'

t 'every example is one of those above' '
	for f in "$scripts"/*[0-9]; do
		[ ! -e "$f" ] || { echo "${f##*/}:"; cat "$f"; } >>left
	done
	[ ! -s left ] || { cat left; exit 1; }
'

end
