#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# contrib/slurm-array.sh - verify all profiles of a scheduler on many machines
#
#   sbatch --array=1-16 contrib/slurm-array.sh KEY SCHEDULER DIR
#   cat DIR/*.json | ktstr-stats programs -t      # when all have ended
#
# Each task verifies its share of the profiles on the kernel KEY of the cache,
# which all see, or take from KTSTR_CACHE_REMOTE, and writes DIR/N.json.
#SBATCH --job-name=ktstr-verifier
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=2:00:00
set -eu

[ $# -eq 3 ] || {
	sed -n 's/^# \{0,1\}//; 3,9p' "$0" >&2
	exit 2
}
kernel=$1 scheduler=$2 dir=$3
k=${SLURM_ARRAY_TASK_ID:?not a task of an array}
n=${SLURM_ARRAY_TASK_COUNT:?not a task of an array}

mkdir -p "$dir"
# A failed profile is a record too: the file is what counts, not the status.
ktstr-cache get -- "$kernel" |
	ktstr-verifier --scheduler-bin "$scheduler" --all-profiles \
		--shard "$k/$n" >"$dir/.$k.json" && status=0 || status=$?
mv "$dir/.$k.json" "$dir/$k.json"
exit "$status"
