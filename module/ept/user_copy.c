// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the copies of any length. Eight bytes at once, then what is left: words of a
 * string whose start is aligned to them stay whole as well.
 */
#include "ept/user_copy.h"

bool vmr_user_read(void *buf, const void __user *from, u32 len)
{
	if (!user_read_access_begin(from, len))
		return false;
	for (; len >= 8; len -= 8, buf += 8, from += 8)
		unsafe_get_user(*(u64 *)buf, (const u64 __user *)from, fault);
	if (len & 4) {
		unsafe_get_user(*(u32 *)buf, (const u32 __user *)from, fault);
		buf += 4;
		from += 4;
	}
	if (len & 2) {
		unsafe_get_user(*(u16 *)buf, (const u16 __user *)from, fault);
		buf += 2;
		from += 2;
	}
	if (len & 1)
		unsafe_get_user(*(u8 *)buf, (const u8 __user *)from, fault);
	user_read_access_end();
	return true;
fault:
	user_read_access_end();
	return false;
}

bool vmr_user_write(void __user *to, const void *buf, u32 len)
{
	if (!user_write_access_begin(to, len))
		return false;
	for (; len >= 8; len -= 8, buf += 8, to += 8)
		unsafe_put_user(*(const u64 *)buf, (u64 __user *)to, fault);
	if (len & 4) {
		unsafe_put_user(*(const u32 *)buf, (u32 __user *)to, fault);
		buf += 4;
		to += 4;
	}
	if (len & 2) {
		unsafe_put_user(*(const u16 *)buf, (u16 __user *)to, fault);
		buf += 2;
		to += 2;
	}
	if (len & 1)
		unsafe_put_user(*(const u8 *)buf, (u8 __user *)to, fault);
	user_write_access_end();
	return true;
fault:
	user_write_access_end();
	return false;
}
