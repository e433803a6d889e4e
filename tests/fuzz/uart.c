// SPDX-License-Identifier: GPL-2.0-only
/* fuzz uart: an interrupt that was raised has a cause until the guest looks */
#include "lib/vm/uart.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void irq(void *ctx)
{
	*(bool *)ctx = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool raised = false;
	struct kt_uart u = { .irq = irq, .ctx = &raised };

	kt_uart_reset(&u);
	for (size_t i = 0; i + 1 < size; i += 2) {
		const unsigned int op = data[i] >> 4, reg = data[i] & 7;

		raised = false;
		if (op == 0)
			kt_uart_receive(&u, data[i + 1]);
		else if (op & 1)
			kt_uart_write(&u, reg, data[i + 1]);
		else
			kt_uart_read(&u, reg);
		if (u.len > KT_UART_FIFO || u.head >= KT_UART_FIFO ||
		    kt_uart_room(&u) > KT_UART_FIFO)
			abort();
		if (raised && !(u.received && (u.ier & 1)) &&
		    !(u.empty && (u.ier & 2)))
			abort();
	}
	return 0;
}
