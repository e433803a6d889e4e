#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch --source DIR: what a tree is, and what git knows of it
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

own_home
arch=$(uname -m)

tree() {
	cp -r "$fix/mini-kernel" tree
}

# A repository with one commit of the tree.
repo() {
	command -v git >/dev/null || { echo 'git is not installed'; exit 77; }
	tree
	git -C tree init -q -b topic/one
	git -C tree config user.name test
	git -C tree config user.email test@test.invalid
	git -C tree add .
	git -C tree commit -qm one
	hash=$(git -C tree rev-parse HEAD)
	hash7=$(printf %.7s "$hash")
}

t 'a tree that is no repository has a version and no key' '
	tree
	cat >want <<-EOF
	{"schema":"ktstr.kernel/1","source":"local","version":"6.14.2","tree":"$PWD/tree","tree_temporary":false}
	EOF
	ktstr-fetch --source tree >got 2>err
	same want got
	same /dev/null err
'

t 'a clean repository has hash, branch and key; links are followed' '
	repo
	ln -s tree link
	cat >want <<-EOF
	{"schema":"ktstr.kernel/1","source":"local","version":"6.14.2","git_ref":"topic/one","git_hash":"$hash","dirty":false,"key":"local-$hash7-$arch","tree":"$PWD/tree","tree_temporary":false}
	EOF
	ktstr-fetch -s link/arch/.. >got
	same want got
'

t 'a detached HEAD has no branch' '
	repo
	git -C tree checkout -q --detach
	ktstr-fetch -s tree >got
	says "\"key\":\"local-$hash7-$arch\"" got
	exits 1 says git_ref got
'

t 'an edited file makes it dirty, and then it has no key' '
	repo
	echo "# more" >>tree/Kbuild
	ktstr-fetch -s tree >got
	says "\"dirty\":true" got
	exits 1 says "\"key\"" got
'

t 'so does a change that is only staged, also if the file is as before' '
	repo
	echo "# more" >>tree/Kbuild
	git -C tree add Kbuild
	ktstr-fetch -s tree >got
	says "\"dirty\":true" got
	git -C tree show HEAD:Kbuild >tree/Kbuild
	ktstr-fetch -s tree >got
	says "\"dirty\":true" got
'

t 'a deleted file makes it dirty' '
	repo
	rm tree/arch/x86/Kconfig
	ktstr-fetch -s tree >got
	says "\"dirty\":true" got
'

t 'a new time or an untracked file does not; the index stays as it is' '
	repo
	touch -d 2001-01-01 tree/Kbuild tree/Makefile
	echo new >tree/new
	cp -p tree/.git/index before
	ktstr-fetch -s tree >got
	says "\"dirty\":false" got
	cmp before tree/.git/index
'

t 'a changed or missing submodule does not count' '
	repo
	git init -q sub
	git -C sub -c user.name=t -c user.email=t@t.invalid \
		commit -q --allow-empty -m sub
	git -C tree -c protocol.file.allow=always submodule --quiet add "$PWD/sub" sub
	git -C tree commit -qm sub
	git -C tree/sub -c user.name=t -c user.email=t@t.invalid \
		commit -q --allow-empty -m more
	ktstr-fetch -s tree >got
	says "\"dirty\":false" got
	rm -rf tree/sub
	mkdir tree/sub
	ktstr-fetch -s tree >got
	says "\"dirty\":false" got
'

t 'before the first commit there is no hash and no key' '
	repo
	rm -rf tree/.git
	git -C tree init -q
	ktstr-fetch -s tree >got
	says "\"dirty\":true" got
	exits 1 says git_hash got
	exits 1 says "\"key\"" got
'

t 'a tree inside of another repository is not of that repository' '
	repo
	mkdir outer
	git -C outer init -q
	rm -rf tree/.git
	mv tree outer/tree
	ktstr-fetch -s outer/tree >got
	exits 1 says git_hash got
'

t 'a .git that is none counts as no repository' '
	tree
	echo "gitdir: /nonexistent" >tree/.git
	ktstr-fetch -s tree >got
	exits 1 says git_hash got
	exits 1 says dirty got
'

t 'GIT_ variables of the caller point nowhere' '
	repo
	GIT_DIR=/nonexistent GIT_WORK_TREE=/ GIT_INDEX_FILE=/dev/null \
		ktstr-fetch -s tree >got
	says "\"key\":\"local-$hash7-$arch\"" got
'

t 'a program that watches files for git is not started' '
	repo
	printf "#!/bin/sh\ntouch %s/watched\n" "$PWD" >watch
	chmod +x watch
	git -C tree config core.fsmonitor "$PWD/watch"
	ktstr-fetch -s tree >got
	says "\"dirty\":false" got
	test ! -e watched
'

t 'the repository of another user is named, with what to do' '
	[ "$(id -u)" = 0 ] || { echo "only root can give files away"; exit 77; }
	repo
	chown -R 65534 tree
	exits 1 ktstr-fetch -s tree >got 2>err
	says "git does not trust the repository \"$PWD/tree\"" err
	says "hint: git config --global --add safe.directory $PWD/tree" err
	says "\"schema\":\"ktstr.error/1\"" got
'

t 'without git a repository is none, and that is said' '
	repo
	mkdir bin
	ln -s "$(command -v ktstr-fetch)" bin/ktstr-fetch
	PATH=$PWD/bin ktstr-fetch -s tree >got 2>err
	says "git is not installed" err
	exits 1 says git_hash got
'

t 'what is no kernel tree is refused, with what it lacks' '
	mkdir empty
	exits 3 ktstr-fetch -s empty >got 2>err
	says "\"$PWD/empty\" is not a kernel source tree: it has no Makefile" err
	says "hint: " err
	for part in Makefile Kconfig Kbuild arch; do
		rm -rf tree
		tree
		rm -rf "tree/$part"
		exits 3 ktstr-fetch -s tree >got 2>err
		says "$part" err
	done
	tree=$PWD/tree
	rm -rf tree
	tree
	echo "all:" >tree/Makefile
	exits 3 ktstr-fetch -s tree >got 2>err
	says "no kernel version in Makefile" err
	says "\"status\":3" got
'

t 'what is not there, or neither directory nor file, is refused' '
	exits 4 ktstr-fetch -s nothing >got 2>err
	says "\"nothing\"" err
	mkfifo fifo
	exits 3 ktstr-fetch -s fifo >got 2>err
	says "neither a directory nor a tarball" err
	exits 2 ktstr-fetch -s . 6.14 >got 2>err
	says "option --source and \"6.14\" exclude each other" err
	exits 2 ktstr-fetch --sauce tree 2>err
	says "source" err
'

t 'a full standard output is a failure' '
	[ -w /dev/full ] || { echo "there is no /dev/full"; exit 77; }
	tree
	exits 4 ktstr-fetch -s tree >/dev/full 2>err
	says "cannot write" err
'

end
