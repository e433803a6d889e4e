#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the recipes in contrib/, run for real: make, and shares of many machines
# shellcheck disable=SC2016,SC2034,SC2154
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
# shellcheck source=tests/vm/scx.sh
. "$top/tests/vm/scx.sh"

# The kernel's key; recipes find it in the person's cache.
ready() {
	fixture || return
	kernel_record >rec || return
	key=$(sed 's/.*"key":"\([^"]*\)".*/\1/' rec)
	KTSTR_CACHE_DIR=$kernels KTSTR_BUILD_DIR=$PWD/build KTSTR_ENGINE=$KT_ENGINE
	export KTSTR_CACHE_DIR KTSTR_BUILD_DIR KTSTR_ENGINE
	unset MAKEFLAGS MFLAGS MAKELEVEL
}

# The counts of each profile and program in FILE...
counts() {
	cat "$@" | sed -n 's/.*"profile":"\([^"]*\)","program":"\([^"]*\)".*"verified_insns":\([0-9]*\).*/\1 \2 \3/p' |
		sort
}

t 'make boots and verifies, and does neither twice' '
	ready
	echo "include $top/contrib/ci.mk" >Makefile
	cp "$fixture" sched
	timeout 300 make -s KTSTR_COMMAND="nproc" KTSTR_VMM_FLAGS="--topology 1,2,1" \
		KTSTR_SCHEDULER=sched "boot-$key" "verify-$key"
	says "\"stdout\":\"2" "ktstr.d/boot/$key.json"
	says "ktstr.program/1" "ktstr.d/verify/$key.json"
	make -q KTSTR_SCHEDULER=sched "boot-$key" "verify-$key"
	exits 2 timeout 100 make -s KTSTR_OUT=bad KTSTR_COMMAND="exit 3" "boot-$key" 2>err
	[ ! -e "bad/boot/$key.json" ]
'

t 'three tasks of a Slurm array make what one run makes' '
	ready
	timeout 400 ktstr-verifier --scheduler-bin "$fixture" --all-profiles \
		--max-profiles 64 <rec >whole.json || :
	for k in 1 2 3; do
		SLURM_ARRAY_TASK_ID=$k SLURM_ARRAY_TASK_COUNT=3 timeout 300 \
			"$top/contrib/slurm-array.sh" "$key" "$fixture" out || :
	done
	[ "$(ls out | wc -l)" -eq 3 ]
	counts whole.json >want
	counts out/*.json >got
	[ -s want ]
	same want got
	# All but how long they ran.
	ktstr-stats programs -t <whole.json | awk "{ \$6 = \"\" } 1" >want
	cat out/*.json | ktstr-stats programs -t | awk "{ \$6 = \"\" } 1" >got
	same want got
'

end
