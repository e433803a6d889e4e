#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --engine kvm, on hardware or in the test host: what time allows
exec "${0%/*}/vm/host" run -t 300 kvm-basic.sh
