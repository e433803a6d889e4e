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
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new("ktstr.kernel/1");
	const struct kt_engine *engine;
	struct kt_error why, err;
	const bool here = !kt_kvm_check(&err);

	engine = kt_engine_pick("kvm", rec, &why);
	ok(!strcmp(engine->name, "kvm") && !why.status, "kvm is kvm");
	engine = kt_engine_pick("qemu", rec, &why);
	ok(!strcmp(engine->name, "qemu") && !why.status, "qemu is qemu");
	engine = kt_engine_pick("auto", rec, &why);
	same_str(engine->name, here ? "kvm" : "qemu",
		 "auto is kvm where that is real");
	ok(why.status == (here ? KT_OK : KT_SKIP),
	   "and says why when it is not");
}

#define CONSOLE "CONFIG_VIRTIO_CONSOLE=y\n"
#define MMIO "CONFIG_VIRTIO_MMIO"
#define PCI "CONFIG_VIRTIO_PCI=y\n"

/* Where kvm can be used, what the kernel is decides; and where not, it can't. */
static void test_kernels(void)
{
	static const struct {
		const char *what, *config, *engine; /* config "": unknown */
		const char *why, *forced;
	} cases[] = {
		{ "a kernel that nobody knows", "", "kvm", "", "" },
		{ "one that has it all", CONSOLE PCI MMIO "=y\n", "kvm", "",
		  "" },
		{ "a distribution's", CONSOLE PCI MMIO "=m\n", "qemu",
		  MMIO "=m in the kernel, which kvm's virtio console needs",
		  MMIO "=m in the kernel, so data may go slowly, through a "
		       "serial port" },
		{ "one without that bus", CONSOLE PCI, "qemu",
		  MMIO " is not set in the kernel, which kvm's virtio console "
		       "needs",
		  MMIO " is not set in the kernel, so data may go slowly, "
		       "through a serial port" },
		{ "one without any bus", CONSOLE, "kvm", "",
		  MMIO " is not set in the kernel, so data may go slowly, "
		       "through a serial port" },
		{ "one without a driver", PCI MMIO "=m\n", "kvm", "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_kconfig *config KT_CLEANUP(kt_kconfig_freep) = NULL;
		const char *text = cases[i].config;
		struct kt_error why = { 0 }, err;

		if (*text &&
		    kt_kconfig_parse(text, strlen(text), &config, &err))
			ok(false, "%s", err.msg);
		same_str(kt_engine_choose("auto", config, &why)->name,
			 cases[i].engine, cases[i].what);
		same_str(why.msg, cases[i].why, "and why");
		why = (struct kt_error){ 0 };
		same_str(kt_engine_choose("kvm", config, &why)->name, "kvm",
			 "who wants kvm gets kvm");
		same_str(why.msg, cases[i].forced, "with a warning if need be");
		kt_error_set(&why, KT_SKIP, "no");
		same_str(kt_engine_choose("auto", config, &why)->name, "qemu",
			 "without kvm it is qemu");
		same_str(why.msg, "no", "whatever the kernel is");
	}
}

int main(void)
{
	test_cpuinfo();
	test_pick();
	test_kernels();
	return tap_end();
}
