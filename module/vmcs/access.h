/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns VMREAD and VMWRITE: typed access to the fields of the current VMCS, the
 * width checked at compile time. Interrupts off, inside a burst: between
 * vmr_vmcs_load() and vmr_vmcs_put(); debug builds assert it.
 *
 * An access that fails is a bug of ours, or VMX was taken away under our feet:
 * it warns once, and reads 0.
 */
#ifndef VMR_VMCS_ACCESS_H
#define VMR_VMCS_ACCESS_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/asm.h>

#include "vmcs/fields.h"

/**
 * vmr_vmcs_read_failed() - tell of a VMREAD that failed
 * @field: which field
 *
 * Context: Any.
 */
void vmr_vmcs_read_failed(u32 field) __cold;

/**
 * vmr_vmcs_write_failed() - tell of a VMWRITE that failed
 * @field: which field
 * @value: what should have been written
 *
 * Context: Any.
 */
void vmr_vmcs_write_failed(u32 field, unsigned long value) __cold;

/**
 * vmr_vmcs_assert_burst() - warn unless the caller is inside a burst
 *
 * Context: Any; does something in debug builds only.
 */
#ifdef VMR_DEBUG
void vmr_vmcs_assert_burst(void);
#else
static __always_inline void vmr_vmcs_assert_burst(void)
{
}
#endif

/**
 * vmr_vmcs_try_read() - read a field that the CPU may not have
 * @field: VMCS_..., known at run time only
 * @value: where to; 0 if the field isn't there
 *
 * An exception resumes behind the VMREAD with CF set, as VMfailInvalid has it:
 * so success costs the VMREAD and one branch. What sets CF has a section of its
 * own, where the compiler puts no function: it must not come to lie in the way.
 *
 * Context: In a burst.
 * Return: true if the field is there.
 */
static __always_inline bool vmr_vmcs_try_read(u32 field, unsigned long *value)
{
	unsigned long read;
	bool failed;

	vmr_vmcs_assert_burst();
	asm volatile("1:\tvmread %[field], %[read]\n"
		     "2:\n"
		     "\t.pushsection .text.vmring_fixup, \"ax\"\n"
		     "3:\tstc\n"
		     "\tjmp 2b\n"
		     "\t.popsection\n"
		     _ASM_EXTABLE(1b, 3b)
		     : "=@ccbe" (failed), [read] "=r" (read)
		     : [field] "r" ((unsigned long)field));
	*value = unlikely(failed) ? 0 : read;
	return !failed;
}

/**
 * vmr_vmcs_try_write() - write a field that the CPU may not have
 * @field: VMCS_..., known at run time only
 * @value: what
 *
 * Context: In a burst.
 * Return: true if the field is there and can be written.
 */
static __always_inline bool vmr_vmcs_try_write(u32 field, unsigned long value)
{
	vmr_vmcs_assert_burst();
	asm goto("1:\tvmwrite %[value], %[field]\n"
		 "\tjbe %l[failed]\n"
		 _ASM_EXTABLE(1b, %l[failed])
		 : : [field] "r" ((unsigned long)field), [value] "rm" (value)
		 : "cc" : failed);
	return true;
failed:
	return false;
}

/**
 * vmr_vmcs_read_any() - read a field of any width
 * @field: VMCS_..., from a table
 *
 * Context: In a burst.
 * Return: its value, zero-extended.
 */
static __always_inline unsigned long vmr_vmcs_read_any(u32 field)
{
	unsigned long value;

	if (likely(vmr_vmcs_try_read(field, &value)))
		return value;
	vmr_vmcs_read_failed(field);
	return 0;
}

/**
 * vmr_vmcs_write_any() - write a field of any width
 * @field: VMCS_..., from a table
 * @value: what; bits beyond the field's width are ignored by the CPU
 *
 * Context: In a burst.
 */
static __always_inline void vmr_vmcs_write_any(u32 field, unsigned long value)
{
	if (unlikely(!vmr_vmcs_try_write(field, value)))
		vmr_vmcs_write_failed(field, value);
}

/* The field is a constant, and its width is the accessor's. */
static __always_inline void vmr_vmcs_check_width(u32 field, u32 width)
{
	BUILD_BUG_ON(!__builtin_constant_p(field));
	BUILD_BUG_ON(VMCS_WIDTH(field) != width);
	BUILD_BUG_ON(field & VMCS_FIELD_HIGH);
}

/**
 * vmr_vmcs_read16() - read a field of 16 bits
 * @field: VMCS_..., a constant
 *
 * Context: In a burst.
 * Return: its value.
 */
static __always_inline u16 vmr_vmcs_read16(u32 field)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_16);
	return vmr_vmcs_read_any(field);
}

/**
 * vmr_vmcs_read32() - read a field of 32 bits
 * @field: VMCS_..., a constant
 *
 * Context: In a burst.
 * Return: its value.
 */
static __always_inline u32 vmr_vmcs_read32(u32 field)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_32);
	return vmr_vmcs_read_any(field);
}

/**
 * vmr_vmcs_read64() - read a field of 64 bits
 * @field: VMCS_..., a constant
 *
 * Context: In a burst.
 * Return: its value.
 */
static __always_inline u64 vmr_vmcs_read64(u32 field)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_64);
	return vmr_vmcs_read_any(field);
}

/**
 * vmr_vmcs_read() - read a field of natural width
 * @field: VMCS_..., a constant
 *
 * Context: In a burst.
 * Return: its value.
 */
static __always_inline unsigned long vmr_vmcs_read(u32 field)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_NATURAL);
	return vmr_vmcs_read_any(field);
}

/**
 * vmr_vmcs_write16() - write a field of 16 bits
 * @field: VMCS_..., a constant
 * @value: what
 *
 * Context: In a burst.
 */
static __always_inline void vmr_vmcs_write16(u32 field, u16 value)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_16);
	vmr_vmcs_write_any(field, value);
}

/**
 * vmr_vmcs_write32() - write a field of 32 bits
 * @field: VMCS_..., a constant
 * @value: what
 *
 * Context: In a burst.
 */
static __always_inline void vmr_vmcs_write32(u32 field, u32 value)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_32);
	vmr_vmcs_write_any(field, value);
}

/**
 * vmr_vmcs_write64() - write a field of 64 bits
 * @field: VMCS_..., a constant
 * @value: what
 *
 * Context: In a burst.
 */
static __always_inline void vmr_vmcs_write64(u32 field, u64 value)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_64);
	vmr_vmcs_write_any(field, value);
}

/**
 * vmr_vmcs_write() - write a field of natural width
 * @field: VMCS_..., a constant
 * @value: what
 *
 * Context: In a burst.
 */
static __always_inline void vmr_vmcs_write(u32 field, unsigned long value)
{
	vmr_vmcs_check_width(field, VMCS_WIDTH_NATURAL);
	vmr_vmcs_write_any(field, value);
}

#endif
