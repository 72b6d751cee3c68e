// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the firmware configuration device. */
#include <endian.h>
#include <string.h>

#include "dev/fw_cfg.h"
#include "harness.h"
#include "memory.h"

#define MB	(1ull << 20)

static struct memory memory;
static struct fw_cfg fw;

static void set_up(struct bench *bench)
{
	bench_init(bench);
	EXPECT_EQ(memory_create(&memory, 4 * MB, MEMORY_SMALL), 0);
	EXPECT_EQ(fw_cfg_init(&fw, &bench->ports, &memory), 0);
}

static void read_item(struct bench *bench, uint16_t number, void *to, unsigned int size)
{
	uint8_t *byte = to;

	out16(bench, 0x510, number);
	while (size--)
		*byte++ = in8(bench, 0x511);
}

static uint32_t dma(struct bench *bench, uint32_t control, uint64_t gpa, uint32_t length)
{
	uint32_t *at = memory_at(&memory, 0x1000, 16);
	uint64_t address = htobe64(gpa);

	at[0] = htobe32(control);
	at[1] = htobe32(length);
	memcpy(&at[2], &address, sizeof(address));
	out32(bench, 0x514, 0);
	out32(bench, 0x518, htobe32(0x1000));
	return be32toh(at[0]);
}

TEST(fw_cfg_found)
{
	struct bench bench;
	uint8_t data[8];

	set_up(&bench);
	read_item(&bench, 0, data, 8);
	EXPECT(!memcmp(data, "QEMU\0\0\0\0", 8));
	read_item(&bench, 1, data, 4);
	EXPECT(!memcmp(data, "\003\0\0\0", 4));
	EXPECT_EQ(in32(&bench, 0x514), htobe32(0x51454d55));
	EXPECT_EQ(in32(&bench, 0x518), htobe32(0x20434647));
	memory_destroy(&memory);
}

TEST(fw_cfg_items)
{
	struct bench bench;
	uint8_t data[8];

	set_up(&bench);
	fw_cfg_add_number(&fw, FW_CFG_RAM_SIZE, 0x123456789, 8);
	fw_cfg_add(&fw, FW_CFG_CMDLINE, "abc", 4);
	read_item(&bench, FW_CFG_RAM_SIZE, data, 8);
	EXPECT(!memcmp(data, "\x89\x67\x45\x23\x01\0\0\0", 8));
	read_item(&bench, FW_CFG_CMDLINE, data, 6);
	EXPECT(!memcmp(data, "abc\0\0\0", 6));
	read_item(&bench, FW_CFG_CMDLINE, data, 2);	/* from its beginning again */
	EXPECT(!memcmp(data, "ab", 2));
	memset(data, 1, sizeof(data));
	read_item(&bench, 0x4000, data, 4);		/* nothing there */
	EXPECT(!memcmp(data, "\0\0\0\0", 4));
	read_item(&bench, 0xffff, data, 4);
	EXPECT(!memcmp(data, "\0\0\0\0", 4));
	out8(&bench, 0x511, 0xff);			/* writes do nothing */
	out8(&bench, 0x510, 0xff);
	read_item(&bench, FW_CFG_CMDLINE, data, 3);
	EXPECT(!memcmp(data, "abc", 3));
	memory_destroy(&memory);
}

TEST(fw_cfg_files)
{
	struct bench bench;
	uint8_t data[4 + 2 * 64];
	char name[FW_CFG_NAME + 1];
	unsigned int i;

	set_up(&bench);
	EXPECT_EQ(fw_cfg_add_file(&fw, "etc/one", "1", 1), 0);
	EXPECT_EQ(fw_cfg_add_file(&fw, "etc/two", "22", 2), 0);
	read_item(&bench, FW_CFG_DIRECTORY, data, sizeof(data));
	EXPECT(!memcmp(data, "\0\0\0\2\0\0\0\1\0\040\0\0etc/one", 4 + 8 + 8));
	EXPECT(!memcmp(data + 4 + 64, "\0\0\0\2\0\041\0\0etc/two", 8 + 8));
	read_item(&bench, 0x21, data, 3);
	EXPECT(!memcmp(data, "22\0", 3));
	memset(name, 'x', sizeof(name));
	name[FW_CFG_NAME] = '\0';
	EXPECT_EQ(fw_cfg_add_file(&fw, name, "", 0), -1ull);
	EXPECT_SAID("too long");
	for (i = 2; i < FW_CFG_MOST_FILES; i++)
		EXPECT_EQ(fw_cfg_add_file(&fw, "more", "", 0), 0);
	EXPECT_EQ(fw_cfg_add_file(&fw, "last", "", 0), -1ull);
	EXPECT_SAID("too many");
	memory_destroy(&memory);
}

TEST(fw_cfg_dma)
{
	struct bench bench;
	uint8_t *to;

	set_up(&bench);
	to = memory_at(&memory, 0x2000, 16);
	fw_cfg_add(&fw, FW_CFG_CMDLINE, "0123456789", 10);
	memset(to, 0xff, 16);
	EXPECT_EQ(dma(&bench, FW_CFG_CMDLINE << 16 | 0x0a, 0x2000, 4), 0);
	EXPECT(!memcmp(to, "0123\xff", 5));
	EXPECT_EQ(dma(&bench, 0x04, 0, 3), 0);			/* skip */
	EXPECT_EQ(dma(&bench, 0x02, 0x2000, 6), 0);
	EXPECT(!memcmp(to, "789\0\0\0\xff", 7));
	EXPECT_EQ(dma(&bench, 0x04, 0, 0xffffffff), 0);
	EXPECT_EQ(dma(&bench, 0x02, 0x2000, 0), 0);
	EXPECT_EQ(dma(&bench, FW_CFG_CMDLINE << 16 | 0x18, 0x2000, 4), 1);	/* write */
	memory_destroy(&memory);
}

/* A guest that names memory that isn't there gets an error, and nothing breaks. */
TEST(fw_cfg_dma_nonsense)
{
	static const uint64_t addresses[] = {
		4 * MB - 3, 4 * MB, 0x9ffff, 0xa0000, ~0ull, ~0ull - 2, 1ull << 32,
	};
	struct bench bench;
	unsigned int i;

	set_up(&bench);
	fw_cfg_add(&fw, FW_CFG_CMDLINE, "0123456789", 10);
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		EXPECT_EQ(dma(&bench, FW_CFG_CMDLINE << 16 | 0x0a, addresses[i], 4), 1);
		/* The request itself, too */
		out32(&bench, 0x514, htobe32(addresses[i] >> 32));
		out32(&bench, 0x518, htobe32(addresses[i]));
	}
	EXPECT_EQ(dma(&bench, 0x0a, 0x2000, 0xffffffff), 1);
	memory_destroy(&memory);
}
