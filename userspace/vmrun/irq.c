// SPDX-License-Identifier: GPL-2.0
/* Owns the interrupt lines. Callers hold the devices' lock. */
#include "dev/pic.h"
#include "irq.h"

void irq_set(struct irq *irq, unsigned int line, bool level)
{
	if (irq->level[line] == level)
		return;
	irq->level[line] = level;
	irq->raised[line] += level;
	pic_set_line(irq->pic, line, level);
}

uint8_t irq_acknowledge(struct irq *irq)
{
	return pic_acknowledge(irq->pic);
}
