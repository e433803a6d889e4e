#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# fetch, kbuild, cache: what is built once is found again, what failed is not
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

own_home

setup() {
	build_tools
	command -v git >/dev/null || { echo 'git is not installed'; exit 77; }
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache KTSTR_CCACHE=0
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR KTSTR_CCACHE
	mkdir top
	cp -r "$fix/mini-kernel/." top
	tar cJf k.tar.xz top
}

t 'a tarball is built once: then nothing is unpacked' '
	setup
	supply -s k.tar.xz >first
	says "\"cached\":true" first
	test -z "$(ls build)"
	rm -rf build
	ktstr-fetch -s k.tar.xz >got 2>err
	says "\"image\":\"$PWD/cache/" got
	exits 1 says "\"tree\"" got
	says "cached: 6.14.2+" err
	test ! -e build
	ktstr-kbuild <got >copied
	same got copied
'

t '--force and another file of the same version are not taken from it' '
	setup
	supply -s k.tar.xz >first
	ktstr-fetch --force -s k.tar.xz >got
	says "\"tree\"" got
	echo "# more" >>top/Kbuild
	tar cJf k.tar.xz top
	ktstr-fetch -s k.tar.xz >got
	says "\"tree\"" got
'

t 'an entry of another fragment is made anew' '
	setup
	supply -s k.tar.xz >first
	sed -i "s/\"kconfig_crc32\": \"[0-9a-f]*\"/\"kconfig_crc32\": \"00000000\"/" \
		cache/*/metadata.json
	says 00000000 cache/*/metadata.json
	ktstr-fetch -s k.tar.xz >got
	says "\"tree\"" got
'

t 'an entry with a further fragment does not stand for one without' '
	setup
	echo CONFIG_MINE=y >extra
	ktstr-fetch -s k.tar.xz | ktstr-kbuild --kconfig extra |
		ktstr-cache add >first
	says "\"cached\":true" first
	ktstr-fetch -s k.tar.xz >got
	says "\"tree\"" got
	# But it is found by who has that fragment, and by nobody else.
	ktstr-fetch --kconfig extra -s k.tar.xz >got 2>err
	exits 1 says "\"tree\"" got
	says "cached: 6.14.2+" err
	ktstr-kbuild --kconfig extra <got >copied
	same got copied
	echo CONFIG_OTHER=y >other
	ktstr-fetch --kconfig other -s k.tar.xz >got
	says "\"tree\"" got
	crc=$(gzip -c other | tail -c 8 | od -An -tx4 -N4 | tr -d " ")
	says "tarball-x86_64-x$crc\"" got
	ktstr-kbuild --kconfig other <got >built
	says "tarball-x86_64-x$crc\"" built
	echo "no configuration" >bad
	exits 3 ktstr-fetch --kconfig bad -s k.tar.xz >got 2>err
	says "bad: line 1" err
'

t 'a commit is built once; an edit is built and not cached' '
	setup
	printf ".config\nvmlinux*\n/arch/x86/boot\ncompile_commands.json\n" >top/.gitignore
	git -C top init -q
	git -C top -c user.name=t -c user.email=t@t.invalid add .
	git -C top -c user.name=t -c user.email=t@t.invalid commit -qm one
	supply -s top >first
	says "\"cached\":true" first
	ktstr-fetch -s top >got
	says "\"image\":\"$PWD/cache/local-" got
	echo "# more" >>top/Kbuild
	ktstr-fetch -s top >got
	says "\"tree\"" got
	supply -s top >second
	says "\"cached\":false" second
	[ "$(ls cache | wc -l)" -eq 1 ]
'

t 'a commit that is configured anew is built anew, and found again then' '
	setup
	git -C top init -q
	printf "%s\n" .config vmlinux "*.a" bzImage compile_commands.json \
		>top/.gitignore
	git -C top add -A
	git -C top -c user.name=t -c user.email=t@t commit -qm one
	supply -s top >first
	says "\"cached\":true" first
	ktstr-fetch -s top >got
	exits 1 says "\"tree\"" got
	echo CONFIG_MINE=y >>top/.config
	supply -s top >second 2>err
	says "has another configuration than the tree, and is made anew" err
	says CONFIG_MINE=y cache/*/.config
	ktstr-fetch -s top >got
	exits 1 says "\"tree\"" got
	# Nothing to hold it against.
	rm top/.config
	ktstr-fetch -s top >got
	exits 1 says "\"tree\"" got
'

t 'a build that fails caches nothing, and the end of the pipe tells' '
	setup
	export MINI=fail
	exits 1 supply -s k.tar.xz >got 2>err
	says "\"schema\":\"ktstr.error/1\"" got
	says "error: bytes" err
	test ! -e cache
	rm -f build/*.log
	test -z "$(ls build)"
'

end
