# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154
#
# tests/helpers/small-kernel.sh - what building tests/fixtures/mini-kernel takes
#
#   own_home                a home below $work: no cache, and no settings of git
#   build_tools             skip the test unless they are installed
#   supply WORD...          fetch, kbuild and cache, as a kernel gets there
#   stand_in FILE ELSE [FIRST]   a make that configures in no time: with all that
#                           ktstr.kconfig says is needed. ELSE is the shell that
#                           it runs for what is no defconfig, FIRST what before

own_home() {
	HOME=$work/home GIT_CONFIG_NOSYSTEM=1
	export HOME GIT_CONFIG_NOSYSTEM
	unset XDG_CACHE_HOME XDG_CONFIG_HOME LLVM
	mkdir "$HOME"
}

build_tools() {
	[ "$(uname -m)" = x86_64 ] ||
		{ echo 'the small tree is for x86_64'; exit 77; }
	for tool_ in make gcc ld flex bison bc lz4 perl pahole; do
		command -v "$tool_" >/dev/null ||
			{ echo "$tool_ is not installed"; exit 77; }
	done
}

supply() {
	ktstr-fetch "$@" | ktstr-kbuild | ktstr-cache add
}

stand_in() {
	cat >"$1" <<-END
	#!/bin/sh
	${3:-}
	c=.config
	for a; do
		case \$a in KCONFIG_CONFIG=*) c=\${a#*=} ;; esac
	done
	case "\$*" in
	*defconfig*) sed -n "/^#### need/,/^#### slim/p" "$top/ktstr.kconfig" |
		grep -v "^####" >"\$c" ;;
	*) $2 ;;
	esac
	END
	chmod +x "$1"
}
