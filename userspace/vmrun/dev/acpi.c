// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the ACPI tables: RSDP, XSDT, FADT, FACS, and a DSDT with nothing but \_S5. There
 * is no MADT: the machine has no APIC to tell of.
 */
#include <assert.h>
#include <string.h>

#include "../irq.h"
#include "acpi.h"
#include "pm.h"

#define ALIGNMENT	64	/* the FACS wants it */

/* Of a generic address */
#define SPACE_IO	1
#define ACCESS_BYTE	1
#define ACCESS_WORD	2
#define ACCESS_DWORD	3

#define FADT_REVISION	4
#define BOOT_LEGACY	0x0001	/* serial port, timer and so on are where they always were */
#define BOOT_8042	0x0002
#define BOOT_NO_VGA	0x0004
#define BOOT_NO_MSI	0x0008
#define FLAG_WBINVD	(1u << 0)
#define FLAG_C1		(1u << 2)
#define FLAG_NO_SLEEP	(1u << 5)	/* no sleep button that is fixed hardware */
#define FLAG_NO_RTC	(1u << 6)	/* no wake by the clock either */
#define FLAG_TIMER_32	(1u << 8)
#define FLAG_RESET	(1u << 10)

struct rsdp {
	char signature[8];
	uint8_t sum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t long_sum;
	uint8_t reserved[3];
} __attribute__((packed));

static_assert(sizeof(struct rsdp) == 36, "rsdp");

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t sum;
	char oem[6];
	char oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

static_assert(sizeof(struct header) == 36, "header");

struct address {
	uint8_t space, bits, offset, access;
	uint64_t at;
} __attribute__((packed));

struct xsdt {
	struct header header;
	uint64_t table[1];
} __attribute__((packed));

struct facs {
	char signature[4];
	uint32_t length;
	uint32_t reserved[6];
	uint8_t version;
	uint8_t more[31];
} __attribute__((packed));

static_assert(sizeof(struct facs) == 64, "facs");

struct fadt {
	struct header header;
	uint32_t facs, dsdt;
	uint8_t reserved1, profile;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t enable, disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer;
	uint32_t gpe0, gpe1;
	uint8_t pm1_event_length, pm1_control_length, pm2_control_length, pm_timer_length;
	uint8_t gpe0_length, gpe1_length, gpe1_base, cst;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot;
	uint8_t reserved2;
	uint32_t flags;
	struct address reset;
	uint8_t reset_value, reserved3[3];
	uint64_t x_facs, x_dsdt;
	struct address x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control;
	struct address x_pm2_control, x_pm_timer, x_gpe0, x_gpe1;
} __attribute__((packed));

static_assert(sizeof(struct fadt) == 244, "fadt");

/* Name (\_S5, Package (4) { 5, 0, 0, 0 }) */
static const uint8_t aml[] = {
	0x08, '_', 'S', '5', '_', 0x12, 0x07, 0x04, 0x0a, PM_SLEEP_OFF, 0x00, 0x00, 0x00,
};

/* Where the next table goes. */
struct place {
	uint8_t *at;
	uint32_t gpa;
	size_t used;
};

static void *reserve(struct place *place, size_t size, uint32_t *gpa)
{
	void *table = place->at + place->used;

	*gpa = place->gpa + place->used;
	place->used += (size + ALIGNMENT - 1) & -ALIGNMENT;
	return table;
}

static uint8_t sum_of(const void *data, size_t size)
{
	const uint8_t *byte = data;
	uint8_t sum = 0;

	while (size--)
		sum += *byte++;
	return -sum;
}

static void finish(struct header *header, const char *signature, uint32_t length, uint8_t revision)
{
	memcpy(header->signature, signature, sizeof(header->signature));
	header->length = length;
	header->revision = revision;
	memcpy(header->oem, "VMRING", sizeof(header->oem));
	memcpy(header->oem_table, "VMRUN   ", sizeof(header->oem_table));
	header->oem_revision = 1;
	memcpy(header->creator, "VMR ", sizeof(header->creator));
	header->creator_revision = 1;
	header->sum = 0;
	header->sum = sum_of(header, length);
}

static struct address port(uint64_t at, uint8_t bits, uint8_t access)
{
	return (struct address){ .space = SPACE_IO, .bits = bits, .access = access, .at = at };
}

static uint32_t build_dsdt(struct place *place)
{
	uint32_t gpa;
	struct header *dsdt = reserve(place, sizeof(*dsdt) + sizeof(aml), &gpa);

	memcpy(dsdt + 1, aml, sizeof(aml));
	finish(dsdt, "DSDT", sizeof(*dsdt) + sizeof(aml), 2);
	return gpa;
}

static uint32_t build_facs(struct place *place)
{
	uint32_t gpa;
	struct facs *facs = reserve(place, sizeof(*facs), &gpa);

	memcpy(facs->signature, "FACS", sizeof(facs->signature));
	facs->length = sizeof(*facs);
	facs->version = 1;
	return gpa;
}

static void fixed_hardware(struct fadt *fadt)
{
	fadt->sci = IRQ_SCI;
	fadt->pm1a_event = PM_EVENT;
	fadt->pm1_event_length = 4;
	fadt->x_pm1a_event = port(PM_EVENT, 32, ACCESS_WORD);
	fadt->pm1a_control = PM_CONTROL;
	fadt->pm1_control_length = 2;
	fadt->x_pm1a_control = port(PM_CONTROL, 16, ACCESS_WORD);
	fadt->pm_timer = PM_TIMER;
	fadt->pm_timer_length = 4;
	fadt->x_pm_timer = port(PM_TIMER, 32, ACCESS_DWORD);
	fadt->reset = port(0xcf9, 8, ACCESS_BYTE);
	fadt->reset_value = 0x06;
}

static uint32_t build_fadt(struct place *place)
{
	uint32_t dsdt = build_dsdt(place), facs = build_facs(place), gpa;
	struct fadt *fadt = reserve(place, sizeof(*fadt), &gpa);

	fadt->dsdt = dsdt;
	fadt->x_dsdt = dsdt;
	fadt->facs = facs;
	fadt->profile = 1;		/* desktop */
	fadt->c2_latency = 0xffff;	/* no C2 */
	fadt->c3_latency = 0xffff;
	fadt->century = 0x32;
	fadt->boot = BOOT_LEGACY | BOOT_8042 | BOOT_NO_VGA | BOOT_NO_MSI;
	fadt->flags = FLAG_WBINVD | FLAG_C1 | FLAG_NO_SLEEP | FLAG_NO_RTC | FLAG_TIMER_32 |
		      FLAG_RESET;
	fixed_hardware(fadt);
	finish(&fadt->header, "FACP", sizeof(*fadt), FADT_REVISION);
	return gpa;
}

static uint32_t build_xsdt(struct place *place)
{
	uint32_t fadt = build_fadt(place), gpa;
	struct xsdt *xsdt = reserve(place, sizeof(*xsdt), &gpa);

	xsdt->table[0] = fadt;
	finish(&xsdt->header, "XSDT", sizeof(*xsdt), 1);
	return gpa;
}

size_t acpi_build(void *at, uint32_t gpa)
{
	struct place place = { .at = at, .gpa = gpa };
	struct rsdp *rsdp = reserve(&place, sizeof(*rsdp), &gpa);

	memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
	memcpy(rsdp->oem, "VMRING", sizeof(rsdp->oem));
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = build_xsdt(&place);
	rsdp->sum = sum_of(rsdp, 20);
	rsdp->long_sum = sum_of(rsdp, sizeof(*rsdp));
	return place.used;
}
