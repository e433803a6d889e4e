#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr test and coverage: the kernel, the environment, cargo's arguments
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

arch=$(uname -m)
case $arch in x86_64) image=bzImage ;; *) image=Image ;; esac
unset CARGO_HOME LLVM_COV LLVM_PROFDATA
HOME=$work
export HOME arch image

# start: a cargo that tells how it was called, with all that is looked for
start() {
	cd -P .
	mkdir -p bin root/lib/rustlib/any/bin
	cat >bin/cargo <<-\END
	#!/bin/sh
	for a; do printf "<%s>" "$a"; done
	echo
	echo "KTSTR_KERNEL=${KTSTR_KERNEL-unset}"
	echo "KTSTR_TEST_KERNEL=${KTSTR_TEST_KERNEL-unset}"
	echo "KTSTR_SIDECAR_DIR=${KTSTR_SIDECAR_DIR-unset}"
	[ "${FAIL_WITH-none}" != "${KTSTR_KERNEL-unset}" ] || exit 7
	END
	printf "#!/bin/sh\necho \"%s/root\"\n" "$PWD" >bin/rustc
	for f in bin/cargo-nextest bin/cargo-llvm-cov \
		root/lib/rustlib/any/bin/llvm-cov \
		root/lib/rustlib/any/bin/llvm-profdata; do
		printf "#!/bin/sh\n" >"$f"
	done
	chmod +x bin/* root/lib/rustlib/any/bin/*
	PATH=$PWD/bin:$PATH
	XDG_CACHE_HOME=$PWD/xdg-cache
}

# store KEY [MORE]: an entry of the cache
store() {
	echo image >image
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"%s"%s}\n' \
		"$arch" "$PWD/image" "$1" "${2:-}" | ktstr-cache add --force >/dev/null
}

# tree DIR: a built tree, with git's blessing
tree() {
	cp -r "$fix/mini-kernel" "$1"
	stand_in bin/make "exec $(command -v make) \"\$@\"" \
		"echo \"\$*\" >>\"$PWD/made\""
}

t 'without --kernel the environment stays as it is' '
	start
	cargo-ktstr ktstr test >got 2>err
	printf "<nextest><run>\nKTSTR_KERNEL=unset\nKTSTR_TEST_KERNEL=unset\nKTSTR_SIDECAR_DIR=unset\n" >want
	same want got
	[ ! -s err ]
	KTSTR_KERNEL=../some/where KTSTR_TEST_KERNEL= cargo-ktstr test >got
	says "KTSTR_KERNEL=../some/where" got
	grep -qx "KTSTR_TEST_KERNEL=" got
	cargo-ktstr ktstr coverage >got
	says "<llvm-cov><nextest>" got
'

t 'arguments after test, and after the first --, are cargo'\''s as they are' '
	start
	# WORDS... -> what cargo sees
	see() { cargo-ktstr ktstr test "$@" | head -n 1; }
	{
		see -- -E "test(a b)"
		see --workspace -- x --kernel y
		see -E all --kernel y --help
		see filter --explain -v
		see -- -- --exact ""
		see -j 3
		see -v -- --help
		see -vE "test(x)"
		see -vv x
	} >got
	cat >want <<-\END
	<nextest><run><-E><test(a b)>
	<nextest><run><--workspace><--><x><--kernel><y>
	<nextest><run><-E><all><--kernel><y><--help>
	<nextest><run><filter><--explain><-v>
	<nextest><run><--><--exact><>
	<nextest><run><-j><3>
	<nextest><run><--help>
	<nextest><run><-vE><test(x)>
	<nextest><run><x>
	END
	same want got
'

t 'a version and a key are a cached entry'\''s directory, canonical' '
	start
	store 6.14.2-tarball-$arch ",\"version\":\"6.14.2\""
	entry=$(cd -P "$XDG_CACHE_HOME/ktstr/kernels/6.14.2-tarball-$arch" && pwd)
	for id in 6.14 6.14.2 6.14.2-tarball-$arch; do
		KTSTR_TEST_KERNEL=/other cargo-ktstr test --kernel $id x >got 2>err
		says "<run><x>" got
		says "KTSTR_KERNEL=$entry" got
		# It would win over what was asked for.
		says "KTSTR_TEST_KERNEL=unset" got
		says "kernel $id: $entry" err
	done
'

t 'a kernel that is not cached is an error, with the command, and no test' '
	start
	exits 1 cargo-ktstr test --kernel 6.99.1 >got 2>err
	says "cargo ktstr kernel build 6.99.1" err
	exits 1 cargo-ktstr test --kernel no-such-key >got2 2>err
	exits 1 cargo-ktstr test --kernel ./nowhere >got3 2>err
	exits 1 cargo-ktstr test --kernel . >got4 2>err
	exits 1 cargo-ktstr test --kernel 6.99.1 --kernel no-such-key >got5 2>err
	cat got* >all
	[ ! -s all ]
'

t 'an image file goes to KTSTR_TEST_KERNEL' '
	start
	mkdir dir
	echo image >dir/$image
	ln -s dir link
	KTSTR_KERNEL=/other cargo-ktstr test --kernel ./link/$image >got
	says "KTSTR_TEST_KERNEL=$PWD/dir/$image" got
	says "KTSTR_KERNEL=unset" got
	cargo-ktstr test --kernel ./link >got
	says "KTSTR_KERNEL=$PWD/dir" got
'

t 'a tree is configured and made, each time, and nothing is cached' '
	start
	tree linux
	for i in 1 2; do
		: >made
		cargo-ktstr test --kernel ./linux -E x >got 2>err || { cat err; exit 1; }
		says "<nextest><run><-E><x>" got
		says "KTSTR_KERNEL=$PWD/linux" got
		grep -q -- "^-j.*KCFLAGS=-Wno-error" made
		says "compile_commands.json" made
	done
	[ -e linux/arch/x86/boot/bzImage ]
	[ ! -e "$XDG_CACHE_HOME/ktstr/kernels" ]
	# A clean commit that the cache holds is made as well.
	git -C linux init -q
	printf ".config\nvmlinux*\n/arch/x86/boot\n*.json\n" >linux/.gitignore
	git -C linux add -A
	git -C linux -c user.name=x -c user.email=x@x commit -qm x
	cargo-ktstr kernel build --source linux >key 2>err || { cat err; exit 1; }
	: >made
	cargo-ktstr test --kernel ./linux >got
	says "KTSTR_KERNEL=$PWD/linux" got
	grep -q -- "^-j" made
	# And one that cannot be made is never tested.
	exits 1 env MAKEFLAGS= KTSTR_MAKEFLAGS=MINI=fail \
		cargo-ktstr test --kernel ./linux >got 2>err
	[ ! -s got ]
'

t 'what is missing is told before a kernel is built, with its install line' '
	start
	tree linux
	: >made
	# Nothing but what lies in bin and our programs.
	ours=$(dirname "$(command -v cargo-ktstr)")
	gone() {
		rm -f "$1"
		exits 77 env PATH="$PWD/bin:$ours" cargo-ktstr $2 \
			--kernel ./linux >got 2>err
		says "$3" err
		says "hint: $4" err
		[ ! -s got ] && [ ! -s made ]
	}
	gone root/lib/rustlib/any/bin/llvm-cov coverage llvm-tools-preview \
		"rustup component add llvm-tools-preview"
	gone bin/rustc coverage llvm-tools-preview \
		"rustup component add llvm-tools-preview"
	gone bin/cargo-llvm-cov coverage "\"cargo-llvm-cov\" is not" \
		"cargo install cargo-llvm-cov"
	gone bin/cargo-nextest test "\"cargo-nextest\" is not" \
		"cargo install cargo-nextest"
	gone bin/cargo coverage "\"cargo\" is not" "apt install cargo"
'

t 'llvm tools may be named in the environment, plugins be cargo'\''s own' '
	start
	rm -r root bin/rustc
	export LLVM_COV=/x LLVM_PROFDATA=/y
	cargo-ktstr coverage >got
	says "<llvm-cov><nextest>" got
	mkdir -p home/bin
	mv bin/cargo-* home/bin
	ours=$(dirname "$(command -v cargo-ktstr)")
	CARGO_HOME=$PWD/home PATH=$PWD/bin:$ours:/bin cargo-ktstr test >got
	says "<nextest><run>" got
'

t 'doctor names what coverage lacks, once cargo-llvm-cov is there' '
	start
	cargo-ktstr doctor >got 2>err || :
	grep -q "^ok *llvm-tools " got
	grep -q "^ok *cargo-nextest *$PWD/bin/cargo-nextest" got
	rm root/lib/rustlib/any/bin/llvm-profdata
	cargo-ktstr doctor >got 2>err || :
	grep -q "^note *llvm-tools *cargo ktstr coverage" got
	says "hint: rustup component add llvm-tools-preview" got
'

t 'several kernels are tested in turn, each told of at the end' '
	start
	store one
	store two
	store three
	cache=$(cd -P "$XDG_CACHE_HOME/ktstr/kernels" && pwd)
	exits 7 env FAIL_WITH=$cache/two KTSTR_SIDECAR_DIR=/s cargo-ktstr test \
		--kernel one --kernel two --kernel "$cache/three" x >got 2>err
	grep KTSTR_KERNEL got >kernels
	printf "KTSTR_KERNEL=$cache/%s\n" one two three >want
	same want kernels
	[ "$(grep -c "<nextest><run><x>" got)" -eq 3 ]
	says "KTSTR_SIDECAR_DIR=/s/one" got
	says "KTSTR_SIDECAR_DIR=/s/$(echo "$cache/three" | tr / +)" got
	tail -n 4 err | sed "s/^cargo-ktstr: //" >sum
	cat >want <<-END
	kernel one: passed
	kernel two: failed, exit status 7
	kernel $cache/three: passed
	2 of 3 kernels passed
	END
	same want sum
	# Each has a directory of its own, below the one that is set.
	KTSTR_SIDECAR_DIR=/s cargo-ktstr --explain test \
		--kernel .. --kernel . --kernel ./x >line
	grep -o "KTSTR_SIDECAR_DIR=[^ ]*" line >got
	printf "KTSTR_SIDECAR_DIR=/s/%s\n" ..+ .+ .+x >want
	same want got
	cargo-ktstr test --kernel one --kernel three >got 2>err
	says "2 of 2 kernels passed" err
	says "KTSTR_SIDECAR_DIR=unset" got
'

t 'what is explained, pasted into bash, does the same' '
	start
	command -v bash >/dev/null || { echo "no bash"; exit 77; }
	store one
	store two
	tree linux
	both() {
		a=0 b=0
		cargo-ktstr ktstr "$@" >out1 2>err || a=$?
		cargo-ktstr ktstr --explain "$@" >line
		bash line >out2 2>err || b=$?
		same out1 out2
		[ "$a" -eq "$b" ] || { echo "$a, $b: $*"; exit 1; }
	}
	both test -E "a b" -- c
	both coverage --kernel one
	both test --kernel ./linux x
	both test --kernel ./image x
	both test --kernel one --kernel two
	cache=$(cd -P "$XDG_CACHE_HOME/ktstr/kernels" && pwd)
	export FAIL_WITH="$cache/one"
	export KTSTR_SIDECAR_DIR="/a b"
	both test --kernel one --kernel two
	both test --kernel one --kernel nope
	store 6.14.2-tarball-$arch ",\"version\":\"6.14.2\",\"source\":\"tarball\""
	both test --kernel 6.14 --build
'

t '--build asks for a version, and builds on a miss alone' '
	start
	store 6.14.2-tarball-$arch ",\"version\":\"6.14.2\",\"source\":\"tarball\""
	cargo-ktstr test --kernel 6.14.2 --build >got
	says "/6.14.2-tarball-$arch" got
	exits 2 cargo-ktstr test --build 2>err
	says "option --build needs --kernel" err
	exits 2 cargo-ktstr test --build --kernel some-key 2>err
	says "no version is known of key \"some-key\"" err
	cargo-ktstr --explain test --build --kernel 6.15-rc3-tarball-$arch >got
	says "|| ktstr-fetch -- 6.15-rc3 | ktstr-kbuild | ktstr-cache add |" got
	# The miss is not complained of, what fails then is.
	exits 1 env KTSTR_KERNEL_MIRROR=file:///nowhere KTSTR_FETCH_TRIES=1 \
		http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
		cargo-ktstr test --build --kernel 6.14.3 >got 2>err
	says "ktstr-fetch: " err
	exits 1 says "not cached" err >/dev/null
	[ ! -s got ]
'

t 'a signal while several kernels are tested ends cargo too' '
	start
	store one
	store two
	cat >bin/cargo <<-END
	#!/bin/sh
	trap "echo told >>$PWD/log; exit 1" TERM
	echo \$\$ >$PWD/started
	while :; do sleep 0.1; done
	END
	cargo-ktstr test --kernel one --kernel two 2>err &
	pid=$!
	for i in $(seq 100); do
		[ -s started ] && break
		sleep 0.1
	done
	kill -TERM $pid
	exits 143 wait $pid
	echo told >want
	same want log
	exits 1 kill -0 "$(cat started)" 2>/dev/null
	says "kernel two: not run" err
'

t 'build-kernel warns, and does what kernel build --source does' '
	start
	tree linux
	cargo-ktstr ktstr build-kernel --kernel linux --clean >got 2>err
	says "deprecated: use cargo ktstr kernel build --source linux --clean" err
	says "(not cached)" got
	says mrproper made
	exits 2 cargo-ktstr build-kernel 2>err
	says "option --kernel is missing" err
	cargo-ktstr --explain build-kernel --kernel linux >got
	echo "ktstr-fetch --source linux | ktstr-kbuild | ktstr-cache add --text" >want
	same want got
	cargo-ktstr --help >help
	exits 1 says build-kernel help >/dev/null
'

end
