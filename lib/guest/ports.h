/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/guest/ports.h - finding the lines to the host
 *
 * For ktstr-init: libc only. They are ports of a virtio console (lib/ctl.h),
 * which is the driver's name and device 3 of the virtio bus (virtio 1.2,
 * 5.3.1), or else sockets whose other ends are on a serial line (lib/mux.h).
 */
#ifndef KT_GUEST_PORTS_H
#define KT_GUEST_PORTS_H

#include <stdbool.h>

#include "lib/guest/session.h"
#include "lib/relay.h"

#define KT_PORTS_SERIAL "/dev/ttyS1"

/*
 * Open the ports, O_NONBLOCK; they are waited for as long as it takes if there
 * is a driver and a device, for a moment without a device, and not at all
 * without a driver. NULL, or the name of one that does not come, with none open
 * and KT_MUX_NO_* in *lacks.
 */
const char *kt_ports_open(int fds[KT_NR_PORTS], unsigned int *lacks);

/* The tests' stand-ins: UNIX sockets DIR/NAME. Else as above. */
const char *kt_ports_open_sockets(const char *dir, int fds[KT_NR_PORTS]);

/*
 * Make them of the serial port @path, through *relay, which is all zeros. False:
 * there is none.
 */
bool kt_ports_open_serial(const char *path, unsigned int lacks,
			  struct kt_relay *relay, int fds[KT_NR_PORTS]);

#endif
