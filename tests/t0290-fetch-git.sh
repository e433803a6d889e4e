#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch --git: branches, tags, commits; servers that give and that refuse
# shellcheck disable=SC2016,SC2034,SC2086,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

own_home
arch=$(uname -m)
git config --global init.defaultBranch main
git config --global user.name test
git config --global user.email test@test.invalid

# Two commits on main, one more on topic/one; tags v1 (annotated) and light.
repo() {
	command -v git >/dev/null || { echo 'git is not installed'; exit 77; }
	[ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -gt 6200000 ] ||
		{ echo 'a clone asks for 6 GB of free space'; exit 77; }
	cp -r "$fix/mini-kernel" origin
	git -C origin init -q
	git -C origin add .
	git -C origin commit -qm one
	git -C origin tag -a -m v1 v1
	one=$(git -C origin rev-parse HEAD)
	echo "# two" >>origin/Kbuild
	git -C origin commit -qam two
	git -C origin tag light
	two=$(git -C origin rev-parse HEAD)
	echo "# three" >>origin/Kbuild
	git -C origin commit -qam three
	main=$(git -C origin rev-parse HEAD)
	git -C origin checkout -qb topic/one
	echo "# four" >>origin/Kbuild
	git -C origin commit -qam four
	topic=$(git -C origin rev-parse HEAD)
	git -C origin checkout -q main
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR
	url=file://$PWD/origin
}

# is HASH REF: got must be the record of this commit, checked out, and no more
is() {
	hash7=$(printf %.7s "$1")
	key=$(printf %s "$2" | tr / +)-git-$hash7-$arch
	tree=$(sed -n 's/.*"tree":"\([^"]*\)".*/\1/p' got)
	case $tree in "$PWD/build/$key".ktstr-tmp.??????) ;; *)
		echo "tree is \"$tree\""
		return 1
		;;
	esac
	cat >want <<-EOF
	{"schema":"ktstr.kernel/1","source":"git","version":"6.14.2","git_ref":"$2","git_hash":"$1","dirty":false,"url":"$url","key":"$key","tree":"$tree","tree_temporary":true}
	EOF
	same want got
	[ "$(git -C "$tree" rev-parse HEAD)" = "$1" ]
	[ -z "$(git -C "$tree" status --porcelain)" ]
}

fetch() {
	ktstr-fetch --git "$url" --ref "$1" >got
}

# daemon [OPTION...]: serve origin by git's own protocol at $url
daemon() {
	[ -x "$(git --exec-path)/git-daemon" ] ||
		{ echo 'git daemon is not installed'; exit 77; }
	for port in 9418 19418 29418 39418 49418; do
		git daemon --reuseaddr --listen=127.0.0.1 --port=$port \
			--export-all --base-path="$PWD" "$@" \
			>daemon.log 2>&1 &
		daemon_pid=$!
		for i in 1 2 3 4 5 6 7 8 9 10; do
			sleep 0.1
			kill -0 $daemon_pid 2>/dev/null || break
			url=git://127.0.0.1:$port/origin
			! git ls-remote "$url" >/dev/null 2>&1 || return 0
		done
		kill $daemon_pid 2>/dev/null || :
	done
	echo 'git daemon does not start'
	cat daemon.log
	return 1
}

# The daemon of a test that failed ends with it.
stop_daemon() {
	kill "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null || :
}

t 'a branch, also with a slash, is its one commit' '
	repo
	fetch main 2>err
	is $main main
	[ "$(git -C "$tree" rev-list --count HEAD)" -eq 1 ]
	fetch topic/one
	is $topic topic/one
	fetch refs/heads/main
	is $main refs/heads/main
	fetch HEAD
	is $main HEAD
'

t 'a tag is the commit it tags, annotated or not' '
	repo
	fetch v1
	is $one v1
	fetch light
	is $two light
'

t 'a tag goes before a branch of that name' '
	repo
	git -C origin branch light topic/one
	fetch light
	is $two light
'

t 'a commit by its whole id, wherever it is' '
	repo
	for hash in $main $topic $two $one; do
		fetch $hash
		is $hash $hash
		[ "$(git -C "$tree" rev-list --count HEAD)" -eq 1 ]
	done
'

t 'part of an id: at a tag it is found at once, else among the branches' '
	repo
	short=$(printf %.10s $two)
	fetch $short 2>err
	is $two $short
	[ "$(git -C "$tree" rev-list --count HEAD)" -eq 1 ]
	exits 1 says "looking for" err
	git -C origin tag -d light >/dev/null
	fetch $short 2>err
	is $two $short
	says "looking for $short in the last 100 commits" err
'

t 'what is not there is said in a line, and leaves nothing' '
	repo
	for ref in none v2 main/x deadbee 0123456789abcdef \
		0123456789012345678901234567890123456789; do
		exits 1 fetch $ref 2>err
		says "$ref" err
		[ "$(grep -vc "^hint:\|looking for\|no branch or tag\|: fetching " err)" -eq 1 ]
		says "ktstr.error/1" got
		[ -z "$(ls build 2>/dev/null)" ]
	done
'

t 'a directory may be named as it is seen from here' '
	repo
	url=origin
	ktstr-fetch --git origin --ref main >got
	is $main main
'

t 'a cached commit costs no clone, and a whole id not even a question' '
	repo
	echo image >image
	printf "{\"schema\":\"ktstr.kernel/1\",\"source\":\"git\",\"arch\":\"%s\",\"image\":\"%s\",\"key\":\"%s\",\"git_hash\":\"%s\",\"git_ref\":\"main\"}\n" \
		$arch "$PWD/image" main-git-$(printf %.7s $main)-$arch $main |
		ktstr-cache add >stored
	fetch main 2>err
	says "\"cached\":true" got
	says "\"git_hash\":\"$main\"" got
	[ ! -e build ]
	printf "{\"schema\":\"ktstr.kernel/1\",\"source\":\"git\",\"arch\":\"%s\",\"image\":\"%s\",\"key\":\"%s\",\"git_hash\":\"%s\"}\n" \
		$arch "$PWD/image" $main-git-$(printf %.7s $main)-$arch $main |
		ktstr-cache add >stored
	mv origin away
	fetch $main 2>err
	says "\"cached\":true" got
	mv away origin
	ktstr-fetch --force --git "$url" --ref main >got
	is $main main
	# The branch moves on.
	git -C origin checkout -q topic/one
	git -C origin branch -qf main topic/one
	fetch main
	is $topic main
'

t 'an entry of another commit with the same digits is not it' '
	repo
	echo image >image
	other=$(printf %.7s $main)000000000000000000000000000000000
	printf "{\"schema\":\"ktstr.kernel/1\",\"source\":\"git\",\"arch\":\"%s\",\"image\":\"%s\",\"key\":\"%s\",\"git_hash\":\"%s\"}\n" \
		$arch "$PWD/image" main-git-$(printf %.7s $main)-$arch $other |
		ktstr-cache add >stored
	fetch main 2>err
	is $main main
	says "another commit" err
'

t 'by the git protocol it is the same' '
	repo
	daemon
	fetch v1 && is $one v1 && fetch topic/one && is $topic topic/one &&
		fetch $two && is $two $two || { stop_daemon; exit 1; }
	stop_daemon
'

t 'a server that gives away no such commit: its branches are searched' '
	repo
	# The first version of the protocol is the one that asks.
	git config --global protocol.version 0
	git -C origin config uploadpack.allowReachableSHA1InWant false
	git -C origin config uploadpack.allowTipSHA1InWant false
	git -C origin tag -d light >/dev/null
	daemon
	fetch $two 2>err && is $two $two || { stop_daemon; cat err; exit 1; }
	says "gives away no commit" err
	says "looking for $two" err
	gone=0123456789012345678901234567890123456789
	exits 1 fetch $gone 2>err || { stop_daemon; exit 1; }
	says "within 10000 of a branch" err
	git -C origin config uploadpack.allowReachableSHA1InWant true
	fetch $two 2>err && is $two $two || { stop_daemon; cat err; exit 1; }
	exits 1 says "looking for" err
	stop_daemon
	git config --global --unset protocol.version
'

t 'a server that is not there is worth another try' '
	repo
	url=git://127.0.0.1:1/origin
	exits 5 fetch main 2>err
	says "git cannot ask \"$url\"" err
'

t 'a server that does not answer is waited for until we are told to stop' '
	repo
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	cat >silent.py <<-\EOF
	import socket, time
	s = socket.socket()
	s.bind(("127.0.0.1", 0))
	s.listen()
	print(s.getsockname()[1], flush=True)
	time.sleep(60)
	EOF
	mkfifo port
	python3 silent.py >port &
	server=$!
	read -r n <port
	ktstr-fetch --git "git://127.0.0.1:$n/x" --ref main >got 2>err &
	pid=$!
	sleep 0.5
	kill -TERM $pid
	exits 143 wait $pid
	kill $server
	says "interrupted by SIGTERM" err
	[ -z "$(ls build 2>/dev/null)" ]
'

t 'a repository that is no kernel is refused, and removed' '
	repo
	git init -q notes
	git -C notes commit -q --allow-empty -m none
	exits 3 ktstr-fetch --git notes --ref main >got 2>err
	says "notes: " err
	[ -z "$(ls build)" ]
'

t 'the callers git variables derail nothing' '
	repo
	GIT_DIR=/nonexistent GIT_WORK_TREE=/ GIT_INDEX_FILE=/x \
		GIT_OBJECT_DIRECTORY=/y fetch main
	is $main main
'

t 'a password in the URL is not told' '
	repo
	exits 5 ktstr-fetch --git http://me:secret@127.0.0.1:1/x --ref main \
		>got 2>err || exits 1 ktstr-fetch \
		--git http://me:secret@127.0.0.1:1/x --ref main >got 2>err
	says "http://me@127.0.0.1:1/x" err
	exits 1 grep -q secret err got
'

t 'a submodule is not fetched, and no hook is run' '
	repo
	git -C origin -c protocol.file.allow=always submodule --quiet add \
		"$PWD/nowhere" sub 2>/dev/null || :
	mkdir template template/hooks
	printf "#!/bin/sh\ntouch %s/hooked\n" "$PWD" >template/hooks/post-checkout
	chmod +x template/hooks/post-checkout
	git config --global init.templateDir "$PWD/template"
	fetch main
	is $main main
	[ ! -e hooked ]
	git config --global --unset init.templateDir
'

t 'wrong usage' '
	exits 2 ktstr-fetch --git x 2>err
	says "ref" err
	exits 2 ktstr-fetch --ref x 2>err
	exits 2 ktstr-fetch --git x --ref y --source z 2>err
	for ref in "" -x "a b" a..b "a~1" "a^{}" "a:b" "*" "x@{1}" /a a/; do
		exits 2 ktstr-fetch --git x --ref="$ref" 2>err
		says "cannot be a ref" err
	done
	exits 2 ktstr-fetch --git=--upload-pack=x --ref y 2>err
	says "is no URL" err
	mkdir bin
	ln -s "$(command -v ktstr-fetch)" bin/
	PATH=$PWD/bin exits 77 ktstr-fetch --git x --ref y 2>err
	says "hint: apt install git" err
'

end
