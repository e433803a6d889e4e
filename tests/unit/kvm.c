// SPDX-License-Identifier: GPL-2.0-only
/* kvm: which CPUs it is for, and which engine is taken then */
#include "lib/vm/kvm.h"

#include "lib/vm/engine.h"
#include "tests/unit/tap.h"

static void test_cpuinfo(void)
{
	static const struct {
		const char *text;
		bool has;
		const char *what;
	} cases[] = {
		{ "processor\t: 0\nflags\t\t: fpu vmx sse\nbugs\t: x\n", true,
		  "an Intel CPU" },
		{ "processor\t: 0\nflags\t\t: fpu sse svm\n", true,
		  "an AMD CPU" },
		{ "processor\t: 0\nflags\t\t: svm", false,
		  "a line that is cut off" },
		{ "processor\t: 0\nflags\t\t: fpu sse\n", false,
		  "a CPU without either" },
		{ "processor\t: 0\nflags\t\t: svmx vmx_x xsvm\n", false,
		  "flags that are only like it" },
		{ "model name\t: vmx svm\nflags\t\t: fpu\n", false,
		  "a model name" },
		{ "processor\t: 0\nflags\t\t: fpu\nvmx flags\t: vmx svm\n",
		  false, "another line" },
		{ "", false, "no text" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(kt_kvm_cpu_has_virt(cases[i].text) == cases[i].has,
		   "%s %s virtualization", cases[i].what,
		   cases[i].has ? "has" : "has no");
}

static void test_pick(void)
{
	const struct kt_engine *engine;
	struct kt_error why, err;
	const bool here = !kt_kvm_check(&err);

	engine = kt_engine_pick("kvm", &why);
	ok(!strcmp(engine->name, "kvm") && !why.msg[0], "kvm is kvm");
	engine = kt_engine_pick("qemu", &why);
	ok(!strcmp(engine->name, "qemu") && !why.msg[0], "qemu is qemu");
	engine = kt_engine_pick("auto", &why);
	same_str(engine->name, here ? "kvm" : "qemu",
		 "auto is kvm where that is real");
	ok(!why.msg[0] == here, "and says why when it is not");
}

int main(void)
{
	test_cpuinfo();
	test_pick();
	return tap_end();
}
