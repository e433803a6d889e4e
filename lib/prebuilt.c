// SPDX-License-Identifier: GPL-2.0-only
/* prebuilt - is a kernel that others have configured of use here? */
#include "lib/prebuilt.h"

#include <string.h>

#include "lib/btf-find.h"
#include "lib/xalloc.h"

#define SCHED_EXT "CONFIG_SCHED_CLASS_EXT"
#define CONSOLE "CONFIG_VIRTIO_CONSOLE"
#define MMIO "CONFIG_VIRTIO_MMIO" /* the bus of the kvm engine's console */
#define PCI "CONFIG_VIRTIO_PCI"	  /* and that of the qemu engine's */
#define ANY "--any takes it all the same"

/* Without these built in, ktstr-init does not get to say hello. */
static const char *const vital[] = {
	"CONFIG_BLK_DEV_INITRD", "CONFIG_BINFMT_ELF", "CONFIG_TTY",
	"CONFIG_SERIAL_8250",	 "CONFIG_PROC_FS",    "CONFIG_SYSFS",
	"CONFIG_TMPFS",		 "CONFIG_DEVTMPFS",   NULL
};

static bool built_in(const struct kt_prebuilt *k, const char *symbol)
{
	return !strcmp(kt_kconfig_get(k->config, symbol), "y");
}

/* Refused, or with @any only said. */
static enum kt_status refuse(const struct kt_prebuilt *k, bool any,
			     kt_prebuilt_say_fn *say, const char *why,
			     const char *hint, struct kt_error *err)
{
	if (!any)
		return kt_hint(
			err, kt_fail(err, KT_FAIL, "\"%s\": %s", k->what, why),
			"%s; %s", hint, ANY);
	say("%s", why);
	return KT_OK;
}

static enum kt_status check_sched_ext(const struct kt_prebuilt *k, bool any,
				      kt_prebuilt_say_fn *say,
				      struct kt_error *err)
{
	const struct kt_payload_part *btf = &k->payload->btf;
	const char *data = k->payload->data.data;

	if (k->config)
		return strcmp(kt_kconfig_get(k->config, SCHED_EXT), "y") != 0 ?
			       refuse(k, any, say,
				      "it has no sched_ext: " SCHED_EXT
				      " is not set",
				      "take a kernel that has it", err) :
			       KT_OK;
	if (!btf->bytes)
		return refuse(k, any, say,
			      "it has neither configuration nor types, so that "
			      "nothing says whether it has sched_ext",
			      "give the file of its configuration, too", err);
	if (kt_btf_names((const unsigned char *)data + btf->at, btf->bytes,
			 "sched_ext_ops"))
		return KT_OK;
	return refuse(k, any, say,
		      "it has no sched_ext: there is no type \"sched_ext_ops\"",
		      "take a kernel that has it", err);
}

static void add_setting(struct kt_buf *out, const struct kt_prebuilt *k,
			const char *symbol)
{
	const char *value = kt_kconfig_get(k->config, symbol);

	if (out->len)
		kt_buf_adds(out, ", ");
	if (!strcmp(value, "n"))
		kt_buf_addf(out, "%s is not set", symbol);
	else
		kt_buf_addf(out, "%s=%.40s", symbol, value);
}

static enum kt_status check_vital(const struct kt_prebuilt *k, bool any,
				  kt_prebuilt_say_fn *say, struct kt_error *err)
{
	struct kt_buf lacks KT_CLEANUP(kt_buf_release) = { 0 };

	if (!k->config)
		return KT_OK;
	for (size_t i = 0; vital[i]; i++)
		if (!built_in(k, vital[i]))
			add_setting(&lacks, k, vital[i]);
	if (!lacks.len)
		return KT_OK;
	kt_buf_adds(&lacks, ": a guest needs that built in");
	return refuse(k, any, say, lacks.data,
		      "take another flavour of the kernel, one for virtual "
		      "machines",
		      err);
}

/* Whether all of the "need" part holds; if not, it is said what does not. */
static enum kt_status compare(const struct kt_prebuilt *k,
			      kt_prebuilt_say_fn *say, bool *as_ours,
			      struct kt_error *err)
{
	struct kt_kconfig *want KT_CLEANUP(kt_kconfig_freep) = NULL;
	struct kt_buf unmet KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char *need KT_CLEANUP(kt_freep) = NULL;
	char *slim KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st;

	kt_kconfig_parts(kt_kconfig_fragment, &need, &slim);
	st = kt_kconfig_parse(need, strlen(need), &want, err);
	if (st)
		return st;
	*as_ours = !kt_kconfig_unmet(want, k->config, &unmet);
	if (*as_ours)
		return KT_OK;
	for (char *s = unmet.data; *s; s++) {
		const size_t len = strcspn(s, "=");

		s[len] = '\0';
		add_setting(&text, k, s);
		s += len + 1;
		s += strcspn(s, "\n");
	}
	say("unlike kernels that are built here: %s", text.data);
	return KT_OK;
}

static void check_console(const struct kt_prebuilt *k, kt_prebuilt_say_fn *say)
{
	const bool mmio = built_in(k, CONSOLE) && built_in(k, MMIO);
	const bool pci = built_in(k, CONSOLE) && built_in(k, PCI);

	if (!mmio && !pci)
		say("without a virtio console built in, data of its guests go "
		    "slowly, through a serial port");
	else if (!mmio)
		say("without " MMIO " only --engine qemu has a console "
		    "for it, and kvm is slow");
	else if (!pci)
		say("without " PCI " only --engine kvm has a console "
		    "for it, and qemu is slow");
}

static void check_contents(const struct kt_prebuilt *k, kt_prebuilt_say_fn *say)
{
	if (!k->payload->btf.bytes)
		say("it has no types (CONFIG_DEBUG_INFO_BTF): schedulers "
		    "cannot be loaded");
	if (!k->payload->symbols.nr)
		say("%s: its guests cannot be looked into",
		    k->payload->why_none.status ? k->payload->why_none.msg :
						  "it has no symbols");
}

enum kt_status kt_prebuilt_check(const struct kt_prebuilt *k, bool any,
				 kt_prebuilt_say_fn *say, bool *as_ours,
				 struct kt_error *err)
{
	enum kt_status st = check_sched_ext(k, any, say, err);

	if (!st)
		st = check_vital(k, any, say, err);
	if (st)
		return st;
	*as_ours = false;
	check_contents(k, say);
	if (!k->config) {
		say("it came without its configuration (CONFIG_IKCONFIG)");
		return KT_OK;
	}
	check_console(k, say);
	return compare(k, say, as_ours, err);
}
