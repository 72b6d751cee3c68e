// SPDX-License-Identifier: GPL-2.0
/* Owns the firmware configuration device. Nothing in it can be written. By the devices' lock. */
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "../bus.h"
#include "../memory.h"
#include "../say.h"
#include "fw_cfg.h"

#define PORT		0x510
#define PORT_DMA	0x514

#define ID_TRADITIONAL	1
#define ID_DMA		2

#define DMA_SIGNATURE	0x51454d5520434647ull	/* "QEMU CFG" */
#define DMA_ERROR	0x01
#define DMA_READ	0x02
#define DMA_SKIP	0x04
#define DMA_SELECT	0x08
#define DMA_WRITE	0x10

/* What the guest has in its memory; big-endian. */
struct dma {
	uint32_t control, length;
	uint64_t address;
} __attribute__((packed));

static struct fw_cfg_item *selected(struct fw_cfg *fw)
{
	return fw->selected < FW_CFG_ITEMS ? &fw->item[fw->selected] : NULL;
}

static void select_item(struct fw_cfg *fw, uint16_t number)
{
	fw->selected = number;
	fw->at = 0;
}

/* How much of the selected item is still to come, at most so much. */
static uint32_t left(struct fw_cfg *fw, uint32_t most)
{
	struct fw_cfg_item *item = selected(fw);
	uint32_t size = item ? item->size - fw->at : 0;

	return size < most ? size : most;
}

/* Behind an item's end there are zeroes. */
static void read_item(struct fw_cfg *fw, void *to, uint32_t size)
{
	uint32_t there = left(fw, size);

	if (there)
		memcpy(to, (const uint8_t *)selected(fw)->data + fw->at, there);
	memset((uint8_t *)to + there, 0, size - there);
	fw->at += there;
}

static bool read_to_guest(struct fw_cfg *fw, uint64_t gpa, uint32_t size)
{
	void *to = size ? memory_at(fw->memory, gpa, size) : NULL;

	if (to)
		read_item(fw, to, size);
	return to || !size;
}

static uint32_t transfer(struct fw_cfg *fw, uint32_t control, uint64_t gpa, uint32_t size)
{
	if (control & DMA_SELECT)
		select_item(fw, control >> 16);
	if (control & DMA_READ)
		return read_to_guest(fw, gpa, size) ? 0 : DMA_ERROR;
	if (control & DMA_WRITE)
		return DMA_ERROR;
	if (control & DMA_SKIP)
		fw->at += left(fw, size);
	return 0;
}

/* It is over when the write that started it is: the control word says how it went. */
static void run_dma(struct fw_cfg *fw, uint64_t gpa)
{
	void *at = memory_at(fw->memory, gpa, sizeof(struct dma));
	struct dma dma;

	if (!at)
		return;
	memcpy(&dma, at, sizeof(dma));
	dma.control = htobe32(transfer(fw, be32toh(dma.control), be64toh(dma.address),
				       be32toh(dma.length)));
	memcpy(at, &dma.control, sizeof(dma.control));
}

/* ---- ports ---- */

/* A word written to the first port selects; bytes are read from the second. */
static uint64_t port_read(void *dev, uint64_t offset, unsigned int size)
{
	struct fw_cfg *fw = dev;
	uint8_t byte;

	if (size == 2 || !offset)
		return fw->selected;
	read_item(fw, &byte, 1);
	return byte;
}

static void port_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	if (size == 2)
		select_item(dev, value);
}

static uint64_t dma_read(void *dev, uint64_t offset, unsigned int size)
{
	uint64_t signature = htobe64(DMA_SIGNATURE);

	return signature >> 8 * offset;
}

/* The lower half starts it. */
static void dma_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct fw_cfg *fw = dev;

	if (size != 4 || offset & 3)
		return;
	if (!offset) {
		fw->dma_high = be32toh(value);
		return;
	}
	run_dma(fw, (uint64_t)fw->dma_high << 32 | be32toh(value));
	fw->dma_high = 0;
}

static const struct bus_ops port_ops = { .unit = 2, .read = port_read, .write = port_write };
static const struct bus_ops dma_ops = { .unit = 4, .read = dma_read, .write = dma_write };

/* ---- contents ---- */

void fw_cfg_add(struct fw_cfg *fw, unsigned int number, const void *data, uint32_t size)
{
	fw->item[number] = (struct fw_cfg_item){ .data = data, .size = size };
}

void fw_cfg_add_number(struct fw_cfg *fw, unsigned int number, uint64_t value, uint32_t size)
{
	fw->number[number] = htole64(value);
	fw_cfg_add(fw, number, &fw->number[number], size);
}

int fw_cfg_add_file(struct fw_cfg *fw, const char *name, const void *data, uint32_t size)
{
	struct fw_cfg_file *file = &fw->directory.file[fw->files];
	unsigned int number = FW_CFG_FILES + fw->files;

	if (strlen(name) >= FW_CFG_NAME)
		return fail("fw_cfg: the name %s is too long", name);
	if (fw->files == FW_CFG_MOST_FILES)
		return fail("fw_cfg: %s is a file too many", name);
	*file = (struct fw_cfg_file){ .size = htobe32(size), .number = htobe16(number) };
	strcpy(file->name, name);
	fw_cfg_add(fw, number, data, size);
	fw->directory.count = htobe32(++fw->files);
	fw_cfg_add(fw, FW_CFG_DIRECTORY, &fw->directory,
		   sizeof(fw->directory.count) + fw->files * sizeof(*file));
	return 0;
}

int fw_cfg_init(struct fw_cfg *fw, struct bus *ports, const struct memory *memory)
{
	memset(fw, 0, sizeof(*fw));
	fw->memory = memory;
	fw_cfg_add(fw, FW_CFG_SIGNATURE, "QEMU", 4);
	fw_cfg_add_number(fw, FW_CFG_ID, ID_TRADITIONAL | ID_DMA, 4);
	fw_cfg_add(fw, FW_CFG_DIRECTORY, &fw->directory, sizeof(fw->directory.count));
	if (bus_add(ports, "fw-cfg", PORT, 2, &port_ops, fw) ||
	    bus_add(ports, "fw-cfg-dma", PORT_DMA, 8, &dma_ops, fw))
		return -1;
	/* What is selected is seen by reading it. */
	return bus_allow(ports, PORT, 2, BUS_POSTED);
}
