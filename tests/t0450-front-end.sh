#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr: it runs the pipeline it explains, and adds nothing but words
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

t 'each subcommand explains itself as a pipeline' '
	cargo-ktstr --explain kernel list >got
	echo "ktstr-cache list --text" >want
	same want got
	cargo-ktstr kernel list --json --explain >got
	echo "ktstr-cache list --json" >want
	same want got
	cargo-ktstr --explain kernel build --source "../my linux" --clean -j 3 \
		--kconfig x --key k --force -v >got
	echo "ktstr-fetch --verbose --source '\''../my linux'\'' --force --kconfig x | ktstr-kbuild --verbose --clean --jobs 3 --kconfig x | ktstr-cache --verbose add --text --key k" >want
	same want got
	cargo-ktstr --explain kernel build >got
	echo "ktstr-fetch | ktstr-kbuild | ktstr-cache add --text" >want
	same want got
	cargo-ktstr --explain kernel build 6.14.2 --force >got
	echo "ktstr-fetch --force -- 6.14.2 | ktstr-kbuild | ktstr-cache add --text" >want
	same want got
	cargo-ktstr --explain kernel build --git u --ref a/b >got
	echo "ktstr-fetch --git u --ref a/b | ktstr-kbuild | ktstr-cache add --text" >want
	same want got
	cargo-ktstr --explain kernel clean --keep 3 --force -n --max-size 1G \
		--older-than 3d --foreign >got
	echo "ktstr-cache clean --text --keep 3 --older-than 3d --max-size 1G --foreign --force --dry-run" >want
	same want got
	cargo-ktstr --explain kernel verify 6.12 >got
	echo "ktstr-cache verify --text -- 6.12" >want
	same want got
	cargo-ktstr --explain shell --kernel 6.12 -i a -i b --topology 2,2,1 \
		--memory-mb 512 --exec "echo '\''hi'\''" >got
	echo "ktstr-vmm --text --spec <(ktstr-cache get -- 6.12 | ktstr-initramfs --include-files a --include-files b) --memory-mb 512 --topology 2,2,1 -- sh -c '\''echo '\''\\'\'''\''hi'\''\\'\'''\'''\''" >want
	same want got
'

t 'what is explained, pasted into bash, does the same' '
	command -v bash >/dev/null || { echo "no bash"; exit 77; }
	for c in "kernel list" "kernel list --json" "kernel build --source /nonexistent"; do
		a=0 b=0
		cargo-ktstr $c >out1 2>err1 || a=$?
		cargo-ktstr --explain $c >line
		bash line >out2 2>err2 || b=$?
		same out1 out2
		same err1 err2
		# A tool tells more kinds of failure apart.
		[ "$a" -eq "$b" ] || [ "$a" -eq 1 ]
	done
'

t 'an empty cache is said to be empty, and where it is' '
	cargo-ktstr kernel list >out 2>err
	says "cargo ktstr kernel build" out
	says "$XDG_CACHE_HOME/ktstr/kernels" err
	cargo-ktstr kernel list --json >out 2>err
	says "\"entries\": []" out
	[ ! -e "$XDG_CACHE_HOME/ktstr/kernels" ]
'

t 'a source that is no kernel is one line, and exit 1' '
	mkdir notes
	exits 1 cargo-ktstr kernel build --source notes >out 2>err
	[ "$(grep -c "^ktstr-fetch: " err)" -eq 1 ]
	[ "$(grep -vc "^hint: " err)" -eq 1 ] || { cat err; exit 1; }
	[ ! -s out ]
'

t 'a kernel that is not cached names the command that builds it' '
	exits 125 cargo-ktstr shell --kernel 6.99 --exec true >out 2>err
	says "cargo ktstr kernel build 6.99" err
	[ ! -s out ]
'

t 'a failure of its own is 1, and 125 where a guest has a status' '
	few() { (ulimit -n 5 && exec "$@"); }
	exits 1 few cargo-ktstr kernel build --source linux 2>err
	says "cannot make a pipe: Too many open files" err
	exits 125 few cargo-ktstr shell --exec true 2>err
	says "cannot make a pipe" err
'

t 'options that are missing or wrong exit 2 before anything runs' '
	exits 2 cargo-ktstr kernel build 6.14.2 --source x 2>err
	says "option --source and \"6.14.2\" exclude each other" err
	exits 2 cargo-ktstr kernel build 6.14.2 --git x --ref y 2>err
	says "option --git and \"6.14.2\" exclude each other" err
	exits 2 cargo-ktstr kernel build --source x --git y --ref z 2>err
	exits 2 cargo-ktstr kernel build --git x 2>err
	exits 2 cargo-ktstr kernel build --ref x 2>err
	exits 2 cargo-ktstr shell 2>err
	says "standard input is no terminal" err
	says "hint: without one, say what to run: --exec COMMAND" err
	exits 2 cargo-ktstr shell --exec true --out x 2>err
	says "\"x\" is not GUESTPATH:HOSTDIR" err
	exits 2 cargo-ktstr shell --exec true --memory-mb 127 2>err
	says "\"127\" is not between 128 and" err
	exits 2 cargo-ktstr shell --exec true --pin 0-x 2>err
	says "\"0-x\" is no list of CPUs" err
	cargo-ktstr --explain shell --exec true --hugepages --pin 0,1 >got
	says "--hugepages --pin 0,1 -- sh -c true" got
	exits 2 cargo-ktstr shell --exec true --engine kvmm 2>err
	says "is not one of: auto kvm qemu" err
'

t 'SIGTERM to the front-end ends every stage and what it runs' '
	cp -r "$fix/mini-kernel" linux
	stand_in make "echo \$\$ >\"$PWD/started\"; sleep 300 & wait"
	PATH=$PWD:$PATH cargo-ktstr kernel build --source linux >out 2>err &
	pid=$!
	for i in $(seq 100); do
		[ -s started ] && break
		sleep 0.1
	done
	[ -s started ] || { kill $pid; cat err; exit 1; }
	kill -TERM $pid
	exits 143 wait $pid
	exits 1 kill -0 "$(cat started)" 2>err
'

t 'a missing busybox, QEMU or kernel source is a line with the package' '
	# As little of a bzImage as is read (Documentation/arch/x86/boot.rst):
	# version 2.15, cmdline_size 2047, init_size 16 MiB.
	{
		head -c 514 /dev/zero
		printf "HdrS\017\002"
		head -c 48 /dev/zero
		printf "\377\007\000\000"
		head -c 36 /dev/zero
		printf "\000\000\000\001"
		head -c 4096 /dev/zero
	} >image
	echo "{\"schema\":\"ktstr.kernel/1\",\"arch\":\"$(uname -m)\",\"image\":\"$PWD/image\"}" |
		ktstr-cache add --key k >/dev/null
	bin=$(dirname "$(command -v cargo-ktstr)")
	exits 125 env PATH="$bin" cargo-ktstr shell --kernel k --exec true 2>err
	says "hint: apt install busybox-static" err
	mkdir -p own
	ln -s "$(command -v busybox)" own/busybox
	exits 125 env PATH="$bin:$PWD/own" cargo-ktstr shell --kernel k \
		--exec true 2>err || [ -z "$(command -v busybox)" ]
	says "hint: apt install qemu-system-x86" err
	cp -r "$fix/mini-kernel" linux
	exits 77 env PATH="$bin" cargo-ktstr kernel build --source linux 2>err
	says "hint: apt install" err
	says "make" err
	# And so says the pipeline that it explains.
	cargo-ktstr --explain kernel build --source linux >line
	exits 77 env PATH="$bin" "$(command -v sh)" ./line 2>err2
	same err err2
'

t 'doctor lists what there is and what is missing, with a way to get it' '
	cargo-ktstr doctor >out || [ $? -eq 1 ]
	says "qemu-system-x86_64" out
	says "/dev/kvm" out
	mkdir bin
	exits 1 env PATH="$PWD/bin" "$(command -v cargo-ktstr)" doctor >out 2>err
	says "missing  pahole" out
	says "hint: apt install dwarves" out
	says "missing" err
'

t 'doctor takes no busybox that a guest could not have' '
	own=$(command -v busybox) || { echo "no busybox"; exit 77; }
	mkdir dynamic
	# Any program that needs libraries is as good.
	ln -s "$(command -v ktstr-cache)" dynamic/busybox
	exits 1 env PATH="$PWD/dynamic:$PATH" cargo-ktstr doctor >out 2>err
	grep -q "^missing *busybox *busybox \"$PWD/dynamic/busybox\" is not a static program" out
	grep -q "^ *hint: apt install busybox-static" out
	# What is named is a path, as ktstr-initramfs has it.
	exits 1 env KTSTR_BUSYBOX=busybox cargo-ktstr doctor >out 2>err
	grep -q "^missing *busybox *cannot read \"busybox\"" out
	KTSTR_BUSYBOX=$own PATH=$PWD/dynamic:$PATH cargo-ktstr doctor >out || :
	grep -q "^ok *busybox *$own\$" out
'

end
