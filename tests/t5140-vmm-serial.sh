#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm: a guest without a virtio console does all that others do, slowly
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

# The kernel has it all; these it is told to leave out.
no_driver=initcall_blacklist=virtio_console_init
no_device=initcall_blacklist=virtio_pci_driver_init
warning="guest: no virtio console, so data go slowly, through a serial port"

t 'stdout, stderr and the status come apart, with one warning' '
	guest
	exits 3 vm -t --append $no_driver -- \
		sh -c "echo out; echo err >&2; exit 3" >out 2>err
	echo out >want.out
	same want.out out
	head -n 1 err >first
	says "ktstr-vmm: $warning: its kernel lacks CONFIG_VIRTIO_CONSOLE=y," \
		first
	says "\"cargo ktstr kernel build\" sets" first
	echo err >want.err
	sed 1d err >got.err
	same want.err got.err
'

t 'it is the device that is missing where there is a driver' '
	guest
	exits 0 vm -t --append $no_device -- echo hi >out 2>err
	says "its kernel lacks CONFIG_VIRTIO_PCI=y, which" err
	echo hi >want
	same want out
'

t 'the record tells' '
	guest
	vm --append $no_driver -- sh -c "echo hi; exit 7" >out 2>err
	says "\"reason\":\"exit\",\"exit_code\":7," out
	says "\"serial\":true" out
	says "\"stdout\":\"hi\\n\"" out
	vm -- true >out
	exits 1 grep serial out
'

t 'bytes pass in both directions, exactly, and so does the end of stdin' '
	guest
	head -c 200000 /dev/urandom >in
	timeout 120 ktstr-vmm --engine "$KT_ENGINE" -t --spec "$guest" \
		--append $no_driver -- sh -c "tee /proc/self/fd/2" \
		<in >out 2>err
	same in out
	sed 1d err >got
	same in got
'

t 'files come back' '
	guest
	exits 0 vm -t --append $no_driver --out /tmp/r:. -- \
		sh -c "mkdir -p /tmp/r/s; seq 30000 >/tmp/r/s/n" 2>err
	seq 30000 >want
	same want r/s/n
'

t 'a command that nobody reads has a deadline all the same' '
	guest
	{
		vm -t --append $no_driver --timeout 10 -- yes 2>err ||
			echo $? >status
	} | sleep 25
	says "the command did not end in 10 s" err
	[ "$(cat status)" -eq 124 ]
'

t 'one that is fed without an end has it, too, and leaves its files' '
	guest
	timeout -k 5 120 ktstr-vmm --engine "$KT_ENGINE" -t --spec "$guest" \
		--append $no_driver --timeout 15 --out /tmp/f:. -- \
		sh -c "echo so far >/tmp/f; cat >/dev/null" \
		</dev/zero 2>err || echo $? >status
	says "the command did not end in 15 s" err
	[ "$(cat status)" -eq 124 ]
	echo so far >want
	same want f
'

t 'who else writes to that line ends it, and is told of' '
	guest
	exits 125 vm -t --append $no_driver -- \
		sh -c "echo login: >/dev/ttyS1; sleep 1000" 2>err
	says "the guest'\''s serial port ttyS1 has a line that is no message" err
	says "hint: without a virtio console it is ktstr-init'\''s alone" err
	[ "$(grep -c "ttyS1 has" err)" -eq 1 ]
'

t 'with a console that line is anybody'\''s' '
	guest
	exits 0 vm -t -- sh -c "echo serial >/dev/ttyS1; echo hi" >out 2>err
	echo hi >want
	same want out
	[ ! -s err ]
'

t 'a shell at a terminal: keys, sizes, Ctrl-C, a status' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	guest
	timeout -k 5 120 python3 "$top/tests/vm/serial.py" \
		ktstr-vmm --engine "$KT_ENGINE" --spec "$guest" \
		--append $no_driver
'

end
