#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the kvm engine's ACPI tables, as ACPI's own disassembler reads them
. "${0%/*}/lib.sh"

# tables S,C,T MIB - write them as NAME.dat, and what iasl makes of them
tables() {
	command -v iasl >/dev/null || {
		echo 'no iasl: apt install acpica-tools'
		exit 77
	}
	"${KT_BUILD:-$top/build}/tests/unit/acpi" . "$1" "$2"
	for f in *.dat; do
		iasl -d "$f" >"$f.log" 2>&1
	done
	cat ./*.log ./*.dsl >all
}

t 'no table has an error, a warning or a length that is wrong' '
	tables 3,3,1 6144
	[ "$(ls ./*.dsl | wc -l)" -eq 7 ]
	exits 1 grep -iE "error|warning|invalid|unknown|incorrect|\*\*\*\*" all
'

t 'nor have those of CPUs that only an x2APIC can have' '
	tables 14,9,2 4096
	exits 1 grep -iE "error|warning|invalid|unknown|incorrect|\*\*\*\*" all
	says "Processor x2Apic ID : 000001B1" APIC.dsl
	says "Apic ID : 000001B1" SRAT.dsl
'

t 'the DSDT says what was meant, and can be compiled again' '
	tables 1,1,1 256
	says "Name (_S5, Package (0x04)" DSDT.dsl
	says "Name (_HID, \"LNRO0005\")" DSDT.dsl
	says "0xC0000000,         // Address Base" DSDT.dsl
	says "Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive" DSDT.dsl
	iasl DSDT.dsl >again 2>&1
	says "0 Errors, 0 Warnings" again
'

t 'each node has its CPUs, and memory on both sides of the hole' '
	tables 3,3,1 6144
	[ "$(grep -c "Processor Local APIC/SAPIC" SRAT.dsl)" -eq 9 ]
	[ "$(grep -c "Memory Affinity" SRAT.dsl)" -eq 4 ]
	says "Localities : 0000000000000003" SLIT.dsl
'

end
