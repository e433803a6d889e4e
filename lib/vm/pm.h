/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/pm.h - the power management that ACPI asks of a machine
 *
 * The PM1a blocks (ACPI 6.3, 4.8.3) at KT_PORT_PM, as the FADT of lib/vm/acpi.h
 * announces them, which is all that an operating system needs to switch itself
 * off: it writes the sleep type of S5, as \_S5 in the DSDT has it, with SLP_EN
 * to the control register. No event ever happens, so status reads as 0; what is
 * written to enable stays there, because Linux looks.
 *
 *	+0  status, 16 bits	+2  enable, 16 bits	+4  control, 16 bits
 */
#ifndef KT_VM_PM_H
#define KT_VM_PM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_PM_EVENT_BYTES 4
#define KT_PM_CONTROL_BYTES 2
#define KT_PM_BYTES (KT_PM_EVENT_BYTES + KT_PM_CONTROL_BYTES)
#define KT_PM_SLEEP_OFF 5 /* SLP_TYP of S5 */

/* { 0 } is its state after a reset. */
struct kt_pm {
	uint16_t enable, control;
};

/*
 * An IN of @len bytes (1, 2 or 4) at KT_PORT_PM + @offset. What lies outside
 * the registers reads as all ones.
 */
void kt_pm_read(const struct kt_pm *pm, unsigned int offset, uint8_t *data,
		size_t len);

/* An OUT, likewise. True: the machine is to be switched off now. */
bool kt_pm_write(struct kt_pm *pm, unsigned int offset, const uint8_t *data,
		 size_t len);

#endif
