// SPDX-License-Identifier: GPL-2.0-only
/* engine - which engine a machine gets */
#include "lib/vm/engine.h"

#include <fcntl.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/vm/kvm.h"
#include "lib/vm/qemu.h"

#define CONSOLE "CONFIG_VIRTIO_CONSOLE"

static bool has(const struct kt_kconfig *config, const char *symbol)
{
	return !strcmp(kt_kconfig_get(config, symbol), "y");
}

static void set_reason(const struct kt_kconfig *config, const char *symbol,
		       const char *what, struct kt_error *why)
{
	const char *value = kt_kconfig_get(config, symbol);

	if (!strcmp(value, "n"))
		kt_error_set(why, KT_DATA, "%s is not set in the kernel, %s",
			     symbol, what);
	else
		kt_error_set(why, KT_DATA, "%s=%.40s in the kernel, %s", symbol,
			     value, what);
}

const struct kt_engine *kt_engine_choose(const char *name,
					 const struct kt_kconfig *config,
					 struct kt_error *why)
{
	const char *bus = kt_engine_kvm.console;
	const bool kvm = !strcmp(name, kt_engine_kvm.name);

	if (!kvm && (strcmp(name, "auto") != 0 || why->status))
		return &kt_engine_qemu;
	*why = (struct kt_error){ 0 };
	if (!config || has(config, bus) || !has(config, CONSOLE))
		return &kt_engine_kvm;
	if (kvm) {
		set_reason(config, bus,
			   "so data may go slowly, through a serial port", why);
		return &kt_engine_kvm;
	}
	/* Were it no better there, it would only be slower. */
	if (!has(config, kt_engine_qemu.console))
		return &kt_engine_kvm;
	set_reason(config, bus, "which kvm's virtio console needs", why);
	return &kt_engine_qemu;
}

/* What cannot be read decides nothing. */
static struct kt_kconfig *read_config(const struct kt_record *rec)
{
	const char *path = kt_record_text(rec, "config");
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_kconfig *config = NULL;
	int fd KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;

	if (path)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 ||
	    kt_fd_read(fd, KT_KCONFIG_MAX_BYTES, &text, path, &ignored) ||
	    !text.len ||
	    kt_kconfig_parse(text.data, text.len, &config, &ignored))
		return NULL;
	return config;
}

const struct kt_engine *kt_engine_pick(const char *name,
				       const struct kt_record *rec,
				       struct kt_error *why)
{
	struct kt_kconfig *config KT_CLEANUP(kt_kconfig_freep) = NULL;
	const bool automatic = !strcmp(name, "auto");

	*why = (struct kt_error){ 0 };
	if (!strcmp(name, kt_engine_kvm.name) ||
	    (automatic && !kt_kvm_check(why)))
		config = read_config(rec);
	return kt_engine_choose(name, config, why);
}

const struct kt_engine *kt_engine_for(const char *name,
				      const struct kt_record *rec,
				      kt_engine_say_fn *note,
				      kt_engine_say_fn *detail)
{
	struct kt_error why;
	const struct kt_engine *engine = kt_engine_pick(name, rec, &why);

	if (why.status)
		(why.status == KT_DATA ? note : detail)("engine %s: %s",
							engine->name, why.msg);
	return engine;
}
