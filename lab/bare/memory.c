// SPDX-License-Identifier: GPL-2.0
/* Owns a pool of zeroed pages that are never given back. */
#include "bare.h"

#define POOL_PAGES 256

static u8 pool[POOL_PAGES][4096] __attribute__((aligned(4096)));
static u32 pool_used;

void *page_alloc(void)
{
	u32 page = __atomic_fetch_add(&pool_used, 1, __ATOMIC_RELAXED);

	if (page >= POOL_PAGES)
		bail("out of pages");
	return pool[page];
}

void *memset(void *to, int value, size_t size)
{
	void *at = to;

	asm volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	void *at = to;

	asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
	return to;
}

bool str_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}
