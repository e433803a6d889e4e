#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm: a guest without a virtio console
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

no_driver=initcall_blacklist=virtio_console_init
no_device=initcall_blacklist=virtio_mmio_init

t 'without the device: output apart, the status, one warning' '
	guest
	exits 3 vm -t --append $no_device -- \
		sh -c "echo out; echo err >&2; exit 3" >out 2>err
	echo out >want
	same want out
	says "its kernel lacks CONFIG_VIRTIO_MMIO=y," err
	[ "$(wc -l <err)" -eq 2 ]
	says err err
'

t 'without the driver: bytes both ways, exactly' '
	guest
	head -c 100000 /dev/urandom >in
	timeout 300 ktstr-vmm --engine "$KT_ENGINE" -t --spec "$guest" \
		--append $no_driver -- cat <in >out 2>err
	same in out
	says "its kernel lacks CONFIG_VIRTIO_CONSOLE=y," err
'

t 'a kernel whose console would be a module is told before it boots' '
	guest
	echo CONFIG_VIRTIO_CONSOLE=y >config
	echo CONFIG_VIRTIO_PCI=y >>config
	echo CONFIG_VIRTIO_MMIO=m >>config
	sed "s|,\"config\":\"[^\"]*\"||; s|}\$|,\"config\":\"$PWD/config\"}|" \
		"$guest" >rec
	PATH=/nowhere exits 125 "$(command -v ktstr-vmm)" -t --engine auto \
		-- true <rec 2>err
	says "engine qemu: CONFIG_VIRTIO_MMIO=m in the kernel, which kvm" err
	exits 0 timeout 120 ktstr-vmm -t --engine kvm -- true <rec 2>err
	says "engine kvm: CONFIG_VIRTIO_MMIO=m in the kernel, so data may" err
'

end
