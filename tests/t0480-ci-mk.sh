#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# contrib/ci.mk: kernels as targets of make
# shellcheck disable=SC2016,SC2154
. "${0%/*}/lib.sh"
key=6.14.2-tarball-$(uname -m)

start() {
	unset MAKEFLAGS MFLAGS MAKELEVEL
	export KTSTR_CACHE_DIR="$PWD/cache" KTSTR_BUILD_DIR="$PWD/build"
	echo "include $top/contrib/ci.mk" >Makefile
	echo image >image
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"%s","source":"tarball","version":"6.14.2","verified":"pgp"}\n' \
		"$(uname -m)" "$PWD/image" "$key" | ktstr-cache add >/dev/null
}

t 'a kernel of the cache is a file, made once' '
	start
	make -s kernel-$key
	says "\"key\":\"$key\"" ktstr.d/kernel/$key.json
	make kernel-$key >got
	exits 1 grep ktstr-cache got
	make -s KTSTR_OUT=elsewhere kernel-6.14.2
	says "\"key\":\"$key\"" elsewhere/kernel/6.14.2.json
'

t 'what cannot be had leaves no file, and says why' '
	start
	KTSTR_KERNEL_MIRROR=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
		KTSTR_FETCH_TRIES=1 exits 2 make -s kernel-6.13.1 >got 2>err
	says "ktstr.error/1" err
	[ -z "$(ls ktstr.d/kernel)" ]
'

t 'kernels are built one after another, however many jobs there are' '
	start
	mkdir bin
	printf "#!/bin/sh\n[ \"\$1\" = add ] && exec cat\nexit 1\n" >bin/ktstr-cache
	printf "#!/bin/sh\necho {}\n" >bin/ktstr-fetch
	# The first one gives the other time to begin.
	cat >bin/ktstr-kbuild <<-EOF
	#!/bin/sh
	echo begin >>"$PWD/log"
	for i in \$(seq 20); do
		[ "\$(grep -c begin "$PWD/log")" -eq 2 ] && break
		sleep 0.1
	done
	cat
	echo end >>"$PWD/log"
	EOF
	chmod +x bin/*
	PATH=$PWD/bin:$PATH make -s -j4 kernel-6.12 kernel-6.14
	printf "%s\n" begin end begin end >want
	same want log
	[ "$(cat ktstr.d/kernel/6.12.json ktstr.d/kernel/6.14.json)" = "{}
{}" ]
'

t 'boots and verifier runs follow the kernel and what goes into them' '
	start
	echo x >probe
	make -n KTSTR_FILES=probe KTSTR_COMMAND="echo '\''hi'\''" boot-$key >got
	says "ktstr-initramfs -i probe" got
	says "sh -c '\''echo '\''\\'\'''\''hi" got
	make -n KTSTR_SCHEDULER=probe verify-$key >got
	says "ktstr-verifier --scheduler-bin '\''$PWD/probe'\''" got
	exits 2 make verify-$key 2>err
	says "KTSTR_SCHEDULER is not set" err
'

end
