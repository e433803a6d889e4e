// SPDX-License-Identifier: GPL-2.0-only
/* qemu: its command line, and what its monitor says */
#include "lib/vm/qemu.h"

#include "tests/unit/tap.h"

static const struct kt_machine machine = {
	.kernel = "/k e,rnel",
	.initrd = "/initrd",
	.cmdline = "console=ttyS0 a,b",
	.topology = { 3, 3, 2 },
	.memory_mib = 1000,
	.console = 10,
	.serial = 16,
	.ports = { 9, 11, 12, 13, 14 },
};

/* The word that follows @name, the @nth time it is there. */
static const char *after(char **argv, const char *name, int nth)
{
	for (size_t i = 0; argv[i]; i++)
		if (!strcmp(argv[i], name) && !nth--)
			return argv[i + 1];
	return NULL;
}

static bool has(char **argv, const char *word)
{
	for (size_t i = 0; argv[i]; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

static void test_argv(void)
{
	const int ram[] = { 20, 21, 22 };
	char **argv = kt_qemu_argv(&machine, "/usr/bin/qemu", 15, ram);

	same_str(argv[0], "/usr/bin/qemu", "the program is what was found");
	same_str(after(argv, "-kernel", 0), "/k e,rnel",
		 "the kernel, as it is");
	same_str(after(argv, "-initrd", 0), "/initrd", "the initrd");
	same_str(after(argv, "-append", 0), "console=ttyS0 a,b",
		 "the command line is one word");
	same_str(after(argv, "-smp", 0), "18,sockets=3,cores=3,threads=2",
		 "every level of the topology");
	same_str(after(argv, "-m", 0), "1000M", "the memory");
	same_str(after(argv, "-object", 0),
		 "memory-backend-file,id=m0,mem-path=/dev/fd/20,share=on,"
		 "size=334M",
		 "node 0 has the remainder");
	same_str(after(argv, "-object", 2),
		 "memory-backend-file,id=m2,mem-path=/dev/fd/22,share=on,"
		 "size=333M",
		 "the last node has its share");
	same_str(after(argv, "-numa", 1), "node,nodeid=1,memdev=m1,cpus=6-11",
		 "a node's CPUs are its socket's");
	same_str(after(argv, "-numa", 3), NULL, "a node a socket, and no more");
	same_str(after(argv, "-sandbox", 0),
		 "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
		 "resourcecontrol=deny",
		 "a guest that gets out of it does not get far");
	same_str(after(argv, "-device", 1),
		 "virtconsole,bus=vs.0,nr=0,chardev=p0", "port 0 is hvc0");
	same_str(after(argv, "-device", 2),
		 "virtserialport,bus=vs.0,nr=1,chardev=p1,name=ktstr.control",
		 "port 1 is control");
	same_str(after(argv, "-device", 5),
		 "virtserialport,bus=vs.0,nr=4,chardev=p4,name=ktstr.stderr",
		 "port 4 is stderr");
	ok(has(argv, "socket,id=tty,fd=10"), "the console's descriptor");
	ok(has(argv, "socket,id=serial,fd=16"), "the other serial line's");
	same_str(after(argv, "-serial", 0), "chardev:tty", "which is ttyS1");
	same_str(after(argv, "-serial", 1), "chardev:serial", "behind ttyS0");
	ok(has(argv, "socket,id=p1,fd=11"), "the control port's descriptor");
	ok(has(argv, "socket,id=p4,fd=14"), "stderr's descriptor");
	ok(has(argv, "socket,id=qmp,fd=15"), "the monitor's descriptor");
	ok(has(argv, "-nodefaults") && has(argv, "-no-user-config"),
	   "nothing of the machine's own settings");
	ok(has(argv, "-no-reboot"), "a reset is an end");
	kt_qemu_argv_free(argv);
	kt_qemu_argv_free(NULL);
}

static void test_memory(void)
{
	static const unsigned int sockets[] = { 1, 2, 3, 7, 128 };

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		const struct kt_machine m = { .topology = { sockets[i], 1, 1 },
					      .memory_mib = 1000 };
		uint64_t sum = 0;

		for (unsigned int n = 0; n < sockets[i]; n++)
			sum += kt_qemu_node_mib(&m, n);
		ok(sum == 1000, "%u nodes have all of the memory", sockets[i]);
	}
}

static void test_check(void)
{
	static const struct {
		struct kt_topology t;
		enum kt_status want;
	} cases[] = {
		{ { 1, 1, 1 }, KT_OK },	    { { 8, 8, 2 }, KT_OK },
		{ { 15, 8, 2 }, KT_SKIP },  { { 1, 128, 1 }, KT_OK },
		{ { 1, 129, 1 }, KT_SKIP }, { { 128, 1, 1 }, KT_OK },
		{ { 129, 1, 1 }, KT_SKIP },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_error err = { 0 };

		ok(kt_qemu_check(&cases[i].t, &err) == cases[i].want,
		   "%u,%u,%u is %s", cases[i].t.sockets, cases[i].t.cores,
		   cases[i].t.threads,
		   cases[i].want ? "too much for QEMU" :
				   "within QEMU's limits");
	}
}

static void test_qmp(void)
{
	static const struct {
		const char *line;
		enum kt_vm_state want;
	} cases[] = {
		{ "{\"QMP\":{\"version\":{}}}\r", KT_VM_RUNNING },
		{ "{\"return\":{}}\r", KT_VM_RUNNING },
		{ "{\"timestamp\":{\"seconds\":1},\"event\":\"RESET\","
		  "\"data\":{\"guest\":true,\"reason\":\"guest-reset\"}}\r",
		  KT_VM_RUNNING },
		{ "{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,"
		  "\"reason\":\"guest-shutdown\"}}",
		  KT_VM_POWEROFF },
		{ "{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,"
		  "\"reason\":\"guest-reset\"}}",
		  KT_VM_RESET },
		{ "{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":false,"
		  "\"reason\":\"host-signal\"}}",
		  KT_VM_FAILED },
		{ "{\"event\":\"SHUTDOWN\"}", KT_VM_FAILED },
		{ "{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":1}}",
		  KT_VM_FAILED },
		{ "{\"event\":7}", KT_VM_FAILED },
		{ "garbage", KT_VM_FAILED },
		{ "", KT_VM_FAILED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_qmp_state(cases[i].line, strlen(cases[i].line)) ==
			   cases[i].want,
		   "the monitor's \"%.40s\" is understood", cases[i].line);
}

static void test_missing(void)
{
	struct kt_machine m = machine;
	struct kt_error err = { 0 };
	struct kt_vm *vm = NULL;

	m.path = "/nonexistent";
	ok(kt_engine_qemu.start(&m, &vm, &err) == KT_SKIP && !vm,
	   "without QEMU it cannot be done here");
	ok(strstr(err.hint, "apt install qemu-system-x86"),
	   "and the package is named");
}

int main(void)
{
	test_argv();
	test_memory();
	test_check();
	test_qmp();
	test_missing();
	return tap_end();
}
