#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# a real kernel, as the kvm engine takes it in
# shellcheck disable=SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

units=${KT_BUILD:-$top/build}/tests/unit

# member NAME: that path of the kernel's record.
member() {
	kernel_record | jq -r ".$1"
}

t 'the kernel in the bzImage is the one the build left beside it' '
	kernel_record >rec
	"$units/bzimage" unpack "$(member image)" out
	cmp out "$(member boot_image)"
'

t 'its segments are loaded where readelf says' '
	kernel_record >rec
	"$units/elfload" "$(member boot_image)" >got
	{
		readelf -hW "$(member boot_image)" |
			sed -n "s/.*Entry point address: *//p"
		readelf -lW "$(member boot_image)" | while read -r type off _ phys \
			file mem _; do
			[ "$type" != LOAD ] ||
				printf "0x%x 0x%x 0x%x 0x%x\n" "$phys" "$off" \
					"$file" "$mem"
		done
	} >want
	same want got
'

end
