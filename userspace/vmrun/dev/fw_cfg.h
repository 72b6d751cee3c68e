/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the firmware configuration device: numbered items that a guest selects and reads,
 * some of them as named files, by a port or by DMA. The interface is QEMU's.
 */
#ifndef VMRUN_DEV_FW_CFG_H
#define VMRUN_DEV_FW_CFG_H

#include <stddef.h>
#include <stdint.h>

struct bus;
struct memory;

#define FW_CFG_SIGNATURE	0x00
#define FW_CFG_ID		0x01
#define FW_CFG_RAM_SIZE		0x03
#define FW_CFG_CPUS		0x05
#define FW_CFG_MAX_CPUS		0x0f
#define FW_CFG_CMDLINE_SIZE	0x14
#define FW_CFG_CMDLINE		0x15
#define FW_CFG_DIRECTORY	0x19
#define FW_CFG_FILES		0x20	/* the first file's number */

#define FW_CFG_NAME		56
#define FW_CFG_MOST_FILES	8
#define FW_CFG_ITEMS		(FW_CFG_FILES + FW_CFG_MOST_FILES)

struct fw_cfg_item {
	const void *data;	/* the caller's, as long as the device is there */
	uint32_t size;
};

struct fw_cfg_file {
	uint32_t size;		/* big-endian, as the next */
	uint16_t number;
	uint16_t reserved;
	char name[FW_CFG_NAME];
};

/* By the devices' lock. */
struct fw_cfg {
	struct fw_cfg_item item[FW_CFG_ITEMS];
	struct {
		uint32_t count;		/* big-endian */
		struct fw_cfg_file file[FW_CFG_MOST_FILES];
	} directory;
	unsigned int files;
	uint64_t number[FW_CFG_FILES];	/* what fw_cfg_add_number() keeps */
	uint16_t selected;
	uint32_t at;			/* in the selected item */
	uint32_t dma_high;		/* half of an address, until the other comes */
	const struct memory *memory;
};

/**
 * fw_cfg_init() - the device with its signature and an empty directory, at its ports
 * @fw: what is filled in
 * @ports: the bus
 * @memory: where DMA goes
 *
 * Return: 0, or -1.
 */
int fw_cfg_init(struct fw_cfg *fw, struct bus *ports, const struct memory *memory);

/**
 * fw_cfg_add() - put something into an item
 * @fw: the device
 * @number: of the item, below FW_CFG_FILES
 * @data: what
 * @size: of it
 */
void fw_cfg_add(struct fw_cfg *fw, unsigned int number, const void *data, uint32_t size);

/**
 * fw_cfg_add_number() - put a number into an item
 * @fw: the device
 * @number: of the item, below FW_CFG_FILES
 * @value: what
 * @size: its bytes, little-endian
 */
void fw_cfg_add_number(struct fw_cfg *fw, unsigned int number, uint64_t value, uint32_t size);

/**
 * fw_cfg_add_file() - give it a file
 * @fw: the device
 * @name: shorter than FW_CFG_NAME
 * @data: what is in it
 * @size: of it
 *
 * Return: 0, or -1 (said why).
 */
int fw_cfg_add_file(struct fw_cfg *fw, const char *name, const void *data, uint32_t size);

#endif
