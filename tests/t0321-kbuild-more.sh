#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-kbuild: words for make, clang, the bar's total, text for people
# shellcheck disable=SC2016,SC2086,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

own_home

# A temporary small tree, and a make that notes what it is told.
setup() {
	build_tools
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CACHE_DIR=$PWD/cache KTSTR_CCACHE=0
	export KTSTR_BUILD_DIR KTSTR_CACHE_DIR KTSTR_CCACHE
	mkdir build bin
	tree
	printf '#!/bin/sh\nprintf "%%s|" "$@" >>%s/words\necho >>%s/words\nexec %s "$@"\n' \
		"$PWD" "$PWD" "$(command -v make)" >bin/make
	chmod +x bin/make
	PATH=$PWD/bin:$PATH
}

tree() {
	cp -r "$fix/mini-kernel" build/K.ktstr-tmp.AAAAAA
	cat >in <<-EOF
	{"schema":"ktstr.kernel/1","source":"tarball","version":"6.14.2","key":"K","tree":"$PWD/build/K.ktstr-tmp.AAAAAA","tree_temporary":true}
	EOF
}

# fake NAME...: programs of these names that do nothing but say a version
fake() {
	for f; do
		printf '#!/bin/sh\necho "%s version 99.0"\n' "$f" >bin/$f
		chmod +x bin/$f
	done
}

t 'KTSTR_MAKEFLAGS is words of every make, after ours, with -j to compile' '
	setup
	KTSTR_MAKEFLAGS="  A=1	V=1 " ktstr-kbuild -j 3 <in >got
	[ "$(wc -l <words)" -ge 3 ]
	exits 1 grep -v "|A=1|V=1|" words
	says "-j3|KCFLAGS=-Wno-error|A=1|V=1|" words
	exits 1 grep -q "defconfig.*-j3\|-j3.*defconfig" words
'

t 'LLVM=1 asks for clang and lld, and compiles with them' '
	setup
	fake clang ld.lld llvm-ar llvm-nm llvm-objcopy llvm-strip ccache
	for how in flags environment; do
		rm -rf build/K.ktstr-tmp.AAAAAA words
		tree
		case $how in
		flags) KTSTR_CCACHE=1 KTSTR_MAKEFLAGS=LLVM=1 \
			ktstr-kbuild <in >got ;;
		*) KTSTR_CCACHE=1 LLVM=1 ktstr-kbuild <in >got ;;
		esac
		says "CC=ccache clang|" words
		[ $how = environment ] || exits 1 grep -v "|LLVM=1|" words
		exits 1 grep -q "CC=ccache gcc" words
	done
	rm -rf build/K.ktstr-tmp.AAAAAA words
	tree
	KTSTR_CCACHE=1 ktstr-kbuild <in >got
	says "CC=ccache gcc|" words
'

t 'LLVM=-19 and LLVM=DIR/ name another clang, which is looked for and used' '
	setup
	mkdir -p opt/bin
	fake clang-19 ld.lld-19 llvm-ar-19 ccache
	LLVM=-19 ktstr-kbuild <in >got
	[ -s got ]
	rm -rf build/K.ktstr-tmp.AAAAAA words
	tree
	KTSTR_CCACHE=1 KTSTR_MAKEFLAGS=LLVM=-19 ktstr-kbuild <in >got
	says "CC=ccache clang-19|" words
	rm -rf build/K.ktstr-tmp.AAAAAA words
	tree
	LLVM=-18 exits 77 ktstr-kbuild <in >got 2>err
	says "what is not here: clang-18, ld.lld-18, llvm-ar-18" err
	tree
	LLVM=$PWD/opt/bin/ exits 77 ktstr-kbuild <in >got 2>err
	says "$PWD/opt/bin/clang, $PWD/opt/bin/ld.lld, " err
	tree
	for f in clang ld.lld llvm-ar; do
		mv bin/$f-19 opt/bin/$f
	done
	KTSTR_CCACHE=1 LLVM=$PWD/opt/bin/ ktstr-kbuild <in >got
	says "CC=ccache $PWD/opt/bin/clang|" words
'

t 'more words than there is room for are wrong usage' '
	setup
	KTSTR_MAKEFLAGS=$(seq -s " " 40) exits 2 ktstr-kbuild <in >got 2>err
	says "KTSTR_MAKEFLAGS has more than" err
'

t 'the steps of a build are the total of the next, of its own version first' '
	setup
	ktstr-kbuild <in >got
	echo 2 >want
	same want build/.steps-x86_64-slim
	same want build/.steps-x86_64-slim-6.14.2
	rm -rf build/K.ktstr-tmp.AAAAAA
	tree
	sed -i "s/SUBLEVEL = 2/SUBLEVEL = 3/" build/K.ktstr-tmp.AAAAAA/Makefile
	printf "\techo\n" >>build/K.ktstr-tmp.AAAAAA/Makefile
	sed "s/6.14.2/6.14.3/" in | ktstr-kbuild >got
	[ -s build/.steps-x86_64-slim-6.14.3 ]
	rm -rf build/K.ktstr-tmp.AAAAAA
	tree
	sed "s|6.14.2|../../x|" in | ktstr-kbuild >got
	[ ! -e build/../../x ]
	[ "$(find build -name ".steps*" | wc -l)" -eq 3 ]
'

t '-t prints a line for people, and says if a tree is ready' '
	setup
	ktstr-kbuild -t --check <in >got
	echo "K  $PWD/build/K.ktstr-tmp.AAAAAA: ready to build, with all that the guest needs" >want
	same want got
	ktstr-kbuild -t <in >got
	echo "K  $PWD/build/K.ktstr-tmp.AAAAAA/arch/x86/boot/bzImage" >want
	same want got
	echo "CONFIG_PSI=y" >extra
	ktstr-kbuild -t --check --kconfig extra <in >got
	says "without some that the guest needs" got
	echo "{\"schema\":\"ktstr.kernel/1\",\"key\":\"K\",\"image\":\"/x/bzImage\"}" >in
	ktstr-kbuild -t <in >got
	echo "K  /x/bzImage" >want
	same want got
'

end
