#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-initramfs: records, archives, the cache, bad input
. "${0%/*}/lib.sh"

# Each test has a cache of its own. A busybox is needed, static as in a guest.
need_busybox() {
	command -v busybox >/dev/null && ktstr-initramfs --list >/dev/null 2>&1 &&
		return
	echo 'no static busybox'
	exit 77
}
need() {
	command -v "$1" >/dev/null && return
	echo "no $1"
	exit 77
}
own_cache() {
	XDG_CACHE_HOME=$PWD/cache
	export XDG_CACHE_HOME
	need_busybox
}

# A bzImage's head, as far as it matters here: init_size is 16 MiB.
fake_kernel() {
	head -c 514 /dev/zero
	printf 'HdrS\017\002'
	head -c 88 /dev/zero
	printf '\000\000\000\001'
	head -c 100 /dev/zero
}

# member NAME FILE: the value of a number or string in a record.
member() {
	sed -n 's/.*"'"$1"'":"\{0,1\}\([^,"}]*\).*/\1/p' "$2"
}

t 'a kernel record gains the archive and the memory it takes' '
	own_cache
	fake_kernel >bzImage
	echo "{\"schema\":\"ktstr.kernel/1\",\"image\":\"$PWD/bzImage\",\"x\":1}" |
		ktstr-initramfs >got
	says "{\"schema\":\"ktstr.kernel/1\",\"image\":\"$PWD/bzImage\",\"x\":1,\"initrd\":\"$PWD/cache/ktstr/initramfs/" got
	bytes=$(wc -c <"$(member initrd got)")
	says "\"initrd_bytes\":$bytes," got
	# The kernel, the archive, init and busybox in pages, and less than 100 KiB
	# of directories and small files.
	bin=$(dirname "$(command -v ktstr-initramfs)")
	for f in "$bin/ktstr-init" "$(command -v busybox)"; do
		bytes=$((bytes + ($(wc -c <"$f") + 4095) / 4096 * 4096))
	done
	least=$(((16 * 1048576 + bytes + 48 * 1048576) / 63 * 64))
	got=$(($(member memory_min_mib got) * 1048576))
	[ "$got" -ge "$least" ]
	[ "$got" -le "$((least + 1048576 + 102400))" ]
'

t 'many small files take more memory than their bytes' '
	own_cache
	fake_kernel >bzImage
	echo "{\"schema\":\"ktstr.kernel/1\",\"image\":\"$PWD/bzImage\"}" >in
	ktstr-initramfs <in >plain
	mkdir d
	seq -f d/%g 20000 | xargs touch
	ktstr-initramfs -i d <in >empty
	for f in d/*; do echo x >"$f"; done
	ktstr-initramfs -i d <in >small
	plain=$(member memory_min_mib plain) empty=$(member memory_min_mib empty)
	small=$(member memory_min_mib small)
	[ "$((empty - plain))" -ge 20 ]
	[ "$((small - plain))" -ge 100 ]
	[ "$((small - plain))" -le 110 ]
'

t 'boot_image goes before image, and a bad one spoils its record alone' '
	own_cache
	fake_kernel >bzImage
	echo no >bad
	cat >in <<-EOF
	{"schema":"ktstr.kernel/1","image":"$PWD/bad","boot_image":"$PWD/bzImage"}
	{"schema":"ktstr.kernel/1","image":"$PWD/bad"}
	{"schema":"ktstr.other/1","image":"$PWD/bad"}
	{"schema":"ktstr.kernel/1"}
	EOF
	exits 1 ktstr-initramfs <in >got 2>err
	[ "$(wc -l <got)" = 4 ]
	says "\"memory_min_mib\":" got
	sed -n 2p got >second
	says "{\"schema\":\"ktstr.error/1\",\"tool\":\"ktstr-initramfs\"" second
	says "is no kernel that boots" second
	sed -n 3p in >want
	sed -n 3p got >third
	same want third
	sed -n 4p got >fourth
	says "initrd_bytes" fourth
	exits 1 grep memory_min fourth
	cat >in <<-EOF
	{"schema":"ktstr.kernel/1","image":"$PWD/none"}
	{"schema":"ktstr.kernel/1","image":"$PWD/bzImage"}
	{"schema":"ktstr.other/1"}
	EOF
	exits 1 ktstr-initramfs <in >got 2>err
	[ "$(wc -l <got)" = 3 ]
	says "$PWD/none" got
	says "\"memory_min_mib\":" got
	says "{\"schema\":\"ktstr.other/1\"}" got
'

t 'with nothing piped in, a record of the archive alone comes out' '
	own_cache
	ktstr-initramfs -o a.cpio </dev/null >got
	echo "{\"schema\":\"ktstr.kernel/1\",\"initrd\":\"$PWD/a.cpio\",\"initrd_bytes\":$(wc -c <a.cpio)}" >want
	same want got
	ktstr-initramfs -o a.cpio --text </dev/null >got
	says "$PWD/a.cpio: " got
	[ "$(ls)" = "$(printf "a.cpio\ncache\ngot\nwant")" ]
'

t 'an empty pipe is no record' '
	own_cache
	: | exits 3 ktstr-initramfs >got 2>err
'

t 'cpio and bsdtar read the whole of it, parents first, and --list says so' '
	own_cache
	need cpio
	need bsdtar
	mkdir -p d/e
	echo x >d/e/f
	ktstr-initramfs -i d -i sh -o a.cpio </dev/null >/dev/null
	ktstr-initramfs -i d -i sh --list </dev/null >list
	cpio -it --quiet <a.cpio >got
	same list got
	bsdtar -tf a.cpio | sed "s,/\$,," >got
	same list got
	for p in init bin/busybox bin/sh bin/mount etc/passwd include-files/d/e/f \
		include-files/sh proc sys dev tmp root; do
		grep -qxF "$p" list
	done
	awk "{ d = \$0; if (sub(\"/[^/]*\$\", \"\", d) && !seen[d]) exit 1
		if (seen[\$0]++) exit 2 }" list
'

t 'every file is root'\''s, of no time, and never setuid' '
	own_cache
	need cpio
	echo x >f
	chmod 6755 f
	ktstr-initramfs -i ./f -o a.cpio </dev/null >/dev/null
	TZ=UTC cpio -itvn --quiet <a.cpio >got
	exits 1 grep -v "^[-dl][-rwxt]* *1 0 *0 .* Jan  1  1970 " got
	grep -q "^-rwxr-xr-x .* include-files/f\$" got
	grep -q "^drwxrwxrwt .* tmp\$" got
	grep -q "bin/sh -> busybox\$" got
'

t 'the same files make the same bytes, wherever and whenever' '
	own_cache
	mkdir one two
	echo x >one/f
	sleep 0.01
	echo x >two/f
	ktstr-initramfs -i one/f -o 1.cpio </dev/null >/dev/null
	XDG_CACHE_HOME=$PWD/other ktstr-initramfs -i two/f -o 2.cpio </dev/null >/dev/null
	cmp 1.cpio 2.cpio
	ktstr-initramfs -i two/f </dev/null >got
	cmp 1.cpio "$(member initrd got)"
'

t 'what is included comes out as it went in' '
	own_cache
	need cpio
	head -c 300001 /dev/urandom >f
	ktstr-initramfs -i f -i sh -o a.cpio </dev/null >/dev/null
	mkdir out
	(cd out && cpio -id --quiet --no-absolute-filenames <../a.cpio)
	cmp f out/include-files/f
	cmp "$(command -v busybox)" out/bin/busybox
	[ "$(out/bin/echo works)" = works ]
	cmp "$(command -v sh)" out/include-files/sh
'

t 'an archive that is there is not made again; another mode or byte is another' '
	own_cache
	echo x >f
	ktstr-initramfs -i f </dev/null >1
	ls -i cache/ktstr/initramfs >before
	ktstr-initramfs -i f </dev/null >2
	same 1 2
	ls -i cache/ktstr/initramfs >after
	same before after
	chmod 755 f
	ktstr-initramfs -i f </dev/null >3
	exits 1 cmp -s 1 3
	echo y >f
	ktstr-initramfs -i f </dev/null >4
	exits 1 cmp -s 3 4
	[ "$(ls cache/ktstr/initramfs/*.cpio | wc -l)" = 4 ]
	[ "$(ls cache/ktstr/initramfs/base-* | wc -l)" = 1 ]
'

t 'what a crash has left in the cache, short or of zeros, is made anew' '
	own_cache
	echo x >f
	ktstr-initramfs -i f </dev/null >want
	path=$(member initrd want)
	base=$(echo cache/ktstr/initramfs/base-*)
	cp "$path" whole
	cp "$base" whole-base
	size=$(wc -c <whole) base_size=$(wc -c <whole-base)
	for bad in 0 1 "$((size - 4))"; do
		truncate -s "$bad" "$path"
		ktstr-initramfs -i f </dev/null >got
		same want got
		cmp whole "$path"
	done
	for end in "" "$size" "$base_size"; do
		truncate -s 0 "$path" "$base"
		[ -z "$end" ] || truncate -s "$end" "$path" "$base"
		ktstr-initramfs -i f </dev/null >got
		same want got
		cmp whole "$path"
		cmp whole-base "$base"
	done
	# Made when the base was empty.
	tail -c "+$((base_size + 1))" whole >"$path"
	ktstr-initramfs -i f </dev/null >got
	cmp whole "$path"
'

t 'the base is on the disk before it has a name' '
	own_cache
	need strace
	ASAN_OPTIONS=detect_leaks=0 strace -o log -e trace=fdatasync,rename \
		ktstr-initramfs </dev/null >got
	grep -A1 "^fdatasync(.* = 0\$" log | grep -q "^rename(.*base-"
'

t 'a file that has not changed is not read again, and one that has is' '
	own_cache
	need cpio
	need strace
	head -c 300000 /dev/zero >f
	sleep 2.1
	read_whole="/(f|ktstr-init)>.* = 262144\$"
	for n in 1 2; do
		# Leaks cannot be looked for under a tracer.
		ASAN_OPTIONS=detect_leaks=0 strace -y -o log.$n \
			-e trace=read,pread64,mmap,copy_file_range \
			ktstr-initramfs -i f </dev/null >$n
	done
	same 1 2
	grep -qE "$read_whole" log.1
	exits 1 grep -E "$read_whole" log.2
	printf y | dd of=f conv=notrunc status=none
	touch -d 2001-01-01 f
	ktstr-initramfs -i f </dev/null >3
	exits 1 cmp -s 1 3
	cpio -i --quiet --to-stdout include-files/f <"$(member initrd 3)" >got
	cmp f got
'

t 'libraries that only LD_LIBRARY_PATH finds are told to the guest' '
	own_cache
	need cpio
	mkdir lib
	libc=$(ldd "$(command -v cpio)" | sed -n "s/.*libc\.so\.6 => \([^ ]*\).*/\1/p")
	[ -n "$libc" ] || { echo "another libc"; exit 77; }
	cp -L "$libc" lib/
	LD_LIBRARY_PATH=$PWD/lib ktstr-initramfs -i cpio -o a.cpio </dev/null >got
	says "\"library_dirs\":[\"$PWD/lib\"]" got
	cpio -i --quiet --to-stdout etc/ktstr/library-path <a.cpio >path
	echo "$PWD/lib" >want
	same want path
	cpio -it --quiet <a.cpio >list
	grep -qxF "${PWD#/}/lib/libc.so.6" list
	ktstr-initramfs -i cpio -o a.cpio </dev/null >got
	exits 1 grep library_dirs got
'

# version NAME DIR LDFLAGS...: DIR/bin/prog-NAME, which says NAME, by a library
# in DIR/lib that is called as in any other version
version() {
	name=$1 dir=$2
	shift 2
	mkdir -p "$dir/bin" "$dir/lib"
	echo "const char *version(void) { return \"$name\"; }" >version.c
	printf "%s\n" "#include <stdio.h>" "const char *version(void);" \
		"int main(void) { return puts(version()) < 0; }" >prog.c
	gcc -shared -fPIC -o "$dir/lib/libver.so" version.c
	gcc -o "$dir/bin/prog-$name" prog.c -L"$dir/lib" -lver "$@"
}

# run_from FILE COMMAND...: with the archive FILE as its root
run_from() {
	archive=$1
	shift
	unshare -m true 2>/dev/null || {
		echo "no mount namespaces"
		exit 77
	}
	rm -rf root
	mkdir root
	(cd root && cpio -id --quiet --no-absolute-filenames <"../$archive")
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t proc proc root/proc
		mount -t tmpfs tmpfs root/dev
		! read -r dirs <root/etc/ktstr/library-path ||
			export LD_LIBRARY_PATH="$dirs"
		exec chroot root "$@"' sh "$@"
}

t 'two builds, as directories or one by one, keep their libraries apart' '
	own_cache
	need gcc
	need cpio
	version old old "-Wl,-rpath,\$ORIGIN/../lib"
	version new new "-Wl,-rpath,\$ORIGIN/../lib"
	ktstr-initramfs -i new -i old -o a.cpio </dev/null >got
	exits 1 grep library_dirs got
	cpio -it --quiet <a.cpio | grep libver >list
	printf "include-files/%s/lib/libver.so\n" new old >want
	same want list
	ktstr-initramfs -i old/bin/prog-old -o b.cpio </dev/null >got
	exits 1 grep library_dirs got
	exits 2 ktstr-initramfs -i old/bin/prog-old -i new/bin/prog-new \
		-o c.cpio </dev/null 2>err
	says "$PWD/old/lib/libver.so\"" err
	says "$PWD/new/lib/libver.so\"" err
	says "would be \"/lib/libver.so\"" err
	says "hint: " err
	# A directory of programs has its libraries where it does not reach.
	ktstr-initramfs -i old/bin/prog-old -i new -o d.cpio </dev/null >got
	for name in old new; do
		echo "$name" >want
		run_from a.cpio "/include-files/$name/bin/prog-$name" >got
		same want got
	done
	run_from d.cpio /include-files/new/bin/prog-new >got
	same want got
	echo old >want
	run_from d.cpio /include-files/prog-old >got
	same want got
	run_from b.cpio /include-files/prog-old >got
	same want got
'

t 'a program that would get the library of another is refused' '
	own_cache
	need gcc
	need cpio
	version old old -Wl,-rpath,"$PWD/old/lib"
	# The guest may have no old, and has to be told where this leads.
	version new new -Wl,-rpath,"$PWD/old/../new/lib"
	ktstr-initramfs -i new/bin/prog-new -o a.cpio </dev/null >got
	says "\"library_dirs\":[\"$PWD/new/lib\"]" got
	exits 1 ktstr-initramfs -i new/bin/prog-new -i old/bin/prog-old \
		</dev/null 2>err
	says "\"old/bin/prog-old\" loads \"$PWD/old/lib/libver.so\" here, and would load \"$PWD/new/lib/libver.so\" in the guest" err
	says "hint: " err
	# DT_RPATH goes before LD_LIBRARY_PATH.
	version old old -Wl,--disable-new-dtags,-rpath,"$PWD/old/lib"
	ktstr-initramfs -i new/bin/prog-new -i old/bin/prog-old -o a.cpio \
		</dev/null >got
	for name in old new; do
		echo "$name" >want
		run_from a.cpio "/include-files/prog-$name" >got
		same want got
	done
'

t 'a library where the guest mounts something is put elsewhere' '
	own_cache
	need gcc
	need cpio
	shm=$(mktemp -d /dev/shm/ktstr-test.XXXXXX) || exit 77
	trap "rm -rf $shm" EXIT
	echo shm >want
	version shm "$shm" -Wl,-rpath,"$shm/lib"
	ktstr-initramfs -i "$shm/bin/prog-shm" -o a.cpio </dev/null >got
	says "\"library_dirs\":[\"/lib/ktstr$shm/lib\"]" got
	run_from a.cpio /include-files/prog-shm >got
	same want got
	version shm "$shm" "-Wl,-rpath,\$ORIGIN/../lib"
	ktstr-initramfs -i "$shm/bin/prog-shm" -o a.cpio </dev/null >got
	exits 1 grep library_dirs got
	run_from a.cpio /include-files/prog-shm >got
	same want got
	cpio -it --quiet <a.cpio >list
	exits 1 grep "^dev/" list
	gcc -o "$shm/path" prog.c "$shm/lib/libver.so"
	exits 1 ktstr-initramfs -i "$shm/path" </dev/null 2>err
	says "\"$shm/lib/libver.so\", which \"$shm/path\" needs, is where the guest has files of its own" err
	says "hint: move it out of /dev, /proc and /sys" err
'

t 'what cannot be included is an error, and in a pipe a record, too' '
	own_cache
	for bad in ./no no-such-program ..; do
		echo "{\"schema\":\"ktstr.kernel/1\"}" >in
		got_=0
		ktstr-initramfs -i "$bad" <in >got 2>err || got_=$?
		[ "$got_" = 1 ] || [ "$got_:$bad" = 2:.. ]
		says "--include-files" err
		says "{\"schema\":\"ktstr.error/1\"" got
		[ "$(wc -l <got)" = 1 ]
	done
	# For people, and in a list of paths, there are no records.
	exits 1 ktstr-initramfs -t -i ./no <in >got 2>err
	says "--include-files" err
	exits 1 ktstr-initramfs --list -i ./no <in >>got 2>err
	truncate -s 5G big
	for how in -t --list; do
		exits 3 ktstr-initramfs $how -i big <in >>got 2>err
	done
	exits 1 ktstr-initramfs -i ./no </dev/null >>got 2>err
	[ ! -s got ]
	mkfifo fifo
	exits 2 timeout 10 ktstr-initramfs -i fifo </dev/null 2>err
	mkdir a b
	echo >a/f
	echo >b/f
	exits 2 ktstr-initramfs -i a/f -i b/f </dev/null 2>err
	says "\"a/f\" and \"b/f\"" err
	mkdir empty
	ktstr-initramfs -i empty </dev/null 2>err >got
	says "no file in \"empty\"" err
'

t 'a busybox that is not static, or not there, is told with the package' '
	XDG_CACHE_HOME=$PWD/cache
	export XDG_CACHE_HOME
	exits 77 ktstr-initramfs --busybox "$(command -v ls)" </dev/null 2>err
	says "not a static program" err
	says "hint: apt install busybox-static" err
	exits 4 ktstr-initramfs --busybox ./no </dev/null 2>err
	says "hint: apt install busybox-static" err
	KTSTR_BUSYBOX=/etc/passwd exits 77 ktstr-initramfs </dev/null 2>err
	says "/etc/passwd" err
	bin=$(dirname "$(command -v ktstr-initramfs)")
	PATH=/no exits 77 "$bin/ktstr-initramfs" </dev/null 2>err
	says "no busybox on PATH" err
	[ ! -e cache ]
'

t 'only a regular file is replaced, and a link leads to it' '
	own_cache
	mkdir d
	exits 2 ktstr-initramfs -o d </dev/null 2>err
	exits 2 ktstr-initramfs -o /dev/null </dev/null 2>err
	[ -c /dev/null ]
	exits 4 ktstr-initramfs -o no/such/a.cpio </dev/null 2>err
	echo old >real
	ln -s real link
	ktstr-initramfs -o link </dev/null >got
	[ -L link ]
	says "\"initrd\":\"$PWD/real\"" got
'

t 'what no initramfs can hold is refused before it is read' '
	own_cache
	truncate -s 5G big
	exits 3 timeout 10 ktstr-initramfs -i big </dev/null >got 2>err
	says "4 GiB" err
	truncate -s 4G big
	exits 3 timeout 10 ktstr-initramfs -i big </dev/null >got 2>err
	says "\"big\" has 4 GiB" err
	truncate -s 1600M big
	exits 3 timeout 10 ktstr-initramfs -i big </dev/null >got 2>err
	says "1536 MiB" err
	mkdir d
	truncate -s 900M d/a
	truncate -s 700M d/b
	exits 3 timeout 10 ktstr-initramfs -i d </dev/null >got 2>err
	says "1536 MiB at \"include-files/d/b\"" err
	[ ! -s got ]
'

t 'names of any bytes are packed, and shown as in messages' '
	own_cache
	need cpio
	need bsdtar
	odd=$(printf "a b\n\377c")
	echo one >"./$odd"
	mkdir d
	echo two >"d/$odd"
	echo three >"d/ "
	ktstr-initramfs -i "./$odd" -i d -o a.cpio </dev/null >/dev/null
	mkdir out
	(cd out && cpio -id --quiet --no-absolute-filenames <../a.cpio)
	cmp "$odd" "out/include-files/$odd"
	cmp "d/$odd" "out/include-files/d/$odd"
	cmp "d/ " "out/include-files/d/ "
	[ "$(find out/include-files -type f | tr -dc a | wc -c)" = 2 ]
	bsdtar -xOf a.cpio "include-files/$odd" >got
	cmp "$odd" got
	ktstr-initramfs -i "./$odd" -i d --list </dev/null >list
	grep -qxF "include-files/a b\\x0a\\xffc" list
	grep -qxF "include-files/d/ " list
'

t 'a path that the kernel would leave out is refused' '
	own_cache
	part=$(printf "%0201d" 0)
	mkdir d
	(
		cd d
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
			mkdir "$part"
			cd -P "$part" || exit
		done
		echo x >"$(printf "%0250d" 0)"
	)
	exits 3 ktstr-initramfs -i d -o a.cpio </dev/null 2>err
	says "a path of more than 4095 bytes, which the kernel leaves out" err
	[ ! -e a.cpio ]
'

t 'a script without an interpreter in the guest is warned about, once' '
	own_cache
	need cpio
	printf "#!/bin/no-shell\n" >one
	printf "#! /bin/no-shell -x\n" >two
	printf "#!/usr/bin/env -S X=1 no-python\n" >three
	printf "#!/usr/bin/env echo\n" >four
	printf "#!/bin/sh\n" >five
	cp one not-run
	chmod +x one two three four five
	ktstr-initramfs -i one -i two -i three -i four -i five -i not-run \
		</dev/null >got 2>err
	[ "$(wc -l <err)" = 4 ]
	says "script \"one\" is run by \"/bin/no-shell\", which the guest does not" err
	says "script \"three\" is run by \"no-python\", which" err
	says "hint: include it: -i no-python" err
	ktstr-initramfs -q -i one </dev/null 2>err >got
	[ ! -s err ]
	# The one of this machine, if it comes along, gets its place.
	printf "#!%s\n" "$PWD/runner" >six
	cp "$(command -v busybox)" runner
	chmod +x six
	ktstr-initramfs -i six -i runner -o a.cpio </dev/null 2>err >got
	[ ! -s err ]
	cpio -itv --quiet <a.cpio | grep -qF "${PWD#/}/runner -> /include-files/runner"
'

t 'modules are listed in the order in which they were named' '
	own_cache
	need cpio
	mkdir d
	for f in b.ko a.ko.xz d/c.ko .ko; do echo x >$f; done
	ktstr-initramfs -i b.ko -i d -i a.ko.xz -i ./.ko -o a.cpio </dev/null >got
	cpio -i --quiet --to-stdout etc/ktstr/modules <a.cpio >got
	printf "/include-files/b.ko\n/include-files/a.ko.xz\n" >want
	same want got
	ktstr-initramfs -i d --list </dev/null >list
	exits 1 grep modules list
'

t 'what a program says it opens comes along' '
	own_cache
	need gcc
	note() {
		printf ".pushsection .note.dlopen,\"a\"\n.balign 4
			.long 4, 2f - 1f, 0x407c0c0a\n.asciz \"FDO\"
			1: .asciz \"%s\"\n2: .balign 4\n.popsection\n" \
			"$(echo "$1" | sed "s/\"/\\\\&/g")"
	}
	note "[{\"soname\":[\"libone.so\"],\"priority\":\"required\"},{\"soname\":[\"libtwo.so\"],\"priority\":\"suggested\"}]" >n.s
	note "[{\"soname\":[\"libgone.so\"]}]" >>n.s
	echo "int main(void) { return 0; }" >p.c
	echo "int x;" >l.c
	gcc -shared -o libone.so l.c
	gcc -shared -o libtwo.so l.c
	gcc -o p p.c n.s -Wl,-rpath,"$PWD"
	ktstr-initramfs -v -i ./p --list </dev/null >list 2>err
	grep -qxF "${PWD#/}/libone.so" list
	exits 1 grep libtwo list
	says "library \"libgone.so\", which \"./p\" would open, is not here" err
	rm libone.so
	exits 1 ktstr-initramfs -i ./p --list </dev/null 2>err
	says "library \"libone.so\", which \"./p\" opens, is not here" err
'

t 'a library loaded by its path is there for who needs it by its name' '
	own_cache
	need gcc
	echo "int a(void) { return 42; }" >a.c
	echo "int a(void); int b(void) { return a(); }" >b.c
	echo "int a(void); int b(void); int main(void) { return a() - b(); }" >p.c
	# A linker writes a path only while the library has no name of its own.
	gcc -shared -fPIC -o liba.so a.c
	gcc -shared -fPIC -o libb.so b.c
	gcc -o p p.c "$PWD/liba.so" "$PWD/libb.so"
	gcc -shared -fPIC -Wl,-soname,liba.so -o liba.so a.c
	gcc -shared -fPIC -Wl,--no-as-needed -o libb.so b.c liba.so
	[ "$(readelf -d libb.so | grep -c "NEEDED.*\[liba.so\]")" = 1 ]
	./p
	ktstr-initramfs -i ./p --list </dev/null >list
	[ "$(grep -c "lib[ab]\.so\$" list)" = 2 ]
'

t 'a full disk is an error that leaves nothing behind' '
	own_cache
	mkdir small
	mount -t tmpfs -o size=1m tmpfs small 2>/dev/null || {
		echo "cannot mount a tmpfs"
		exit 77
	}
	st=0
	ktstr-initramfs -o small/a.cpio </dev/null >got 2>err || st=$?
	left=$(ls -A small)
	XDG_CACHE_HOME=$PWD/small exits 4 ktstr-initramfs </dev/null >>got 2>>err || st=1
	left=$left$(ls -A small/ktstr/initramfs)
	umount small
	[ "$st" = 4 ]
	[ -z "$left" ]
	[ ! -s got ]
'

t 'a signal ends it by that signal, and leaves nothing half written' '
	own_cache
	ktstr-initramfs </dev/null >/dev/null
	truncate -s 400M big
	ktstr-initramfs -i big -o a.cpio </dev/null >got 2>err &
	pid=$!
	while ! ls a.cpio.tmp-* >/dev/null 2>&1; do
		kill -0 $pid
		sleep 0.02
	done
	kill -TERM $pid
	st=0
	wait $pid || st=$?
	[ "$st" = 143 ]
	[ "$(ls)" = "$(printf "big\ncache\nerr\ngot")" ]
	[ ! -s got ]
'

t 'what another container writes into a shared cache is left alone' '
	own_cache
	unshare -p -f true 2>/dev/null || {
		echo "no pid namespaces"
		exit 77
	}
	echo x >f
	ktstr-initramfs -i f </dev/null >want
	path=$(member initrd want)
	rm "$path" cache/ktstr/initramfs/base-* cache/ktstr/initramfs/sums
	# The first process of each container has this number.
	for name in "$path" f.cpio cache/ktstr/initramfs/sums; do
		echo half >"$name.tmp-1"
	done
	unshare -p -f ktstr-initramfs -i f </dev/null >got
	same want got
	unshare -p -f ktstr-initramfs -i f -o f.cpio </dev/null >got
	cmp f.cpio "$path"
	[ -s cache/ktstr/initramfs/sums ]
	for name in "$path" f.cpio cache/ktstr/initramfs/sums; do
		[ "$(cat "$name.tmp-1")" = half ]
	done
	[ "$(find . -name "*.tmp-*" | wc -l)" = 3 ]
'

t 'a stdout that is full is an error' '
	own_cache
	exits 4 ktstr-initramfs </dev/null >/dev/full 2>err
	exits 4 ktstr-initramfs --list </dev/null >/dev/full 2>err
'

t 'without a home there is no cache, but -o still works' '
	own_cache
	unset XDG_CACHE_HOME HOME
	exits 4 ktstr-initramfs </dev/null 2>err
	says "HOME" err
	ktstr-initramfs -o a.cpio </dev/null >got
	[ -s a.cpio ]
	HOME=/proc/none
	export HOME
	exits 4 ktstr-initramfs </dev/null 2>err
	says "/proc/none" err
	ktstr-initramfs -o b.cpio </dev/null >got 2>err
	cmp a.cpio b.cpio
	[ ! -s err ]
	# Nor with one that has no room for the base.
	HOME=$PWD/home
	ktstr-initramfs -o c.cpio </dev/null >got
	base=$(echo home/.cache/ktstr/initramfs/base-*)
	rm "$base"
	mkdir "$base"
	ktstr-initramfs -o c.cpio </dev/null >got
	cmp a.cpio c.cpio
'

end
