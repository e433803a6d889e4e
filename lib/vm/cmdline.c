// SPDX-License-Identifier: GPL-2.0-only
/* cmdline - the kernel's command line: its words, and its limit */
#include "lib/vm/cmdline.h"

#include "lib/buf.h"
#include "lib/bzimage.h"

/*
 * reboot=k panic=-1   a reboot and a panic end the machine at once
 * nokaslr             symbols are where vmlinux says
 * rootfstype=ramfs    no limit to the initramfs but memory
 * tsc=reliable        where CPUs take turns the watchdog would find the TSC
 *                     unstable, and checking it on each CPU takes long
 * mitigations=off, no_timer_check, random.trust_cpu=on   faster to boot
 */
static const char base[] =
	"console=ttyS0 reboot=k panic=-1 nokaslr rdinit=/init rootfstype=ramfs "
	"tsc=reliable mitigations=off no_timer_check random.trust_cpu=on";

static enum kt_status add_words(struct kt_buf *line, const char *words,
				struct kt_error *err)
{
	for (const char *p = words; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return kt_fail(err, KT_USAGE,
				       "a control character in \"%s\" for the "
				       "kernel's command line",
				       words);
	kt_buf_addf(line, " %s", words);
	return KT_OK;
}

enum kt_status kt_cmdline_make(const char *engine, const char *const *append,
			       bool dmesg, size_t limit, char **out,
			       struct kt_error *err)
{
	struct kt_buf line KT_CLEANUP(kt_buf_release) = { 0 };

	kt_buf_addf(&line, "%s%s%s loglevel=%d", base, engine ? " " : "",
		    engine ? engine : "", dmesg ? 7 : 4);
	for (size_t i = 0; append && append[i]; i++) {
		enum kt_status st = add_words(&line, append[i], err);

		if (st)
			return st;
	}
	if (line.len > limit)
		return kt_fail(err, KT_USAGE,
			       "the kernel's command line has %zu bytes, and "
			       "its limit is %zu",
			       line.len, limit);
	*out = kt_buf_take(&line);
	return KT_OK;
}

size_t kt_cmdline_limit(int fd)
{
	struct kt_bzimage image;
	struct kt_error ignored;

	if (kt_bzimage_read(fd, "kernel", &image, &ignored) ||
	    image.cmdline_bytes > KT_CMDLINE_MAX)
		return KT_CMDLINE_MAX;
	return image.cmdline_bytes;
}
