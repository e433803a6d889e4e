#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# two builders of one kernel: one builds, the other takes what came of it
# shellcheck disable=SC2016,SC2086,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

own_home

# A small tree that writes a line into "builds" and then waits for "go".
setup() {
	build_tools
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache KTSTR_CCACHE=0
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR KTSTR_CCACHE
	cp -r "$fix/mini-kernel" top
	{
		printf 'all: gate\nvmlinux.$(MINI): gate\ngate:\n'
		printf '\techo build >>%s/builds\n' "$PWD"
		printf '\twhile [ ! -e %s/go ]; do sleep 0.05; done\n' "$PWD"
	} >>top/Makefile
	tar cJf k.tar.xz top
	mkdir build
}

# until SECONDS COMMAND...: it must succeed before so many have gone
until_() {
	n=$(($1 * 20))
	shift
	while ! "$@" 2>/dev/null; do
		n=$((n - 1))
		[ $n -gt 0 ] || { echo "never: $*"; return 1; }
		sleep 0.05
	done
}

t 'two at once: one build, both have the entry, and no tree is left' '
	setup
	supply -s k.tar.xz >one 2>err1 &
	a=$!
	until_ 20 [ -s builds ]
	supply -s k.tar.xz >two 2>err2 &
	b=$!
	until_ 20 grep -q "waiting for another build of \"6.14.2" err2
	touch go
	wait $a
	wait $b
	[ "$(wc -l <builds)" -eq 1 ]
	says "\"cached\":true" one
	says "\"cached\":true" two
	says "\"image\":\"$PWD/cache/6.14.2+" two
	exits 1 says "\"tree\"" two
	says "cached meanwhile: 6.14.2+" err2
	[ -z "$(ls build)" ]
	ktstr-cache verify >got
'

t 'two forced ones are one build too: it is as new as was asked for' '
	setup
	touch go
	supply -s k.tar.xz >old
	rm go
	supply --force -s k.tar.xz >one 2>err1 &
	a=$!
	until_ 20 sh -c "[ \$(wc -l <builds) -eq 2 ]"
	supply --force -s k.tar.xz >two 2>err2 &
	b=$!
	until_ 20 grep -q "waiting for another build of" err2
	touch go
	wait $a
	wait $b
	[ "$(wc -l <builds)" -eq 2 ]
	says "cached meanwhile" err2
	# One that comes later is forced in earnest.
	supply --force -s k.tar.xz >three
	[ "$(wc -l <builds)" -eq 3 ]
'

t 'if the first fails the second builds' '
	setup
	MINI=fail supply -s k.tar.xz >one 2>err1 &
	a=$!
	until_ 20 [ -s builds ]
	supply -s k.tar.xz >two 2>err2 &
	b=$!
	until_ 20 grep -q "waiting for another build of" err2
	touch go
	exits 1 wait $a
	wait $b
	[ "$(wc -l <builds)" -eq 2 ]
	says "\"cached\":true" two
	rm -f build/*.log
	[ -z "$(ls build)" ]
'

t 'if the first is killed the second builds' '
	setup
	ktstr-fetch -s k.tar.xz >rec
	ktstr-kbuild <rec >one 2>err1 &
	a=$!
	until_ 20 [ -s builds ]
	supply -s k.tar.xz >two 2>err2 &
	b=$!
	until_ 20 grep -q "waiting for another build of" err2
	kill -9 $a
	exits 137 wait $a || :
	rm -r "$(sed -n "s/.*\"tree\":\"\([^\"]*\)\".*/\1/p" rec)"
	touch go
	wait $b
	says "\"cached\":true" two
'

t 'one that waits can be told to stop' '
	setup
	supply -s k.tar.xz >one 2>err1 &
	a=$!
	until_ 20 [ -s builds ]
	ktstr-fetch -s k.tar.xz >rec
	ktstr-kbuild <rec >two 2>err2 &
	b=$!
	until_ 20 grep -q "waiting for another build of" err2
	kill -TERM $b
	exits 143 wait $b
	touch go
	wait $a
	[ -z "$(ls build)" ]
'

# The same commit in two trees that stay.
trees()
{
	command -v git >/dev/null || { echo "git is not installed"; exit 77; }
	printf "%s\n" .config vmlinux "*.a" bzImage compile_commands.json \
		>top/.gitignore
	git -C top init -q
	git -C top add -A
	git -C top -c user.name=t -c user.email=t@t commit -qm one
	git -C top worktree add -q ../wt
}

t 'trees that stay are built each, for they may be configured each' '
	setup
	trees
	supply -s top >one 2>err1 &
	a=$!
	until_ 20 [ -s builds ]
	ktstr-fetch --force -s wt >rec
	ktstr-kbuild <rec >two 2>err2 &
	b=$!
	until_ 20 sh -c "[ \$(wc -l <builds) -eq 2 ]"
	touch go
	wait $a
	wait $b
	exits 1 grep -q "waiting\|meanwhile" err2
	[ -s wt/vmlinux ]
'

t 'a kernel of a source that is verified less is not taken' '
	setup
	key=6.14.2-tarball-x86_64
	for n in one two; do
		cp -r top build/$n.ktstr-tmp.AAAAAA
		printf "%s" "{\"schema\":\"ktstr.kernel/1\",\"source\":\"tarball\"," \
			"\"version\":\"6.14.2\",\"key\":\"$key\"," \
			"\"tree\":\"$PWD/build/$n.ktstr-tmp.AAAAAA\",\"tree_temporary\":true," \
			"\"verified\":\"$([ $n = one ] && echo none || echo pgp)\"}" >$n.in
		echo >>$n.in
	done
	ktstr-kbuild <one.in 2>err1 | ktstr-cache add >one &
	a=$!
	until_ 20 [ -s builds ]
	ktstr-kbuild <two.in 2>err2 | ktstr-cache add >two &
	b=$!
	until_ 20 grep -q "waiting for another build of \"$key" err2
	touch go
	wait $a
	wait $b
	[ "$(wc -l <builds)" -eq 2 ]
	says "\"verified\":\"pgp\"" two
	exits 1 grep -q meanwhile err2
'

t 'a tree is stored before the next build in it, or not at all' '
	setup
	trees
	ktstr-fetch -s top >rec
	touch go
	ktstr-kbuild <rec >built
	# Somebody builds in it, and has another configuration.
	flock top sh -c "until grep -q waiting err; do sleep 0.05; done;
		echo CONFIG_MINE=y >>top/.config" &
	until_ 20 sh -c "! flock -n top true"
	exits 1 ktstr-cache add <built >got 2>err
	says "waiting for a build in \"$PWD/top\"" err
	says ".config\" has changed since the kernel was built" err
	[ -z "$(ls cache)" ]
'

t 'other kernels are not waited for' '
	setup
	supply -s k.tar.xz >one 2>err1 &
	a=$!
	until_ 20 [ -s builds ]
	mkdir other
	cp -r "$fix/mini-kernel" other/top
	tar cJf o.tar.xz -C other top
	supply -s o.tar.xz >two 2>err2
	exits 1 grep -q waiting err2
	touch go
	wait $a
'

end
