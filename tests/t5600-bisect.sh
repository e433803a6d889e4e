#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# contrib/bisect: find the commit that broke what a guest does
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"

HOME=$work GIT_CONFIG_NOSYSTEM=1
export HOME GIT_CONFIG_NOSYSTEM
git config --global user.name test
git config --global user.email test@test.invalid
git config --global init.defaultBranch main

# A history of seven commits whose builds give the real kernel of the cache;
# the third cannot be built, and from the fifth on the probe fails.
history() {
	need_kernel=$(kernel_record) || return
	real=$(dirname "$(echo "$need_kernel" |
		sed 's/.*"image":"\([^"]*\)".*/\1/')")
	export KTSTR_BUILD_DIR="$PWD/build" KTSTR_CCACHE=0
	cp -r "$fix/mini-kernel" tree
	cd tree || return
	sed -i "s|echo \"not bootable\" >arch/x86/boot/bzImage|cp $real/bzImage arch/x86/boot/|" \
		Makefile
	sed -i "s|^\tmkdir -p arch/x86/boot|&/compressed\n\tcp $real/boot_image arch/x86/boot/compressed/vmlinux.bin|" \
		Makefile
	printf '/.config*\n/vmlinux*\n/arch/x86/boot\n/compile_commands.json\n' >.gitignore
	git init -q
	for n in 1 2 3 4 5 6 7; do
		printf '#!/bin/sh\necho "step %s"\nexit %s\n' $n $((n >= 5)) >probe
		chmod +x probe
		sed -i '/^BROKEN/d' Makefile
		sed -i 's/^all: broken /all: /' Makefile
		if [ $n -eq 3 ]; then sed -i 's/^all: /all: broken /' Makefile; fi
		echo "# $n" >>Kbuild
		git add -A
		git commit -qm "commit $n"
		git tag c$n
	done
}

t 'the first commit that fails in the guest is named; what cannot be built is skipped' '
	history
	timeout 300 "$top/contrib/bisect" c1 c7 -i ./probe --vmm "--timeout 60 --engine qemu" \
		-- /include-files/probe >got 2>err
	says "$(git rev-parse c5) is the first bad commit" got
	git bisect log >log
	says "commit 5" log
	git bisect reset >log2 2>&1
	[ -z "$(git status --porcelain --untracked-files=no)" ]
'

t 'what cannot run at all is no verdict' '
	history
	PATH=$PATH exits 128 timeout 120 "$top/contrib/bisect" c1 c1 -- true 2>err || :
	exits 2 "$top/contrib/bisect" c1 2>err
	says "Find the commit" err
'

end
