/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the ring's tests have in common: regions, and checks of what was posted.
 * Included after kselftest_harness.h.
 */
#ifndef VMR_TEST_RING_TEST_H
#define VMR_TEST_RING_TEST_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "vm_test.h"

#define PAGE	4096ul
#define PORT	0x300
#define MMIO	0x30000000ul	/* no slot is there */

#define POSTED_PORTS(n, from, bytes)					\
	((struct vmr_region){ .region = (n), .write = VMR_WRITE_POSTED,	\
			      .addr = (from), .length = (bytes) })
#define POSTED_MMIO(n, from, bytes)					\
	((struct vmr_region){ .region = (n), .flags = VMR_REGION_MMIO,	\
			      .write = VMR_WRITE_POSTED,			\
			      .addr = (from), .length = (bytes) })

#define ASSERT_REGION(vm, ...)						\
	ASSERT_ERRNO(0, vm_region(vm, &(struct vmr_region)__VA_ARGS__))

/* A region of another kind than posted, for both of ports and memory. */
#define DELETED(n)	{ .region = (n) }

/* On a slow machine an entry may have waited for long enough at any time. */
static inline const char *next_in_time(struct vcpu *cpu)
{
	const char *name;

	do
		name = vcpu_next(cpu);
	while (cpu->exit.reason == VMR_EXIT_DRAIN && cpu->exit.count == VMR_DRAIN_DELAY);
	return name;
}

#ifndef DELAYS_ARE_TESTED
#undef ASSERT_EXIT
#define ASSERT_EXIT(name, cpu)	ASSERT_STREQ(name, next_in_time(cpu)) { vcpu_tell(cpu); }
#endif

static inline uint64_t post_value(const struct vmr_exit *post)
{
	uint64_t value = 0;

	memcpy(&value, post->data, post->size < 8 ? post->size : 8);
	return value;
}

/* That an entry is a posted write of this size and value, and nothing else is said. */
#define EXPECT_POST(post, reason_, addr_, size_, value_, region_)		\
	do {									\
		const struct vmr_exit *p_ = (post);				\
										\
		EXPECT_EQ(reason_, p_->reason);					\
		EXPECT_EQ(addr_, p_->addr);					\
		EXPECT_EQ(size_, p_->size);					\
		EXPECT_EQ(value_, post_value(p_));				\
		EXPECT_EQ(region_, p_->region);					\
		EXPECT_EQ((VMR_EXIT_POSTED | VMR_EXIT_WRITE), p_->flags);	\
		EXPECT_EQ(p_->reason == VMR_EXIT_IO, p_->count);		\
		EXPECT_EQ(0, nonzero_behind(p_));				\
	} while (0)

static inline unsigned int nonzero_behind(const struct vmr_exit *post)
{
	unsigned int i, count = 0;

	for (i = post->size; i < sizeof(post->data); i++)
		count += !!post->data[i];
	return count;
}

static inline void set_gpr(struct vcpu *cpu, unsigned int number, uint64_t value)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.gpr[number] = value;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

/* Starts a vCPU with RCX, RDI and RSI as they are given. */
static inline void begin(struct vcpu *cpu, const uint8_t *code, size_t size, uint64_t rcx,
			 uint64_t rdi)
{
	struct vmr_state s;

	vcpu_start(cpu, GUEST_LONG, code, size);
	vcpu_get(cpu, &s);
	s.gpr[VMR_RCX] = rcx;
	s.gpr[VMR_RDI] = rdi;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

static inline int run_errno(struct vcpu *cpu)
{
	return ioctl_errno(cpu->fd, VMR_RUN, NULL);
}

/* RDX is the port, RAX counts up from 1 to RCX. */
GUEST64(post_numbers,
	"	xor	%eax, %eax;"
	"	mov	" IMM(PORT) ", %edx;"
	"1:	inc	%eax;"
	"	out	%eax, (%dx);"
	"	cmp	%eax, %ecx;"
	"	jne	1b;"
	"	hlt");

#endif
