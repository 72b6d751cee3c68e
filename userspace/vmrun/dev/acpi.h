/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the ACPI tables: as few as tell a system how to switch the machine off. */
#ifndef VMRUN_DEV_ACPI_H
#define VMRUN_DEV_ACPI_H

#include <stddef.h>
#include <stdint.h>

#define ACPI_SIZE	0x1000	/* what the tables need at most */

/**
 * acpi_build() - write the tables
 * @at: ACPI_SIZE bytes of guest memory, zeroed; the RSDP is at their beginning
 * @gpa: their guest-physical address, below 4 GB, a multiple of 64
 *
 * Return: how many bytes they take.
 */
size_t acpi_build(void *at, uint32_t gpa);

#endif
