#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr verifier: the package that is built, and the pipeline that runs
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

# start: our tools replaced by ones that tell how they were called, beside a
# front-end that finds them there, and a cargo that "builds".
start() {
	cd -P .
	mkdir tools bin
	cp -L "$(command -v cargo-ktstr)" tools/cargo-ktstr
	for t in ktstr-cache ktstr-verifier; do
		cat >"tools/$t" <<-\END
		#!/bin/sh
		call=${0##*/}
		for a; do call="$call|$a"; done
		# One write: both run at the same time.
		echo "$call" >>"${CALLS:?}"
		case ${0##*/}/$* in
		ktstr-cache/*fails*) exit 3 ;;
		ktstr-cache/*) echo record ;;
		*) [ "$(cat)" = record ] || exit 3 ;;
		esac
		END
	done
	cat >bin/cargo <<-\END
	#!/bin/sh
	{ printf cargo; for a; do printf "|%s" "$a"; done; echo; } >>"${CALLS:?}"
	echo "   Compiling it" >&2
	echo "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"lib\"],\"test\":true},\"profile\":{\"test\":false},\"features\":[],\"filenames\":[\"/l.rlib\"]}"
	[ "$3" != broken ] || { echo "error: no" >&2; exit 101; }
	[ "$3" = library ] || echo "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"bin\"],\"test\":true},\"profile\":{\"test\":false},\"features\":[],\"filenames\":[\"/t/scx foo\"]}"
	END
	chmod +x tools/* bin/cargo
	CALLS=$PWD/calls PATH=$PWD/tools:$PWD/bin:$PATH
	export CALLS
	unset CARGO
	: >calls
}
json='--message-format=json-render-diagnostics'
export json

t 'a package is built, as it is shown, and its program is taken' '
	start
	cargo-ktstr ktstr verifier --scheduler scx_foo 2>err
	says "   Compiling it" err
	cat >want <<-END
	cargo|build|-p|scx_foo|$json
	ktstr-cache|get
	ktstr-verifier|--text|--scheduler-bin|/t/scx foo
	END
	sort calls >have
	sort want | diff - have
	: >calls
	cargo-ktstr verifier --scheduler scx_foo --release --raw 2>err
	grep -qxF "cargo|build|-p|scx_foo|--release|$json" calls
	grep -qxF "ktstr-verifier|--text|--scheduler-bin|/t/scx foo|--raw" calls
'

t 'CARGO says which cargo that is' '
	start
	mv bin/cargo bin/other
	CARGO=$PWD/bin/other cargo-ktstr verifier --scheduler x 2>err
	grep -q "^cargo|build" calls
'

t 'a build that fails, or has no program, ends it' '
	start
	exits 1 cargo-ktstr verifier --scheduler broken 2>err
	says "cargo build has failed" err
	exits 1 cargo-ktstr verifier --scheduler library 2>err
	says "package \"library\" has no program" err
	! grep -q ktstr-verifier calls
'

t 'options go to ktstr-verifier as they are, and so do arguments' '
	start
	cargo-ktstr verifier --scheduler-bin ./s --all-profiles --max-profiles 9 \
		--jobs 2 --shard 1/2 --baseline b --max-growth 5 -i a -i b \
		--topology 1,4,1 --timeout 7 --observe-ms 3 --hugepages \
		--engine qemu --memory-mb 300 -- -v "two words"
	line=$(grep "^ktstr-verifier" calls)
	for want in "|--text|" "|--all-profiles|" "|--max-profiles|9|" "|--jobs|2|" \
		"|--shard|1/2|" "|--baseline|b|" "|--max-growth|5|" \
		"|--include-files|a|--include-files|b|" "|--topology|1,4,1|" \
		"|--timeout|7|" "|--observe-ms|3|" "|--hugepages|" \
		"|--engine|qemu|" "|--memory-mb|300|" "|--scheduler-bin|./s|"; do
		case "$line|" in
		*"$want"*) ;;
		*) echo "no $want in $line"; exit 1 ;;
		esac
	done
	case $line in *"|--|-v|two words") ;; *) echo "$line"; exit 1 ;; esac
	: >calls
	cargo-ktstr verifier --scheduler-bin ./s --csv
	grep -qxF "ktstr-verifier|--csv|--scheduler-bin|./s" calls
	: >calls
	cargo-ktstr verifier --scheduler-bin ./s --json
	grep -qxF "ktstr-verifier|--scheduler-bin|./s" calls
'

t 'each of several kernels is asked, and one that fails is not forgotten' '
	start
	exits 1 cargo-ktstr verifier --scheduler-bin ./s --kernel fails --kernel 6.12
	grep -qxF "ktstr-cache|get|--|fails" calls
	grep -qxF "ktstr-cache|get|--|6.12" calls
	[ "$(grep -c "^ktstr-verifier|--text|--heading|" calls)" -eq 2 ]
'

t 'what is wrong is told before anything is built' '
	start
	exits 2 cargo-ktstr verifier 2>err
	says "no scheduler is named" err
	exits 2 cargo-ktstr verifier --scheduler a --scheduler-bin b 2>err
	exits 2 cargo-ktstr verifier --scheduler-bin b --release 2>err
	exits 2 cargo-ktstr verifier --scheduler-bin b --json --csv 2>err
	exits 2 cargo-ktstr verifier --scheduler b --csv --kernel x --kernel y 2>err
	says "--csv is for one --kernel" err
	[ ! -s calls ]
'

t '--explain prints what does the same' '
	command -v bash >/dev/null || { echo "no bash"; exit 77; }
	start
	for words in "--scheduler scx_foo --raw" "--scheduler scx_foo --release" \
		"--scheduler-bin ./s --kernel a --kernel b"; do
		: >calls
		# shellcheck disable=SC2086 # words
		cargo-ktstr verifier $words 2>err
		sort calls >want
		# shellcheck disable=SC2086
		cargo-ktstr verifier --explain $words >script
		: >calls
		bash script 2>err
		sort calls | diff want -
	done
	cargo-ktstr verifier --explain --scheduler-bin ./s --kernel fails \
		--kernel 6.12 >script
	exits 3 bash script
'

t 'the real cargo tells the same' '
	command -v cargo >/dev/null || { echo "no cargo"; exit 77; }
	start
	rm bin/cargo
	cargo --version >/dev/null 2>&1 || { echo "no cargo"; exit 77; }
	mkdir -p ws/src
	printf "[package]\nname = \"scx_foo\"\nversion = \"0.1.0\"\nedition = \"2021\"\n" \
		>ws/Cargo.toml
	echo "fn main() {}" >ws/src/main.rs
	echo "" >ws/src/lib.rs
	cd ws
	CARGO_NET_OFFLINE=true cargo-ktstr verifier --scheduler scx_foo 2>err ||
		{ cat err; exit 1; }
	grep -qxF "ktstr-verifier|--text|--scheduler-bin|$PWD/target/debug/scx_foo" \
		"$CALLS"
	[ -x target/debug/scx_foo ]
	cargo-ktstr verifier --explain --scheduler scx_foo >script
	: >"$CALLS"
	CARGO_NET_OFFLINE=true bash script 2>err
	grep -qxF "ktstr-verifier|--text|--scheduler-bin|$PWD/target/debug/scx_foo" \
		"$CALLS"
'

end
