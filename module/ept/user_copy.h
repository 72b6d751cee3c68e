/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how a guest's memory is read and written where the process has it. A CPU that
 * reads or writes a word does so at once; what is done for it has to, too: another
 * vCPU may look meanwhile. The kernel's own copies go byte by byte where they like.
 */
#ifndef VMR_EPT_USER_COPY_H
#define VMR_EPT_USER_COPY_H

#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#define VMR_USER_INSTRUCTION	15

/* The halves overlap, as these bytes may be the page's last. */
static inline bool vmr_user_read_instruction(u8 *buf, const u8 __user *from)
{
	u64 first, last;

	if (!user_read_access_begin(from, VMR_USER_INSTRUCTION))
		return false;
	unsafe_get_user(first, (const u64 __user *)from, fault);
	unsafe_get_user(last, (const u64 __user *)(from + 7), fault);
	user_read_access_end();
	memcpy(buf, &first, sizeof(first));
	memcpy(buf + 7, &last, sizeof(last));
	return true;
fault:
	user_read_access_end();
	return false;
}

static inline bool vmr_user_read_u64(u64 *buf, const u64 __user *from)
{
	u64 value;

	if (!user_read_access_begin(from, sizeof(*from)))
		return false;
	unsafe_get_user(value, from, fault);
	user_read_access_end();
	*buf = value;
	return true;
fault:
	user_read_access_end();
	return false;
}

static inline bool vmr_user_read_u32(u32 *buf, const u32 __user *from)
{
	u32 value;

	if (!user_read_access_begin(from, sizeof(*from)))
		return false;
	unsafe_get_user(value, from, fault);
	user_read_access_end();
	*buf = value;
	return true;
fault:
	user_read_access_end();
	return false;
}

/**
 * vmr_user_read() - read a guest's memory, each word at once
 * @buf: where to
 * @from: in the current process
 * @len: how much, within one page
 *
 * Context: the process's thread, page faults disabled.
 * Return: whether the page is there.
 */
bool vmr_user_read(void *buf, const void __user *from, u32 len);

/**
 * vmr_user_write() - write to a guest's memory, each word at once
 * @to: in the current process
 * @buf: what
 * @len: how much, within one page
 *
 * Context: the process's thread, page faults disabled.
 * Return: whether the page is there and may be written; if not, some may be written.
 */
bool vmr_user_write(void __user *to, const void *buf, u32 len);

/* vmr_user_read() for bursts, where it is an instruction or an entry of a table. */
static __always_inline bool vmr_user_peek(void *buf, const void __user *from, u32 len)
{
	switch (len) {
	case VMR_USER_INSTRUCTION:
		return vmr_user_read_instruction(buf, from);
	case sizeof(u64):
		return vmr_user_read_u64(buf, from);
	case sizeof(u32):
		return vmr_user_read_u32(buf, from);
	default:
		return vmr_user_read(buf, from, len);
	}
}

#endif
