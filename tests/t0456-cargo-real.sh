#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr test and coverage with the real cargo, nextest and llvm-cov
# shellcheck disable=SC2034
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

arch=$(uname -m)
case $arch in x86_64) image=bzImage ;; *) image=Image ;; esac
CARGO_TARGET_DIR=$work/target CARGO_NET_OFFLINE=true
export CARGO_TARGET_DIR CARGO_NET_OFFLINE arch image

# start: a crate of our own to test, and a cached kernel
start() {
	cargo nextest --version >/dev/null 2>&1 || {
		echo "no cargo-nextest: cargo install cargo-nextest --locked"
		exit 77
	}
	cd -P .
	cp -r "$fix/crate" crate
	echo image >image
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"6.14.2-tarball-%s","version":"6.14.2","source":"tarball"}\n' \
		"$arch" "$PWD/image" "$arch" | ktstr-cache add >/dev/null
	entry=$XDG_CACHE_HOME/ktstr/kernels/6.14.2-tarball-$arch
	cd crate
}

t 'tests of a crate find the kernel that was named, by version and by key' '
	start
	for id in 6.14 "6.14.2-tarball-$arch"; do
		cargo ktstr test --kernel "$id" -E "test(kernel_can)" \
			--no-capture >../got 2>&1 || { cat ../got; exit 1; }
		says "kernel image: $entry/$image" ../got
		says "1 passed" ../got
	done
	# The environment is as it was, and nothing has been built into it.
	cargo ktstr test -- -E "test(no_kernel)" >../got 2>&1
	says "1 passed" ../got
'

t 'tests of a crate find the kernel of a tree that is built for them' '
	start
	command -v gcc >/dev/null || { echo "no gcc"; exit 77; }
	cd ..
	cp -r "$fix/mini-kernel" linux
	mkdir bin
	stand_in bin/make "exec $(command -v make) \"\$@\""
	cd crate
	PATH=$PWD/../bin:$PATH cargo ktstr test --kernel ../linux \
		-E "test(kernel_can)" --no-capture >../got 2>&1 || {
		cat ../got
		exit 1
	}
	tree=$(cd .. && pwd)/linux
	case $arch in x86_64) says "kernel image: $tree/arch/x86/boot/bzImage" ../got ;; esac
	cargo ktstr test --kernel "../linux/arch/x86/boot/bzImage" \
		-E "test(kernel_can)" --no-capture >../got 2>&1
	says "kernel image: $tree/arch/x86/boot/bzImage" ../got
'

t 'the exit status is cargo nextest'\''s' '
	start
	exits 100 cargo ktstr test --kernel 6.14 -E "test(fails)" 2>../err
	exits 4 cargo ktstr test --kernel 6.14 -E "test(there_is_none)" 2>../err
	exits 100 cargo ktstr test --kernel 6.14 --kernel "$entry" \
		-E "test(fails)" 2>../err
	says "0 of 2 kernels passed" ../err
'

t 'a signal is cargo'\''s: it tells its tests and is gone' '
	start
	export STARTED="$PWD/../started"
	cargo ktstr test --kernel 6.14 -E "test(takes)" 2>../err &
	pid=$!
	for i in $(seq 600); do
		[ -e "$STARTED" ] && break
		sleep 0.1
	done
	[ -e "$STARTED" ] || { kill $pid; cat ../err; exit 1; }
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ $status -gt 0 ]
	says SIGTERM ../err
'

t 'coverage says which lines the tests have run' '
	start
	cargo llvm-cov --version >/dev/null 2>&1 || {
		echo "no cargo-llvm-cov: cargo install cargo-llvm-cov"
		exit 77
	}
	status=0
	cargo ktstr coverage --kernel 6.14 -E "test(kernel_can)" \
		--lcov --output-path ../lcov.info >../got 2>&1 || status=$?
	if [ $status -eq 77 ]; then
		sed -n "s/^hint: //p" ../got
		exit 77
	fi
	[ $status -eq 0 ] || { cat ../got; exit 1; }
	says "1 passed" ../got
	grep -q "^SF:.*/crate/src/lib.rs" ../lcov.info
	grep -q "^DA:[0-9]*,[1-9]" ../lcov.info
'

t 'the Rust ktstr 0.2.2 finds what we cached, by key and unasked' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	start
	rust() {
		python3 "$top/tests/helpers/rust-reader.py" "${entry%/*}" "$@"
	}
	rust lookup "6.14.2-tarball-$arch" >../got
	echo "$entry/$image" >../want
	same ../want ../got
	rust newest 4a386fe9 >../got
	same ../want ../got
	# What the tests were told is where it looks too.
	cargo ktstr test --kernel "6.14.2-tarball-$arch" \
		-E "test(kernel_can)" --no-capture >../got 2>&1
	says "kernel image: $(cat ../want)" ../got
'

end
