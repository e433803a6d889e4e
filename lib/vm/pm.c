// SPDX-License-Identifier: GPL-2.0-only
/* pm - the power management that ACPI asks of a machine */
#include "lib/vm/pm.h"

/* Bits of the control register; status 0 stands for all of its bits. */
#define SCI_EN (1U << 0) /* in ACPI mode, always: there is no other */
#define SLP_TYP(control) ((control) >> 10 & 7U)
#define SLP_EN (1U << 13) /* write only */

#define STATUS 0
#define ENABLE 2
#define CONTROL 4

void kt_pm_read(const struct kt_pm *pm, unsigned int offset, uint8_t *data,
		size_t len)
{
	const uint16_t control = pm->control | SCI_EN;
	const uint8_t bytes[KT_PM_BYTES] = {
		[ENABLE] = pm->enable & 0xff,
		[ENABLE + 1] = pm->enable >> 8,
		[CONTROL] = control & 0xff,
		[CONTROL + 1] = control >> 8,
	};

	for (size_t i = 0; i < len; i++)
		data[i] = offset < KT_PM_BYTES - i ? bytes[offset + i] : 0xff;
}

static void put(uint16_t *reg, unsigned int byte, uint8_t val)
{
	*reg = (uint16_t)((*reg & ~(0xffU << byte * 8)) | (unsigned int)val
								  << byte * 8);
}

bool kt_pm_write(struct kt_pm *pm, unsigned int offset, const uint8_t *data,
		 size_t len)
{
	bool off;

	for (size_t i = 0; i < len && offset < KT_PM_BYTES - i; i++) {
		const unsigned int at = offset + (unsigned int)i;

		if (at >= CONTROL)
			put(&pm->control, at - CONTROL, data[i]);
		else if (at >= ENABLE)
			put(&pm->enable, at - ENABLE, data[i]);
	}
	off = pm->control & SLP_EN && SLP_TYP(pm->control) == KT_PM_SLEEP_OFF;
	pm->control &= (uint16_t)~SLP_EN;
	return off;
}
