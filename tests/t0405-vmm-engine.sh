#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm: which engine is taken, and what each refuses before it boots
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

# A record whose files are there, and no kernel at all.
: >"$work/image"
: >"$work/initrd"
printf '{"schema":"ktstr.kernel/1","image":"%s","initrd":"%s"}\n' \
	"$work/image" "$work/initrd" >"$work/rec"

real_kvm() {
	(: <>/dev/kvm) 2>/dev/null && grep -qwE 'vmx|svm' /proc/cpuinfo
}

# With a /dev/kvm that is FILE, where that can be arranged.
with_kvm() {
	if [ ! -e /dev/kvm ] || ! unshare -rm true 2>/dev/null; then
		echo "no /dev/kvm to put a file over"
		return 77
	fi
	unshare -rm sh -c 'mount --bind "$1" /dev/kvm && shift && exec "$@"' \
		sh "$@"
}

t 'auto takes qemu where kvm would be none, and -v says why' '
	! real_kvm || { echo "kvm is real here"; exit 77; }
	PATH=/nowhere exits 125 "$(command -v ktstr-vmm)" -v -t -- true \
		<"$work/rec" 2>err
	says "ktstr-vmm: engine qemu: " err
	says "/dev/kvm" err
	says "no \"qemu-system-x86_64\" on PATH" err
	PATH=/nowhere exits 125 "$(command -v ktstr-vmm)" -t -- true \
		<"$work/rec" 2>err
	exits 1 grep "engine qemu" err
'

t 'a kernel whose console kvm cannot have is told, once a run' '
	printf "CONFIG_VIRTIO_CONSOLE=y\nCONFIG_VIRTIO_PCI=y\n" >config
	echo CONFIG_VIRTIO_MMIO=m >>config
	sed "s|}$|,\"config\":\"$PWD/config\"}|" "$work/rec" >rec
	exits 125 ktstr-vmm --engine kvm -t -- true <rec 2>err
	says "ktstr-vmm: engine kvm: CONFIG_VIRTIO_MMIO=m in the kernel" err
	PATH=/nowhere exits 125 "$(command -v ktstr-vmm)" --engine qemu -t -- \
		true <rec 2>err
	exits 1 grep "CONFIG_" err
	PATH=/nowhere exits 125 "$(command -v ktstr-vmm)" -v -t -- true \
		<rec 2>err
	if real_kvm; then
		says "engine qemu: CONFIG_VIRTIO_MMIO=m in the kernel" err
	else
		exits 1 grep "CONFIG_" err
	fi
	echo CONFIG_VIRTIO_MMIO=y >>config
	exits 125 ktstr-vmm --engine kvm -t -- true <rec 2>err
	exits 1 grep "CONFIG_" err
	echo "this is no configuration" >config
	exits 125 ktstr-vmm --engine kvm -t -- true <rec 2>err
	exits 1 grep "onfig" err
'

t 'a /dev/kvm that is none is 77, and auto does without' '
	: >file
	exits 77 with_kvm file ktstr-vmm --engine kvm -- true <"$work/rec" 2>err
	says "\"/dev/kvm\" has API version -1, not 12" err
	exits 125 with_kvm file ktstr-vmm -v -t -- true <"$work/rec" 2>err
	says "engine qemu: \"/dev/kvm\" has API version -1" err
'

t 'qemu has neither --hugepages nor --pin' '
	for opt in --hugepages --pin=0; do
		exits 125 ktstr-vmm --engine qemu -t "$opt" -- true \
			<"$work/rec" 2>err
		says "the qemu engine knows neither --hugepages nor --pin" err
		says "hint: they are for --engine kvm" err
	done
'

t '--pin is a list with a CPU for each of the guest' '
	for bad in "" x 0- 1-0 0,,1 0,0 1024; do
		exits 2 ktstr-vmm -t --pin "$bad" -- true <"$work/rec" 2>err
		says "\"$bad\"" err
	done
	exits 2 ktstr-vmm -t --pin 0-2 --topology 2,2,1 -- true \
		<"$work/rec" 2>err
	says "\"0-2\" has 3 CPUs, and the guest has 4" err
	printf "#!/bin/sh\n" >sched
	chmod +x sched
	exits 2 ktstr-verifier --scheduler-bin ./sched --pin 0 <"$work/rec" 2>err
	says "\"0\" has 1 CPUs, and the guest has 2" err
	exits 2 ktstr-verifier --scheduler-bin ./sched --pin 0,1 --jobs 2 \
		<"$work/rec" 2>err
	says "options --jobs and --pin exclude each other" err
'

t 'a topology that no engine can make is said so, whichever is asked' '
	for engine in auto kvm qemu; do
		exits 77 ktstr-vmm --engine $engine --topology 5,5,5 -- true \
			<"$work/rec" 2>err
		says "no engine has APIC ids above 254, and this topology needs 292" \
			err
		exits 125 ktstr-vmm --engine $engine -t --topology 5,5,5 -- \
			true <"$work/rec" 2>err
	done
'

t 'what is no kernel is no kernel to kvm either' '
	(: <>/dev/kvm) 2>/dev/null || { echo "no /dev/kvm"; exit 77; }
	exits 125 ktstr-vmm --engine kvm -t -- true <"$work/rec" 2>err
	says "$work/image" err
'

end
