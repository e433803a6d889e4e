// SPDX-License-Identifier: GPL-2.0-only
/* session-serial - the ports of a guest without a virtio console */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/vm/session-parts.h"

/* Which port of the machine is which of the line's. */
static const enum kt_port port_of[KT_MUX_NR] = {
	[KT_MUX_CONTROL] = KT_PORT_CONTROL,
	[KT_MUX_STDIN] = KT_PORT_STDIN,
	[KT_MUX_STDOUT] = KT_PORT_STDOUT,
	[KT_MUX_STDERR] = KT_PORT_STDERR,
};

void kt_session_watch_serial(struct kt_session_state *s)
{
	struct pollfd fds[KT_RELAY_FDS];

	kt_relay_events(&s->serial, fds);
	for (int i = 0; i < KT_RELAY_FDS; i++)
		kt_session_watch(s, fds[i].fd, fds[i].events, &s->serial_in[i]);
}

/* Once: people wonder why it is slow. */
static void tell(const struct kt_session_state *s)
{
	const unsigned int lacks = s->serial.mux.lacks;
	const char *driver =
		lacks & KT_MUX_NO_DRIVER ? "CONFIG_VIRTIO_CONSOLE=y" : "";
	const char *device =
		lacks & KT_MUX_NO_DEVICE ? s->how->engine->console : "";
	char text[512];

	if (!s->how->warn)
		return;
	snprintf(text, sizeof(text),
		 "no virtio console, so data go slowly, through a serial port"
		 "%s%s%s%s%s%s",
		 lacks ? ": its kernel lacks " : "", driver,
		 *driver && *device ? " and " : "", device, *device ? "=y" : "",
		 lacks ? ", which \"cargo ktstr kernel build\" sets" : "");
	s->how->warn(text, s->how->ctx);
}

/* From now on the session's ports are the relay's. */
static void connect_ports(struct kt_session_state *s)
{
	const int queue = KT_MUX_WINDOW;
	int ours[KT_MUX_NR];

	if (!kt_relay_connect(&s->serial, ours)) {
		kt_error_set_errno(&s->why, "cannot make a socket");
		kt_session_decide(s, KT_REASON_ENGINE_ERROR);
		return;
	}
	for (int i = 0; i < KT_MUX_NR; i++)
		s->ports[port_of[i]] = ours[i];
	s->in.to = s->ports[KT_PORT_STDIN];
	/* All of it goes down the line, even if its command ends before. */
	setsockopt(s->in.to, SOL_SOCKET, SO_SNDBUF, &queue, sizeof(queue));
	s->output[KT_OUT].from = s->ports[KT_PORT_STDOUT];
	s->output[KT_ERR].from = s->ports[KT_PORT_STDERR];
	/* If those of the machine have ended, these have not. */
	s->control_ended = false;
	s->output[KT_OUT].ended = s->output[KT_ERR].ended = false;
	tell(s);
}

/* The guest has a console and speaks there: this line is a command's. */
static void discard(struct kt_session_state *s)
{
	char drop[4096];
	ssize_t n;

	if (!s->serial_in[0])
		return;
	n = read(s->how->serial, drop, sizeof(drop));
	s->serial.ended = !n || (n < 0 && errno != EAGAIN && errno != EINTR);
}

void kt_session_pump_serial(struct kt_session_state *s)
{
	struct kt_relay *r = &s->serial;

	if (!r->connected && s->guest.stage != KT_GUEST_BOOTING) {
		discard(s);
		return;
	}
	if (!r->connected && !s->serial_in[0])
		return;
	kt_relay_pump(r);
	if (r->mux.open && !r->connected && !s->decided) {
		connect_ports(s);
		kt_relay_pump(r);
	}
	if (!r->mux.broken || s->decided)
		return;
	kt_error_set(&s->why, KT_DATA, "the guest's serial port ttyS1 has %s",
		     r->mux.broken);
	kt_error_hint(&s->why, "without a virtio console it is ktstr-init's "
			       "alone: no console=ttyS1, no getty there");
	kt_session_decide(s, KT_REASON_ENGINE_ERROR);
}

void kt_session_close_serial(struct kt_session_state *s)
{
	for (int i = 0; s->serial.connected && i < KT_MUX_NR; i++)
		close(s->ports[port_of[i]]);
	kt_relay_close(&s->serial);
}
