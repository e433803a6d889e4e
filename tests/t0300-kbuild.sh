#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-kbuild: configure, check, build, and what is left when that fails
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/small-kernel.sh
. "$top/tests/helpers/small-kernel.sh"

own_home

# A tree, a build directory, and a record of them in "in".
setup() {
	build_tools
	KTSTR_BUILD_DIR=$PWD/build KTSTR_CCACHE=0
	export KTSTR_BUILD_DIR KTSTR_CCACHE
	mkdir build
	cp -r "$fix/mini-kernel" tree
	record "$PWD/tree" false
}

record() {
	cat >in <<-EOF
	{"schema":"ktstr.kernel/1","source":"tarball","version":"6.14.2","key":"K","tree":"$1","tree_temporary":$2}
	EOF
}

# The same with a tree that is temporary.
setup_temporary() {
	setup
	mv tree build/K.ktstr-tmp.AAAAAA
	record "$PWD/build/K.ktstr-tmp.AAAAAA" true
}

empty() {
	test -z "$(ls -A build)"
}

t 'a tree is configured and built, and its record tells of it' '
	setup
	ktstr-kbuild <in >got
	crc=$(gzip -c tree/.config | tail -c 8 | od -An -tx4 -N4 | tr -d " ")
	sed "s/\"build_ns\":[0-9]*/\"build_ns\":1/; s/\"built_at\":\"[^\"]*\"/\"built_at\":\"x\"/; s/\"kconfig_crc32\":\"[0-9a-f]*\"/\"kconfig_crc32\":\"y\"/" got >clean
	same - clean <<-EOF
	{"schema":"ktstr.kernel/1","source":"tarball","version":"6.14.2","key":"K","tree":"$PWD/tree","tree_temporary":false,"arch":"x86_64","image":"$PWD/tree/arch/x86/boot/bzImage","vmlinux":"$PWD/tree/vmlinux","config":"$PWD/tree/.config","config_hash":"$crc","kconfig_crc32":"y","build_ns":1,"built_at":"x"}
	EOF
	says CONFIG_SCHED_CLASS_EXT=y tree/.config
	says CONFIG_EXPERT=y tree/.config
	test -z "$(ls build)"
'

t 'a record that is built already is copied; so are those of others' '
	cat >in <<-\EOF
	{"schema":"ktstr.kernel/1","key":"K","image":"/x/bzImage","cached":true}
	{"schema":"ktstr.run/1","passed":true}
	EOF
	KTSTR_BUILD_DIR=$PWD/build ktstr-kbuild <in >got
	same in got
'

t 'a record with neither tree nor image is an error in its place' '
	echo "{\"schema\":\"ktstr.kernel/1\",\"key\":\"K\"}" >in
	KTSTR_BUILD_DIR=$PWD/build exits 1 ktstr-kbuild <in >got 2>err
	says "neither \\\"tree\\\" nor \\\"image\\\"" got
	says "\"schema\":\"ktstr.error/1\"" got
'

t 'a tree that is relative, none or gone is an error' '
	setup
	for tree in tree /nonexistent "$PWD/build"; do
		record "$tree" false
		exits 1 ktstr-kbuild <in >got 2>err ||
			exits 4 ktstr-kbuild <in >got 2>err
		says "$tree" err
	done
'

t '--check configures and builds nothing' '
	setup
	ktstr-kbuild --check <in >got
	says "\"config\":\"$PWD/tree/.config\"" got
	exits 1 says "\"image\"" got
	test ! -e tree/vmlinux
'

t 'a .config that has all it needs stays as it is, to the byte and second' '
	setup
	ktstr-kbuild --check <in >got
	echo "# mine, without an end" >>tree/.config
	touch -d 2001-01-01 tree/.config
	cp -p tree/.config before
	ktstr-kbuild --check <in >got
	cmp before tree/.config
	test ! tree/.config -nt before
'

t 'one that lacks something gets that, and no slimming' '
	setup
	printf "CONFIG_MINE=m\nCONFIG_HZ=1000\nCONFIG_PSI=y" >tree/.config
	ktstr-kbuild --check <in >got
	says CONFIG_MINE=m tree/.config
	says CONFIG_HZ=1000 tree/.config
	says CONFIG_BPF_EVENTS=y tree/.config
	exits 1 says CONFIG_EXPERT tree/.config
	says kconfig_crc32 got
'

t 'a value is compared whole: NR_CPUS=1 is not 512, 8192 will do' '
	setup
	ktstr-kbuild --check <in >got
	sed -i "s/^CONFIG_NR_CPUS=.*/CONFIG_NR_CPUS=1/" tree/.config
	ktstr-kbuild --check <in >got
	says CONFIG_NR_CPUS=512 tree/.config
	sed -i "s/^CONFIG_NR_CPUS=.*/CONFIG_NR_CPUS=8192/" tree/.config
	ktstr-kbuild --check <in >got
	says CONFIG_NR_CPUS=8192 tree/.config
'

t 'an option lost on the way stops it, with the reason; .config stays' '
	setup
	echo CONFIG_HZ=100 >tree/.config
	DROP="CONFIG_FTRACE CONFIG_KPROBE_EVENTS" \
		exits 1 ktstr-kbuild <in >got 2>err
	says "CONFIG_FTRACE=y" err
	says "CONFIG_KPROBE_EVENTS=y (it depends on FTRACE, which is off)" err
	echo CONFIG_HZ=100 >want
	same want tree/.config
	test ! -e tree/vmlinux
	DROP="CONFIG_DEBUG_INFO_BTF" exits 1 ktstr-kbuild <in >got 2>err
	says "PAHOLE_VERSION >= 116, and that is n" err
	says "hint: it needs pahole" err
'

t 'an option the tree does not know is no loss; -v tells' '
	setup
	DROP=CONFIG_PVH ktstr-kbuild -v --check <in >got 2>err
	says "CONFIG_PVH is not known to this tree" err
	says kconfig_crc32 got
'

t 'so it is with what would only have been turned off, where we configure' '
	setup
	rm -f tree/.config
	ktstr-kbuild -v --check <in >got 2>err
	says "CONFIG_DRM is not known to this tree" err
	ktstr-kbuild -v --check <in >got 2>err
	! grep CONFIG_DRM err
'

t 'a tree without the scheduler class is told which kernels have it' '
	setup
	sed -i "/SCHED_CLASS_EXT/,\$d" tree/Kconfig
	DROP=CONFIG_SCHED_CLASS_EXT exits 1 ktstr-kbuild <in >got 2>err
	says "CONFIG_SCHED_CLASS_EXT=y (this tree has no such option)" err
	says "hint: sched_ext is in Linux 6.12 and later" err
'

t 'a malformed .config names its line' '
	setup
	printf "CONFIG_A=y\nhello\n" >tree/.config
	exits 1 ktstr-kbuild <in >got 2>err
	says "tree/.config: line 2" err
'

t '--kconfig adds, overrides, and is part of the key' '
	setup
	printf "CONFIG_MINE=y\nCONFIG_PSI=y" >extra
	ktstr-kbuild --check --kconfig extra <in >got
	says CONFIG_MINE=y tree/.config
	says CONFIG_PSI=y tree/.config
	crc=$(gzip -c extra | tail -c 8 | od -An -tx4 -N4 | tr -d " ")
	says "\"key\":\"K-x$crc\"" got
	exits 1 says kconfig_crc32 got
	echo "no configuration" >extra
	exits 3 ktstr-kbuild --kconfig extra <in >got 2>err
	says "extra: line 1" err
	echo CONFIG_SCHED_CLASS_EXT=n >extra
	exits 1 ktstr-kbuild --check --kconfig extra <in >got 2>err
	says CONFIG_SCHED_CLASS_EXT err
'

t 'a built kernel is not taken for one with --kconfig' '
	setup
	echo CONFIG_MINE=y >extra
	echo "{\"schema\":\"ktstr.kernel/1\",\"key\":\"K\",\"image\":\"/x\"}" >in
	exits 1 ktstr-kbuild --kconfig extra <in >got 2>err
	says "without that --kconfig" err
	crc=$(gzip -c extra | tail -c 8 | od -An -tx4 -N4 | tr -d " ")
	echo "{\"schema\":\"ktstr.kernel/1\",\"key\":\"K-x$crc\",\"image\":\"/x\"}" >in
	ktstr-kbuild --kconfig extra <in >got
	same in got
'

t 'a build that fails shows its own last lines, and where all of them are' '
	setup_temporary
	MINI=fail exits 1 ktstr-kbuild <in >got 2>err
	printf "kernel/x.c:1: error: bytes \377\n" >want
	grep -qF "$(cat want)" err
	says "line 99" err
	exits 1 says "line 10 " err
	says "make failed with exit status 2" err
	says "whole output is in $PWD/build/K.ktstr-tmp.AAAAAA.ktstr.log" err
	says "line 10" build/K.ktstr-tmp.AAAAAA.ktstr.log
	says "\"schema\":\"ktstr.error/1\"" got
	exits 1 says "\"image\"" got
	test ! -e build/K.ktstr-tmp.AAAAAA
'

t 'a tree that is not ours is not removed, whatever its record says' '
	setup
	mkdir other
	mv tree other/K.ktstr-tmp.AAAAAA
	record "$PWD/other/K.ktstr-tmp.AAAAAA" true
	MINI=fail exits 1 ktstr-kbuild <in >got 2>err
	says "is not removed" err
	test -e other/K.ktstr-tmp.AAAAAA/Makefile
'

for signal in INT:130 TERM:143; do
	t "SIG${signal%:*}: make and its children are gone, and so is the tree" '
		setup_temporary
		PIDS=$PWD/pids SIGNAL='${signal%:*}' MINI=hang \
			exits '${signal#*:}' ktstr-kbuild <in >got 2>err
		says "interrupted by SIG'${signal%:*}'" err
		[ "$(wc -l <pids)" -eq 2 ]
		# A zombie is gone, but for its parent to see.
		while read -r pid; do
			n=0
			while grep -q "^State:[[:space:]]*[^ZX]" \
				"/proc/$pid/status" 2>/dev/null; do
				n=$((n + 1))
				[ $n -lt 50 ] || { echo "$pid runs"; exit 1; }
				sleep 0.1
			done
		done <pids
		rm -f build/*.log
		empty
	'
done

t 'a kernel without BTF is refused' '
	setup
	MINI=nobtf exits 1 ktstr-kbuild <in >got 2>err
	says "has no BTF" err
	says "hint: it is made by pahole" err
'

t 'everything that is missing is named at once, with the packages' '
	setup
	mkdir bin
	for tool in make gcc ld bc perl ktstr-kbuild; do
		ln -s "$(command -v $tool)" bin/$tool
	done
	printf "#!/bin/sh\necho v1.9\n" >bin/pahole
	chmod +x bin/pahole
	PATH=$PWD/bin exits 77 ktstr-kbuild --check <in >got 2>err
	says "flex, bison, lz4, pahole 1.16 or later (it is \"v1.9\")" err
	says "hint: apt install flex bison lz4 dwarves" err
	test ! -e tree/.config
'

t 'the callers make variables derail nothing; KTSTR_MAKEFLAGS is taken' '
	setup
	MAKEFLAGS=n ARCH=arm KBUILD_OUTPUT=/nonexistent KCONFIG_CONFIG=/x \
		KTSTR_MAKEFLAGS="WORD=1 MINI=fail" \
		exits 1 ktstr-kbuild <in >got 2>err
	says "line 99" err
	MAKEFLAGS=n ARCH=arm KBUILD_OUTPUT=/nonexistent KCONFIG_CONFIG=/x \
		ktstr-kbuild <in >got 2>err
	says "\"image\"" got
'

t '--clean cleans, but not what was just unpacked' '
	setup
	echo CONFIG_MINE=y >tree/.config
	ktstr-kbuild --check --clean <in >got
	exits 1 says CONFIG_MINE tree/.config
	rm -rf tree build
	setup_temporary
	ktstr-kbuild --check --clean <in >got 2>err
	says "just unpacked" err
'

t 'a tree somebody else builds in is waited for, with a note' '
	setup
	command -v flock >/dev/null || { echo "flock is not installed"; exit 77; }
	mkfifo ready
	flock tree sh -c "echo >ready; sleep 1" &
	read -r _ <ready
	ktstr-kbuild --check <in >got 2>err
	says "waiting for another build in \"$PWD/tree\"" err
	says "\"config\"" got
	wait
'

t 'a tree that is edited while it is built is dirty and loses its key' '
	setup
	command -v git >/dev/null || { echo "git is not installed"; exit 77; }
	printf ".config\nvmlinux*\n/arch/x86/boot\ncompile_commands.json\n" >tree/.gitignore
	git -C tree init -q
	git -C tree -c user.name=t -c user.email=t@t.invalid add .
	git -C tree -c user.name=t -c user.email=t@t.invalid commit -qm one
	ktstr-fetch -s tree >in
	says "\"key\":\"local-" in
	ktstr-kbuild <in >got
	says "\"dirty\":false" got
	says "\"key\":\"local-" got
	test -e tree/compile_commands.json
	rm tree/vmlinux.a
	MINI=edit ktstr-kbuild <in >got 2>err
	says "\"dirty\":true" got
	exits 1 says "\"key\"" got
	says "changed while it was built" err
'

t 'wrong options are wrong usage' '
	exits 2 ktstr-kbuild --jobs 0 </dev/null 2>err
	exits 2 ktstr-kbuild --jobs x </dev/null 2>err
	exits 2 ktstr-kbuild --kconf x </dev/null 2>err
	says "kconfig" err
'

end
