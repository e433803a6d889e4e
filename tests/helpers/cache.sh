# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tests/helpers/cache.sh - a cache of small entries; sourced after tests/lib.sh
#
#   start                    a cache, and "image", a kernel's; the directory has
#                            no links in its path
#   store KEY BUILT [MORE]   an entry of 6 bytes of image and some 700 beside it;
#                            MORE are members of its record, with a comma first
#
# $arch is this machine's, and $image what its kernels are called in an entry.

unset KTSTR_KERNEL XDG_CACHE_HOME
arch=$(uname -m)
case $arch in x86_64) image=bzImage ;; *) image=Image ;; esac
export arch image

start() {
	cd -P . || exit
	export KTSTR_CACHE_DIR="$PWD/cache"
	echo image >image
}

store() {
	printf '{"schema":"ktstr.kernel/1","source":"tarball","arch":"%s","image":"%s","key":"%s","built_at":"%s"%s}\n' \
		"$arch" "$PWD/image" "$1" "$2" "${3:-}" |
		ktstr-cache add --force >/dev/null
}
