// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the ACPI tables: they are walked as a system does it. */
#include <string.h>

#include "dev/acpi.h"
#include "dev/pm.h"
#include "harness.h"

#define GPA	0xf0000u

static uint8_t area[ACPI_SIZE] __attribute__((aligned(64)));

static uint8_t sum(const uint8_t *at, size_t size)
{
	uint8_t total = 0;

	while (size--)
		total += *at++;
	return total;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static const uint8_t *table_at(uint64_t gpa, const char *signature)
{
	const uint8_t *table;

	if (gpa < GPA || gpa >= GPA + ACPI_SIZE) {
		EXPECT(!"a table outside of the area");
		return area;
	}
	table = area + (gpa - GPA);
	EXPECT(!memcmp(table, signature, 4));
	EXPECT_EQ(sum(table, get32(table + 4)), 0);
	return table;
}

TEST(acpi_tables)
{
	const uint8_t *xsdt, *fadt, *dsdt, *facs;
	size_t used;

	memset(area, 0, sizeof(area));
	used = acpi_build(area, GPA);
	EXPECT(used <= ACPI_SIZE);
	EXPECT(!memcmp(area, "RSD PTR ", 8));
	EXPECT_EQ(sum(area, 20), 0);
	EXPECT_EQ(sum(area, 36), 0);
	EXPECT_EQ(area[15], 2);
	xsdt = table_at(get64(area + 24), "XSDT");
	EXPECT_EQ(get32(xsdt + 4), 36 + 8);
	fadt = table_at(get64(xsdt + 36), "FACP");
	EXPECT_EQ(get32(fadt + 4), 244);
	dsdt = table_at(get64(fadt + 140), "DSDT");
	EXPECT_EQ(get32(fadt + 40), get64(fadt + 140));
	facs = area + (get32(fadt + 36) - GPA);
	EXPECT(!memcmp(facs, "FACS", 4));
	EXPECT_EQ((get32(fadt + 36) & 63), 0);
	EXPECT_EQ(get32(fadt + 56), PM_EVENT);
	EXPECT_EQ(get32(fadt + 64), PM_CONTROL);
	EXPECT_EQ(get32(fadt + 76), PM_TIMER);
	EXPECT_EQ(fadt[46], 9);			/* SCI */
	EXPECT_EQ(get64(fadt + 120), 0xcf9);	/* reset */
	EXPECT_EQ(fadt[128], 6);
	EXPECT_EQ(get64(fadt + 152), PM_EVENT);
	/* Name (_S5, ...), whose first element is the type of the sleep. */
	EXPECT(!memcmp(dsdt + 36, "\010_S5_\022\007\004\012", 9));
	EXPECT_EQ(dsdt[36 + 9], PM_SLEEP_OFF);
	EXPECT_EQ(get32(dsdt + 4), 36 + 13);
}
