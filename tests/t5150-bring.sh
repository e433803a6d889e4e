#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# what people bring along: programs, modules, scripts, odd names, and memory
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
# shellcheck source=tests/helpers/module.sh
. tests/helpers/module.sh

# bring ARGS...: the record of the test kernel with them, in ./rec
bring() {
	guest
	ktstr-initramfs "$@" <"$work/kernel" >rec
}

# run COMMAND...: in a guest with what was brought
run() {
	timeout -k 5 200 ktstr-vmm -t --spec rec -- "$@" </dev/null
}

# field NAME: of the kernel's record
field() {
	sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$2"
}

t 'ten programs of this system run in the guest' '
	cat >all <<-\END
	bash -c "echo \$((6 * 7)) \$BASH_VERSION"
	perl -e "printf qq(%vd %d\n), \$^V, 6 * 7"
	git hash-object data
	strace -o trace ./bash -c "echo traced"
	curl -s "file://$PWD/data"
	jq -n "[6 * 7]"
	openssl dgst -sha256 data
	xz -1 -c data
	readelf -h bash
	tar cf - --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 data
	mawk "BEGIN { print 6 * 7 }"
	vim --version
	make --version
	ps --version
	END
	seq 10000 >data
	echo "cd \"\${0%/*}\" || exit" >prog.sh
	set -- -i data -i prog.sh
	while read -r name args; do
		f=$(PATH=$PATH:/usr/sbin:/sbin command -v "$name") || continue
		f=$(readlink -f "$f")
		[ "$(head -c 4 "$f" | tail -c 3)" = ELF ] || continue
		cp "$f" "./$name"
		set -- "$@" -i "./$name"
		echo "./$name $args" >>prog.sh
	done <all
	[ "$(wc -l <prog.sh)" -gt 10 ]
	bring "$@"
	run sh /include-files/prog.sh >got 2>err || { cat err; exit 1; }
	sh ./prog.sh >want
	cmp want got || { cat err; diff -a want got; exit 1; }
	[ ! -s err ]
'

# stdlib DIR: the library of a Python, less what is not for running, in lib/
stdlib() {
	mkdir -p lib
	cp -r "$1" lib/
	rm -rf lib/*/site-packages lib/*/dist-packages lib/*/test \
		lib/*/config-* lib/*/idlelib lib/*/ensurepip lib/*/tkinter
	find lib -name __pycache__ -prune -exec rm -rf "{}" +
}

t 'python3 and gdb bring the library of Python along, as a directory' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	where="import os; print(os.path.dirname(os.__file__))"
	stdlib "$(python3 -c "$where")"
	cp "$(python3 -c "import os, sys
print(os.path.realpath(sys.executable))")" ./python3
	set -- -i ./python3
	if command -v gdb >/dev/null; then
		stdlib "$(gdb -nx --batch -ex "python $where")"
		set -- "$@" -i gdb
	fi
	bring "$@" -i lib
	run env PYTHONHOME=/include-files sh -c "
		python3 -c \"import json; print(json.dumps([6 * 7]))\"
		[ ! -e /include-files/gdb ] ||
			gdb -nx --batch -ex \"print 6 * 7\" 2>&1" >got
	says "[42]" got
	[ $# = 2 ] || says "\$1 = 42" got
'

t 'strace traces a program of the guest' '
	command -v strace >/dev/null || { echo "no strace"; exit 77; }
	guest
	KTSTR_CACHE_DIR=$kernels timeout -k 5 200 cargo-ktstr ktstr shell \
		--kernel "$(field key "$work/kernel")" -i strace \
		--exec "/include-files/strace -c true" >out 2>err
	says "calls" err
	says "execve" err
'

t 'a program of musl finds its libraries by its own rules' '
	command -v musl-gcc >/dev/null || { echo "no musl-gcc"; exit 77; }
	mkdir lib
	echo "int answer(void) { return 42; }" >answer.c
	musl-gcc -shared -fPIC -o lib/libanswer.so answer.c
	cat >hello.c <<-\END
	#include <stdio.h>
	int answer(void);
	int main(void) { return printf("%d\n", answer()) < 0; }
	END
	musl-gcc -o hello hello.c -Llib -lanswer "-Wl,-rpath,\$ORIGIN/lib"
	bring -i ./hello
	run hello >got
	echo 42 >want
	same want got
'

# version NAME DIR RUNPATH: DIR/bin/prog-NAME, which says NAME, by DIR/lib
version() {
	mkdir -p "$2/bin" "$2/lib"
	echo "const char *version(void) { return \"$1\"; }" >version.c
	printf "%s\n" "#include <stdio.h>" "const char *version(void);" \
		"int main(void) { return puts(version()) < 0; }" >prog.c
	gcc -shared -fPIC -o "$2/lib/libver.so" version.c
	gcc -o "$2/bin/prog-$1" prog.c -L"$2/lib" -lver "-Wl,-rpath,$3"
}

t 'builds have their own libraries, be they in a directory or in /dev/shm' '
	command -v gcc >/dev/null || { echo "no gcc"; exit 77; }
	shm=$(mktemp -d /dev/shm/ktstr-test.XXXXXX) || exit 77
	trap "rm -rf $shm" EXIT
	version old old "\$ORIGIN/../lib"
	version new new "\$ORIGIN/../lib"
	version one one "\$ORIGIN/../lib"
	version shm "$shm" "$shm/lib"
	bring -i new -i old -i one/bin/prog-one
	run sh -c "prog-old; prog-new; prog-one" >got
	printf "%s\n" old new one >want
	same want got
	exits 1 bring -i "$shm/bin/prog-shm" -i old
	bring -i "$shm/bin/prog-shm"
	run prog-shm >got
	echo shm >want
	same want got
'

t 'a script gets the interpreter that is included, where it looks' '
	command -v bash >/dev/null || { echo "no bash"; exit 77; }
	printf "#!/bin/bash\necho \${BASH_VERSION:+bash} \$1\n" >one
	printf "#!/usr/bin/env bash\necho \${BASH_VERSION:+bash} \$1\n" >two
	chmod +x one two
	bring -i one -i two -i bash 2>err
	[ ! -s err ]
	run sh -c "one 1; two 2" >got
	printf "bash 1\nbash 2\n" >want
	same want got
'

t 'kernel modules are loaded in their order, and one that fails is told' '
	guest
	module_facts "$(field vmlinux "$work/kernel")" \
		"$(field boot_image "$work/kernel")"
	module zz_first 0
	module aa_second 0
	module refuses -22
	module lost 0 no_such_symbol
	echo junk >junk.ko
	bring -i ./zz_first.ko -i refuses.ko -i junk.ko -i lost.ko -i aa_second.ko
	run sh -c "cut -d\  -f1 /proc/modules; exit 3" >got 2>err || st=$?
	[ "$st" = 3 ]
	# The one that was loaded last is first there.
	printf "aa_second\nzz_first\n" >want
	same want got
	for name in refuses junk lost; do
		says "cannot load module \"/include-files/$name.ko\": " err
	done
	[ "$(wc -l <err)" = 3 ]
'

t 'names with blanks, newlines and bytes that are no UTF-8 arrive' '
	odd=$(printf "a b\n\377c")
	mkdir d
	echo one >"./$odd"
	echo two >"d/$odd"
	echo three >"d/ "
	bring -i "./$odd" -i d
	run sh -c "cd /include-files; find . -type f | sort | od -An -c
		cat \"\$1\" \"d/\$1\" \"d/ \"" sh "$odd" >got
	find "./$odd" d -type f | sed "s,^d,./d," | sort | od -An -c >want
	printf "one\ntwo\nthree\n" >>want
	same want got
'

t 'as little memory as it says is enough, and less is refused with the number' '
	dd if=/dev/urandom of=big bs=1M count=60 status=none
	sum=$(sha256sum <big)
	bring -i ./big
	need=$(field memory_min_mib rec)
	[ "$need" -gt 190 ]
	timeout 150 ktstr-vmm -t --memory-mb "$need" --spec rec -- \
		sha256sum /include-files/big >got
	[ "$(cut -d\  -f1 got)" = "${sum%% *}" ]
	exits 125 ktstr-vmm -t --memory-mb "$((need - 1))" --spec rec -- true \
		2>err
	says "hint: give it at least --memory-mb $need" err
'

t '128 MiB are accepted where they are enough' '
	bring
	[ "$(field memory_min_mib rec)" -le 128 ]
	kib=$(timeout 150 ktstr-vmm -t --memory-mb 128 --spec rec -- \
		sed -n "s/^MemTotal: *\([0-9]*\).*/\1/p" /proc/meminfo)
	[ "$kib" -lt 131072 ]
	[ "$kib" -gt 65536 ]
'

end
