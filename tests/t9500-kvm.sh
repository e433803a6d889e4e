#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm, on hardware or in the test host: all of it
exec "${0%/*}/vm/host" run -t 3600 kvm-topology.sh kvm-ends.sh kvm-machine.sh \
	kvm-serial.sh t5000-vmm-run.sh t5030-vmm-data.sh
