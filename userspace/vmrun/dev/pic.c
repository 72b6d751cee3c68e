// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the 8259A pair. The second chip's output is pin 2 of the first. Callers hold the
 * devices' lock.
 */
#include <string.h>

#include "../bus.h"
#include "pic.h"

#define CASCADE		2
#define SPURIOUS	7
#define NONE		8

#define ICW1		0x10
#define ICW1_SINGLE	0x02
#define ICW1_ICW4	0x01
#define ICW4_AUTO_EOI	0x02
#define ICW4_NESTED	0x10
#define OCW3		0x08
#define OCW3_POLL	0x04

/* Pins that may be level-triggered: not the timer, the keyboard, the cascade, RTC, FPU. */
static const uint8_t elcr_may[2] = { 0xf8, 0xde };

/* The bit of highest priority, counted from the one that is highest now; NONE. */
static unsigned int priority(const struct pic_chip *chip, uint8_t bits)
{
	unsigned int rank;

	for (rank = 0; rank < 8; rank++)
		if (bits & 1 << ((chip->lowest + 1 + rank) & 7))
			break;
	return rank;
}

/* The pin that asks for service and gets it, or -1. */
static int wanted(const struct pic *pic, const struct pic_chip *chip)
{
	unsigned int rank = priority(chip, chip->irr & ~chip->imr);
	uint8_t in_service = chip->isr;

	if (rank == NONE)
		return -1;
	if (chip->special_mask)
		in_service &= ~chip->imr;
	if (chip->fully_nested && chip == &pic->chip[0])
		in_service &= ~(1 << CASCADE);
	if (rank >= priority(chip, in_service))
		return -1;
	return (chip->lowest + 1 + rank) & 7;
}

static void update(struct pic *pic)
{
	struct pic_chip *first = &pic->chip[0];
	bool out;

	if (wanted(pic, &pic->chip[1]) >= 0)
		first->irr |= 1 << CASCADE;
	else
		first->irr &= ~(1 << CASCADE);
	out = wanted(pic, first) >= 0;
	if (out == pic->out)
		return;
	pic->out = out;
	pic->output(pic->arg, out);
}

void pic_set_line(struct pic *pic, unsigned int line, bool level)
{
	struct pic_chip *chip = &pic->chip[line >> 3];
	uint8_t pin = 1 << (line & 7);

	if (level && (chip->elcr & pin || !(chip->line & pin)))
		chip->irr |= pin;
	else if (!level && chip->elcr & pin)
		chip->irr &= ~pin;
	if (level)
		chip->line |= pin;
	else
		chip->line &= ~pin;
	update(pic);
}

static void take(struct pic_chip *chip, int pin)
{
	if (!(chip->elcr & 1 << pin))
		chip->irr &= ~(1 << pin);
	if (!chip->auto_eoi)
		chip->isr |= 1 << pin;
	else if (chip->rotate_auto)
		chip->lowest = pin;
}

uint8_t pic_acknowledge(struct pic *pic)
{
	struct pic_chip *chip = &pic->chip[0];
	int pin = wanted(pic, chip);

	if (pin >= 0)
		take(chip, pin);
	if (pin == CASCADE) {
		chip = &pic->chip[1];
		pin = wanted(pic, chip);
		if (pin >= 0)
			take(chip, pin);
	}
	update(pic);
	return chip->base + (pin < 0 ? SPURIOUS : pin);
}

static void initialize(struct pic_chip *chip, uint8_t value)
{
	struct pic_chip fresh = {
		.line = chip->line,
		.elcr = chip->elcr,
		.irr = chip->line & chip->elcr,	/* edges are forgotten */
		.base = chip->base,
		.lowest = 7,
		.icw = 2,
		.single = value & ICW1_SINGLE,
		.wants_icw4 = value & ICW1_ICW4,
	};

	*chip = fresh;
}

static void end_of_interrupt(struct pic_chip *chip, int pin, bool rotate)
{
	chip->isr &= ~(1 << pin);
	if (rotate)
		chip->lowest = pin;
}

/* Operation word 2: bits 7:5 are the command, 2:0 the pin. */
static void operate(struct pic_chip *chip, uint8_t value)
{
	unsigned int rank;

	switch (value >> 5) {
	case 0:
		chip->rotate_auto = false;
		break;
	case 4:
		chip->rotate_auto = true;
		break;
	case 1:
	case 5:
		rank = priority(chip, chip->isr);
		if (rank != NONE)
			end_of_interrupt(chip, (chip->lowest + 1 + rank) & 7, value & 0x80);
		break;
	case 3:
	case 7:
		end_of_interrupt(chip, value & 7, value & 0x80);
		break;
	case 6:
		chip->lowest = value & 7;
		break;
	}
}

static void select_reading(struct pic_chip *chip, uint8_t value)
{
	if (value & OCW3_POLL)
		chip->poll = true;
	if (value & 0x02)
		chip->read_isr = value & 0x01;
	if (value & 0x40)
		chip->special_mask = value & 0x20;
}

static void command(struct pic_chip *chip, uint8_t value)
{
	if (value & ICW1)
		initialize(chip, value);
	else if (value & OCW3)
		select_reading(chip, value);
	else
		operate(chip, value);
}

static void data(struct pic_chip *chip, uint8_t value)
{
	switch (chip->icw) {
	case 2:
		chip->base = value & 0xf8;
		chip->icw = !chip->single ? 3 : chip->wants_icw4 ? 4 : 0;
		break;
	case 3:		/* who is whose second chip is wired here */
		chip->icw = chip->wants_icw4 ? 4 : 0;
		break;
	case 4:
		chip->auto_eoi = value & ICW4_AUTO_EOI;
		chip->fully_nested = value & ICW4_NESTED;
		chip->icw = 0;
		break;
	default:
		chip->imr = value;
		break;
	}
}

/* After a poll command the next read is the acknowledge cycle. */
static uint8_t poll_answer(struct pic *pic, struct pic_chip *chip)
{
	int pin = wanted(pic, chip);

	chip->poll = false;
	if (pin < 0)
		return SPURIOUS;
	take(chip, pin);
	return 0x80 | pin;
}

static uint64_t chip_read(struct pic *pic, struct pic_chip *chip, uint64_t offset)
{
	uint8_t value;

	if (chip->poll) {
		value = poll_answer(pic, chip);
		update(pic);
		return value;
	}
	if (offset)
		return chip->imr;
	return chip->read_isr ? chip->isr : chip->irr;
}

static void chip_write(struct pic *pic, struct pic_chip *chip, uint64_t offset, uint8_t value)
{
	if (offset)
		data(chip, value);
	else
		command(chip, value);
	update(pic);
}

static uint64_t first_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pic *pic = dev;

	return chip_read(pic, &pic->chip[0], offset);
}

static void first_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pic *pic = dev;

	chip_write(pic, &pic->chip[0], offset, value);
}

static uint64_t second_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pic *pic = dev;

	return chip_read(pic, &pic->chip[1], offset);
}

static void second_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pic *pic = dev;

	chip_write(pic, &pic->chip[1], offset, value);
}

static uint64_t elcr_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pic *pic = dev;

	return pic->chip[offset].elcr;
}

static void elcr_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pic *pic = dev;
	struct pic_chip *chip = &pic->chip[offset];

	chip->elcr = value & elcr_may[offset];
	chip->irr |= chip->line & chip->elcr;
	update(pic);
}

static const struct bus_ops first_ops = { .unit = 1, .read = first_read, .write = first_write };
static const struct bus_ops second_ops = { .unit = 1, .read = second_read, .write = second_write };
static const struct bus_ops elcr_ops = { .unit = 1, .read = elcr_read, .write = elcr_write };

int pic_init(struct pic *pic, struct bus *ports)
{
	memset(pic->chip, 0, sizeof(pic->chip));
	pic->chip[0].lowest = 7;
	pic->chip[1].lowest = 7;
	pic->chip[0].imr = 0xff;
	pic->chip[1].imr = 0xff;
	pic->out = false;
	if (bus_add(ports, "pic", 0x20, 2, &first_ops, pic) ||
	    bus_add(ports, "pic", 0xa0, 2, &second_ops, pic) ||
	    bus_add(ports, "pic", 0x4d0, 2, &elcr_ops, pic))
		return -1;
	return 0;
}
