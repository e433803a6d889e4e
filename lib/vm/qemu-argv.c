// SPDX-License-Identifier: GPL-2.0-only
/* qemu-argv - what QEMU is told of a machine, and which it cannot make */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/ctl.h"
#include "lib/vm/qemu.h"
#include "lib/xalloc.h"

static const char *const port_names[KT_NR_PORTS] = {
	[KT_PORT_CONTROL] = KT_CTL_PORT_CONTROL,
	[KT_PORT_STDIN] = KT_CTL_PORT_STDIN,
	[KT_PORT_STDOUT] = KT_CTL_PORT_STDOUT,
	[KT_PORT_STDERR] = KT_CTL_PORT_STDERR,
};

enum kt_status kt_qemu_check(const struct kt_topology *t, struct kt_error *err)
{
	if (t->sockets > KT_QEMU_MAX_NODES)
		return kt_fail(err, KT_SKIP,
			       "QEMU makes at most %d NUMA nodes, not %u",
			       KT_QEMU_MAX_NODES, t->sockets);
	if (kt_topology_cpus(t) > KT_QEMU_MAX_CPUS)
		return kt_fail(err, KT_SKIP,
			       "QEMU without KVM cannot keep more than %d CPUs "
			       "going, and this topology has %u",
			       KT_QEMU_MAX_CPUS, kt_topology_cpus(t));
	return KT_OK;
}

struct words {
	char **argv;
	size_t nr;
};

static void KT_PRINTF(2, 3) add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	char *word = NULL;

	va_start(ap, fmt);
	if (vasprintf(&word, fmt, ap) < 0)
		kt_oom();
	va_end(ap);
	w->argv = kt_xrealloc(w->argv, (w->nr + 2) * sizeof(*w->argv));
	w->argv[w->nr++] = word;
	w->argv[w->nr] = NULL;
}

uint64_t kt_qemu_node_mib(const struct kt_machine *m, unsigned int i)
{
	const uint64_t share = m->memory_mib / m->topology.sockets;

	return i ? share : share + m->memory_mib % m->topology.sockets;
}

/*
 * A node a socket, which also makes Linux see one last-level cache each. The
 * memory is shared so that it can be looked at while the guest runs.
 */
static void add_nodes(struct words *w, const struct kt_machine *m,
		      const int *ram)
{
	const unsigned int cpus = m->topology.cores * m->topology.threads;

	for (unsigned int i = 0; i < m->topology.sockets; i++) {
		add(w, "-object");
		add(w,
		    "memory-backend-file,id=m%u,mem-path=/dev/fd/%d,share=on,"
		    "size=%lluM",
		    i, ram[i], (unsigned long long)kt_qemu_node_mib(m, i));
		add(w, "-numa");
		add(w, "node,nodeid=%u,memdev=m%u,cpus=%u-%u", i, i, i * cpus,
		    (i + 1) * cpus - 1);
	}
}

static void add_ports(struct words *w, const struct kt_machine *m)
{
	add(w, "-chardev");
	add(w, "socket,id=tty,fd=%d", m->console);
	add(w, "-serial");
	add(w, "chardev:tty");
	add(w, "-chardev");
	add(w, "socket,id=serial,fd=%d", m->serial);
	add(w, "-serial");
	add(w, "chardev:serial");
	add(w, "-device");
	add(w, "virtio-serial-pci,id=vs,max_ports=8,disable-legacy=on");
	for (int i = 0; i < KT_NR_PORTS; i++) {
		add(w, "-chardev");
		add(w, "socket,id=p%d,fd=%d", i, m->ports[i]);
		add(w, "-device");
		if (i == KT_PORT_TTY)
			add(w, "virtconsole,bus=vs.0,nr=0,chardev=p0");
		else
			add(w,
			    "virtserialport,bus=vs.0,nr=%d,chardev=p%d,"
			    "name=%s",
			    i, i, port_names[i]);
	}
}

/*
 * TCG in one thread: with several, guests of many CPUs oopsed while they
 * patched their own text. As an AMD CPU, each core would have a last-level
 * cache of its own. cpu_reset logging tells a triple fault from a reboot. The
 * sandbox is for a guest that breaks out of QEMU; it costs no time to speak of.
 */
char **kt_qemu_argv(const struct kt_machine *m, const char *program, int qmp,
		    const int *ram)
{
	const struct kt_topology *t = &m->topology;
	static const char *const fixed[] = {
		"-name",
		"ktstr",
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-no-reboot",
		"-M",
		"q35,hpet=off,smm=off,vmport=off,sata=off,usb=off,smbus=off",
		"-accel",
		"tcg,thread=single",
		"-cpu",
		"max,vendor=GenuineIntel",
		"-d",
		"cpu_reset",
		"-sandbox",
		("on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
		 "resourcecontrol=deny"),
	};
	struct words w = { 0 };

	add(&w, "%s", program);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(&w, "%s", fixed[i]);
	add(&w, "-smp");
	add(&w, "%u,sockets=%u,cores=%u,threads=%u", kt_topology_cpus(t),
	    t->sockets, t->cores, t->threads);
	add(&w, "-m");
	add(&w, "%lluM", (unsigned long long)m->memory_mib);
	add_nodes(&w, m, ram);
	add(&w, "-kernel");
	add(&w, "%s", m->kernel);
	add(&w, "-initrd");
	add(&w, "%s", m->initrd);
	add(&w, "-append");
	add(&w, "%s", m->cmdline);
	add_ports(&w, m);
	add(&w, "-chardev");
	add(&w, "socket,id=qmp,fd=%d", qmp);
	add(&w, "-mon");
	add(&w, "chardev=qmp,mode=control");
	return w.argv;
}

void kt_qemu_argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}
