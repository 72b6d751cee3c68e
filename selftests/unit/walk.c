// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the guest's address translation. The model is one function for
 * each paging mode, written down from the manual step by step, with bit numbers;
 * tables, modes and addresses are drawn, and every outcome has to come up.
 */
#include <errno.h>
#include <string.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "random.h"
#include "unit.h"
#include "vmx/cr.h"
#include "vmx/walk.h"

#define PG		(1ULL << 31)
#define WP		(1ULL << 16)
#define PE		1ULL
#define PSE		(1ULL << 4)
#define PAE		(1ULL << 5)
#define LA57		(1ULL << 12)
#define SMEP		(1ULL << 20)
#define SMAP		(1ULL << 21)
#define LMA		(1ULL << 10)
#define NXE		(1ULL << 11)
#define AC		(1ULL << 18)
#define VM		(1ULL << 17)
#define XD		(1ULL << 63)

#define PAGES		8
#define PAGE		4096

/* Guest-physical pages 1 to 8. */
static u8 memory[PAGES][PAGE] __attribute__((aligned(8)));

static int read_memory(void *ctx, u64 gpa, void *buf, u32 len)
{
	u64 page = gpa / PAGE - 1;

	(*(u32 *)ctx)++;
	EXPECT(len == 4 || len == 8);
	EXPECT_EQ(gpa % len, 0);
	if (gpa / PAGE < 1 || page >= PAGES)
		return -1;
	memcpy(buf, &memory[page][gpa % PAGE], len);
	return 0;
}

/* What came of one translation, in the model's words. */
struct outcome {
	enum vmr_walk_verdict verdict;
	u64 gpa;
	u64 size;
	u32 error;
};

struct rights {
	bool us, rw, xd;
};

static bool bit(u64 word, int number)
{
	return word >> number & 1;
}

static bool fetch_entry(u64 gpa, int size, u64 *entry)
{
	u64 page = gpa / PAGE;

	*entry = 0;
	if (page < 1 || page > PAGES)
		return false;
	memcpy(entry, &memory[page - 1][gpa % PAGE], size);
	return true;
}

static u32 error_of(const struct vmr_walk_mode *m, u32 access, bool p, bool rsvd)
{
	u32 error = 0;

	if (p)
		error |= 1;
	if (access & VMR_WALK_WRITE)
		error |= 2;
	if (m->cpl == 3 && !(access & VMR_WALK_IMPLICIT))
		error |= 4;
	if (rsvd)
		error |= 8;
	if (access & VMR_WALK_FETCH &&
	    ((m->cr4 & PAE && m->efer & NXE) || m->cr4 & SMEP))
		error |= 16;
	return error;
}

/* "Determination of Access Rights", one sentence after the other. */
static bool allowed(const struct vmr_walk_mode *m, u32 access, struct rights r)
{
	bool supervisor = m->cpl != 3 || access & VMR_WALK_IMPLICIT;
	bool user_address = r.us;

	if (supervisor && !(access & (VMR_WALK_WRITE | VMR_WALK_FETCH))) {
		if (!user_address)
			return true;
		if (!(m->cr4 & SMAP))
			return true;
		return m->rflags & AC && !(access & VMR_WALK_IMPLICIT);
	}
	if (supervisor && access & VMR_WALK_WRITE) {
		if (m->cr0 & WP && !r.rw)
			return false;
		if (!user_address || !(m->cr4 & SMAP))
			return true;
		return m->rflags & AC && !(access & VMR_WALK_IMPLICIT);
	}
	if (supervisor) {
		if (user_address && m->cr4 & SMEP)
			return false;
		return !(m->cr4 & PAE && m->efer & NXE && r.xd);
	}
	if (!user_address)
		return false;
	if (access & VMR_WALK_WRITE)
		return r.rw;
	if (access & VMR_WALK_FETCH)
		return !(m->cr4 & PAE && m->efer & NXE && r.xd);
	return true;
}

static struct outcome no_table(u64 gpa)
{
	return (struct outcome){ .verdict = VMR_WALK_NO_TABLE, .gpa = gpa };
}

static struct outcome page_fault(const struct vmr_walk_mode *m, u32 access, bool p,
				 bool rsvd)
{
	return (struct outcome){
		.verdict = VMR_WALK_FAULT,
		.error = error_of(m, access, p, rsvd),
	};
}

static struct outcome translated(const struct vmr_walk_mode *m, u32 access,
				 struct rights r, u64 base, u64 size, u64 linear)
{
	if (!allowed(m, access, r))
		return page_fault(m, access, true, false);
	return (struct outcome){
		.verdict = VMR_WALK_DONE,
		.gpa = base + linear % size,
		.size = size,
	};
}

/* "32-Bit Paging" */
static struct outcome model_32(const struct vmr_walk_mode *m, u64 linear, u32 access)
{
	u64 pde, pte, gpa, top;
	struct rights r;

	gpa = (m->cr3 & 0xfffff000) + (linear >> 22) * 4;
	if (!fetch_entry(gpa, 4, &pde))
		return no_table(gpa);
	if (!bit(pde, 0))
		return page_fault(m, access, false, false);
	r = (struct rights){ bit(pde, 2), bit(pde, 1), false };
	if (m->cr4 & PSE && bit(pde, 7)) {
		top = pde >> 13 & 0x1ff;	/* bits 21:13 */
		if (m->has & VMR_HAS_PSE36) {
			int m_bits = m->phys_bits < 40 ? m->phys_bits : 40;

			if (top >> (m_bits - 32))
				return page_fault(m, access, true, true);
		} else if (top) {
			return page_fault(m, access, true, true);
		}
		return translated(m, access, r, (pde >> 22) * 0x400000 + (top << 32),
				  0x400000, linear);
	}
	gpa = pde / PAGE * PAGE + (linear >> 12 & 0x3ff) * 4;
	if (!fetch_entry(gpa, 4, &pte))
		return no_table(gpa);
	if (!bit(pte, 0))
		return page_fault(m, access, false, false);
	r = (struct rights){ r.us && bit(pte, 2), r.rw && bit(pte, 1), false };
	return translated(m, access, r, pte / PAGE * PAGE, PAGE, linear);
}

/* What is wrong with a present entry of 8 bytes whatever it is of. */
static bool bad_8(const struct vmr_walk_mode *m, u64 entry)
{
	int i;

	if (bit(entry, 63) && !(m->efer & NXE))
		return true;
	for (i = m->phys_bits; i < 52; i++)
		if (bit(entry, i))
			return true;
	return false;
}

static u64 address_8(u64 entry)
{
	return entry << 12 >> 12 >> 12 << 12;	/* bits 51:12 */
}

/* "PAE Paging" */
static struct outcome model_pae(const struct vmr_walk_mode *m, u64 linear, u32 access)
{
	u64 pdpte = m->pdpte[linear >> 30], pde, pte, gpa;
	struct rights r;

	if (!bit(pdpte, 0))
		return page_fault(m, access, false, false);
	gpa = address_8(pdpte) + (linear >> 21 & 0x1ff) * 8;
	if (!fetch_entry(gpa, 8, &pde))
		return no_table(gpa);
	if (!bit(pde, 0))
		return page_fault(m, access, false, false);
	if (bad_8(m, pde) || pde << 1 >> 53)
		return page_fault(m, access, true, true);
	r = (struct rights){ bit(pde, 2), bit(pde, 1), bit(pde, 63) };
	if (bit(pde, 7)) {
		if (pde >> 13 & 0xff)
			return page_fault(m, access, true, true);
		return translated(m, access, r, address_8(pde) >> 21 << 21, 0x200000,
				  linear);
	}
	gpa = address_8(pde) + (linear >> 12 & 0x1ff) * 8;
	if (!fetch_entry(gpa, 8, &pte))
		return no_table(gpa);
	if (!bit(pte, 0))
		return page_fault(m, access, false, false);
	if (bad_8(m, pte) || pte << 1 >> 53)
		return page_fault(m, access, true, true);
	r = (struct rights){
		r.us && bit(pte, 2), r.rw && bit(pte, 1), r.xd || bit(pte, 63),
	};
	return translated(m, access, r, address_8(pte), PAGE, linear);
}

/* "4-Level Paging and 5-Level Paging": from the table at @table down. */
static struct outcome model_long(const struct vmr_walk_mode *m, u64 linear, u32 access,
				 int level, u64 table, struct rights r)
{
	u64 entry, size = 1ULL << (12 + 9 * (level - 1));
	u64 gpa = table + (linear / size % 512) * 8;
	bool page;

	if (!fetch_entry(gpa, 8, &entry))
		return no_table(gpa);
	if (!bit(entry, 0))
		return page_fault(m, access, false, false);
	page = level == 1 || (level <= 3 && bit(entry, 7));
	if (bad_8(m, entry) || (level > 3 && bit(entry, 7)))
		return page_fault(m, access, true, true);
	if (level == 3 && page && !(m->has & VMR_HAS_PAGE1GB))
		return page_fault(m, access, true, true);
	if (level > 1 && page && address_8(entry) % size >> 13)
		return page_fault(m, access, true, true);
	r = (struct rights){
		r.us && bit(entry, 2), r.rw && bit(entry, 1), r.xd || bit(entry, 63),
	};
	if (page)
		return translated(m, access, r, address_8(entry) / size * size, size,
				  linear);
	return model_long(m, linear, access, level - 1, address_8(entry), r);
}

static struct outcome model(const struct vmr_walk_mode *m, u64 linear, u32 access)
{
	struct rights all = { true, true, false };

	if (!(m->cr0 & PG))
		return (struct outcome){ .verdict = VMR_WALK_DONE, .gpa = linear };
	if (!(m->cr4 & PAE))
		return model_32(m, linear, access);
	if (!(m->efer & LMA))
		return model_pae(m, linear, access);
	return model_long(m, linear, access, m->cr4 & LA57 ? 5 : 4, address_8(m->cr3),
			  all);
}

/* How often each outcome came up, by paging mode. */
enum paging { OFF, BITS_32, PAE_MODE, LEVELS_4, LEVELS_5, PAGING_MODES };
enum kind { NO_TABLE, NOT_PRESENT, RESERVED, PROTECTION, SMALL, LARGE, HUGE, KINDS };

static u32 seen[PAGING_MODES][KINDS];

static enum paging paging_of(const struct vmr_walk_mode *m)
{
	if (!(m->cr0 & PG))
		return OFF;
	if (!(m->cr4 & PAE))
		return BITS_32;
	if (!(m->efer & LMA))
		return PAE_MODE;
	return m->cr4 & LA57 ? LEVELS_5 : LEVELS_4;
}

static enum kind kind_of(struct outcome o)
{
	if (o.verdict == VMR_WALK_NO_TABLE)
		return NO_TABLE;
	if (o.verdict == VMR_WALK_FAULT)
		return !(o.error & 1) ? NOT_PRESENT : o.error & 8 ? RESERVED : PROTECTION;
	return o.size <= PAGE ? SMALL : o.size < 1ULL << 30 ? LARGE : HUGE;
}

static void compare(const struct vmr_walk_mode *m, u64 linear, u32 access)
{
	struct outcome want = model(m, linear, access);
	struct vmr_walk_result got;
	enum vmr_walk_verdict verdict;
	u32 reads = 0;

	verdict = vmr_walk(m, linear, access, read_memory, &reads, &got);
	seen[paging_of(m)][kind_of(want)]++;
	if (verdict != want.verdict ||
	    (verdict == VMR_WALK_FAULT && got.error_code != want.error) ||
	    (verdict == VMR_WALK_DONE && (got.gpa != want.gpa || got.size != want.size)) ||
	    (verdict == VMR_WALK_NO_TABLE && got.gpa != want.gpa))
		unit_fail(__FILE__, __LINE__,
			  "linear 0x%llx, access %u, cr4 0x%llx: %d 0x%llx %u, not %d 0x%llx %u",
			  linear, access, m->cr4, verdict, got.gpa, got.error_code,
			  want.verdict, want.gpa, want.error);
	EXPECT(reads <= 5);
}

static bool one_in(u64 *seed, u32 n)
{
	return draw(seed) % n == 0;
}

/* An entry that mostly leads on: to a page of the memory, rarely with a bad bit. */
static u64 random_entry(u64 *seed)
{
	u64 entry = (1 + draw(seed) % PAGES) * PAGE;

	entry |= draw(seed) & 0x67e;		/* no P, no PS */
	entry |= one_in(seed, 20) ? 0 : 1;
	if (one_in(seed, 2))
		entry |= 6;
	if (one_in(seed, 6)) {
		entry |= 0x80;
		if (!one_in(seed, 4))
			entry = (entry & 0xfff) | (draw(seed) & 0x7fc0000000);
		if (one_in(seed, 3))
			entry |= draw(seed) & 0x1fe000;
	}
	if (one_in(seed, 8))
		entry |= XD;
	if (one_in(seed, 20))
		entry |= 1ULL << (draw(seed) % 64);
	if (one_in(seed, 30))
		entry += PAGES * PAGE;
	return entry;
}

static void fill_memory(u64 *seed, bool small)
{
	u32 page, at;

	for (page = 0; page < PAGES; page++)
		for (at = 0; at < PAGE; at += small ? 4 : 8) {
			u64 entry = random_entry(seed);

			if (small && entry & 0x80)
				entry ^= one_in(seed, 2) ? 0x300000 : 0;
			memcpy(&memory[page][at], &entry, small ? 4 : 8);
		}
}

static struct vmr_walk_mode random_mode(u64 *seed, enum paging paging)
{
	static const u8 widths[] = { 32, 36, 39, 40, 46, 52 };
	struct vmr_walk_mode m = {
		.cr0 = PE | (one_in(seed, 2) ? WP : 0),
		.cr3 = (1 + draw(seed) % PAGES) * PAGE | (draw(seed) & 0xfff),
		.cr4 = draw(seed) & (PSE | SMEP | SMAP),
		.efer = one_in(seed, 3) ? 0 : NXE,
		.rflags = draw(seed) & AC,
		.has = draw(seed) & (VMR_HAS_PSE36 | VMR_HAS_PAGE1GB),
		.phys_bits = widths[draw(seed) % ARRAY_SIZE(widths)],
		.cpl = one_in(seed, 2) ? 3 : draw(seed) % 3,
	};
	int i;

	/* 32-bit paging ignores the upper half that 64-bit mode may have left. */
	if (one_in(seed, 8))
		m.cr3 |= draw(seed) << 32;
	for (i = 0; i < 4; i++)
		m.pdpte[i] = (1 + draw(seed) % PAGES) * PAGE | !one_in(seed, 8);
	if (paging != OFF)
		m.cr0 |= PG;
	if (paging >= PAE_MODE)
		m.cr4 |= PAE;
	if (paging >= LEVELS_4)
		m.efer |= LMA;
	if (paging == LEVELS_5)
		m.cr4 |= LA57;
	return m;
}

static u64 random_linear(u64 *seed, enum paging paging)
{
	u64 linear = draw(seed);

	if (paging < LEVELS_4)
		return (u32)linear;
	return (u64)((s64)(linear << 7) >> (paging == LEVELS_5 ? 7 : 16));
}

static const u32 accesses[] = {
	VMR_WALK_READ, VMR_WALK_WRITE, VMR_WALK_FETCH,
	VMR_WALK_READ | VMR_WALK_IMPLICIT, VMR_WALK_WRITE | VMR_WALK_IMPLICIT,
};

void walk_all_modes(void)
{
	static const u8 possible[PAGING_MODES] = {
		[OFF] = 1 << SMALL,
		[BITS_32] = (1 << KINDS) - 1 - (1 << HUGE),
		[PAE_MODE] = (1 << KINDS) - 1 - (1 << HUGE),
		[LEVELS_4] = (1 << KINDS) - 1,
		[LEVELS_5] = (1 << KINDS) - 1,
	};
	enum paging paging;
	enum kind kind;
	u64 seed = 3;
	u32 round, i, j;

	for (paging = OFF; paging < PAGING_MODES; paging++) {
		for (round = 0; round < 300; round++) {
			fill_memory(&seed, paging == BITS_32);
			for (i = 0; i < 40; i++) {
				struct vmr_walk_mode m = random_mode(&seed, paging);
				u64 linear = random_linear(&seed, paging);

				for (j = 0; j < ARRAY_SIZE(accesses); j++)
					compare(&m, linear, accesses[j]);
			}
		}
		for (kind = NO_TABLE; kind < KINDS; kind++)
			EXPECT_EQ(seen[paging][kind] >= 100,
				  possible[paging] >> kind & 1);
	}
}

/* One page at linear 0x4000, through a table of each level; its rights by hand. */
static void map_one(u64 upper, u64 leaf)
{
	static const u64 linear = 0x4000;
	int level;

	memset(memory, 0, sizeof(memory));
	for (level = 4; level > 1; level--) {
		u64 entry = (u64)(6 - level) * PAGE | upper;

		memcpy(&memory[4 - level][0], &entry, 8);
	}
	memcpy(&memory[3][linear / PAGE * 8], &leaf, 8);
}

/* Each bit of each entry of a 4-level walk, compared with the model. */
void walk_each_bit(void)
{
	u64 seed = 5;
	u32 level, number, i, round;

	for (level = 0; level < 4; level++)
		for (number = 0; number < 64; number++) {
			u64 *entry = (u64 *)&memory[level][level == 3 ? 32 : 0];

			for (round = 0; round < 20; round++) {
				struct vmr_walk_mode m = random_mode(&seed, LEVELS_4);

				m.cr3 = PAGE;
				map_one(7, 0x12345007);
				*entry ^= 1ULL << number;
				for (i = 0; i < ARRAY_SIZE(accesses); i++)
					compare(&m, 0x4567, accesses[i]);
			}
		}
}

static void compare_flipped(struct vmr_walk_mode m, u64 linear, void *entry,
			    u64 value, int size)
{
	u32 number, i;

	for (number = 0; number < 8U * size; number++) {
		u64 flipped = value ^ 1ULL << number;

		memcpy(entry, &flipped, size);
		for (i = 0; i < ARRAY_SIZE(accesses); i++)
			compare(&m, linear, accesses[i]);
	}
	memcpy(entry, &value, size);
}

/* Each bit of the entries of a small and of a large page, in the shorter formats. */
void walk_each_bit_short(void)
{
	u64 seed = 17;
	u32 round;

	memset(memory, 0, sizeof(memory));
	for (round = 0; round < 50; round++) {
		struct vmr_walk_mode m = random_mode(&seed, BITS_32);

		m.cr3 = PAGE;
		compare_flipped(m, 0x4567, &memory[0][0], 2 * PAGE | 7, 4);
		compare_flipped(m, 0x4567, &memory[1][16], 0x9007, 4);
		m.cr4 |= PSE;
		compare_flipped(m, 0x404567, &memory[0][4], 0x800087, 4);

		m = random_mode(&seed, PAE_MODE);
		m.pdpte[0] = 3 * PAGE | 1;
		compare_flipped(m, 0x4567, &memory[2][0], 4 * PAGE | 7, 8);
		compare_flipped(m, 0x4567, &memory[3][32], 0x9007, 8);
		compare_flipped(m, 0x204567, &memory[2][8], 0x800087, 8);
	}
}

/* The error codes that a kernel's page-fault handler tells apart. */
void walk_error_codes(void)
{
	static const struct {
		u64 upper, leaf;
		u8 cpl;
		u64 cr0, cr4, efer, rflags;
		u32 access;
		enum vmr_walk_verdict verdict;
		u32 error;
	} cases[] = {
		/* user mode */
		{ 7, 0x9007, 3, WP, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_DONE, 0 },
		{ 7, 0x9006, 3, WP, 0, NXE, 0, VMR_WALK_READ, VMR_WALK_FAULT, 4 },
		{ 7, 0x9006, 3, WP, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_FAULT, 6 },
		{ 7, 0x9006, 3, WP, 0, NXE, 0, VMR_WALK_FETCH, VMR_WALK_FAULT, 0x14 },
		{ 7, 0x9006, 3, WP, 0, 0, 0, VMR_WALK_FETCH, VMR_WALK_FAULT, 4 },
		{ 7, 0x9006, 3, WP, SMEP, 0, 0, VMR_WALK_FETCH, VMR_WALK_FAULT, 0x14 },
		{ 7, 0x9005, 3, 0, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_FAULT, 7 },
		{ 7, 0x9003, 3, 0, 0, NXE, 0, VMR_WALK_READ, VMR_WALK_FAULT, 5 },
		{ 3, 0x9007, 3, 0, 0, NXE, 0, VMR_WALK_READ, VMR_WALK_FAULT, 5 },
		{ 5, 0x9007, 3, 0, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_FAULT, 7 },
		{ 7, 0x9007 | XD, 3, 0, 0, NXE, 0, VMR_WALK_FETCH, VMR_WALK_FAULT, 0x15 },
		{ 7 | XD, 0x9007, 3, 0, 0, NXE, 0, VMR_WALK_FETCH, VMR_WALK_FAULT, 0x15 },
		{ 7, 0x9007 | XD, 3, 0, 0, NXE, 0, VMR_WALK_READ, VMR_WALK_DONE, 0 },
		{ 7, 0x9007 | XD, 3, 0, 0, 0, 0, VMR_WALK_READ, VMR_WALK_FAULT, 0xd },
		{ 7 | 1ULL << 50, 0x9007, 3, 0, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_FAULT,
		  0xf },
		/* supervisor mode */
		{ 7, 0x9005, 0, WP, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_FAULT, 3 },
		{ 7, 0x9005, 0, 0, 0, NXE, 0, VMR_WALK_WRITE, VMR_WALK_DONE, 0 },
		{ 7, 0x9007, 0, WP, SMAP, NXE, 0, VMR_WALK_READ, VMR_WALK_FAULT, 1 },
		{ 7, 0x9007, 0, WP, SMAP, NXE, AC, VMR_WALK_READ, VMR_WALK_DONE, 0 },
		{ 7, 0x9005, 0, WP, SMAP, NXE, AC, VMR_WALK_WRITE, VMR_WALK_FAULT, 3 },
		{ 7, 0x9003, 0, WP, SMAP, NXE, 0, VMR_WALK_WRITE, VMR_WALK_DONE, 0 },
		{ 7, 0x9007, 0, WP, SMEP, NXE, 0, VMR_WALK_FETCH, VMR_WALK_FAULT, 0x11 },
		{ 7, 0x9003, 0, WP, SMEP, NXE, 0, VMR_WALK_FETCH, VMR_WALK_DONE, 0 },
		{ 7, 0x9007, 2, WP, SMAP, NXE, 0, VMR_WALK_READ, VMR_WALK_FAULT, 1 },
		/* implicit: as supervisor, whatever CPL and AC are */
		{ 7, 0x9003, 3, WP, 0, NXE, 0, VMR_WALK_IMPLICIT, VMR_WALK_DONE, 0 },
		{ 7, 0x9007, 3, WP, SMAP, NXE, AC, VMR_WALK_IMPLICIT, VMR_WALK_FAULT, 1 },
		{ 7, 0x9007, 0, WP, SMAP, NXE, AC, VMR_WALK_IMPLICIT, VMR_WALK_FAULT, 1 },
	};
	u32 i, reads;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vmr_walk_mode m = {
			.cr0 = PE | PG | cases[i].cr0,
			.cr3 = PAGE,
			.cr4 = PAE | cases[i].cr4,
			.efer = LMA | cases[i].efer,
			.rflags = cases[i].rflags,
			.phys_bits = 46,
			.cpl = cases[i].cpl,
			.cs_l = true,
		};
		struct vmr_walk_result result;
		enum vmr_walk_verdict verdict;

		map_one(cases[i].upper, cases[i].leaf);
		verdict = vmr_walk(&m, 0x4567, cases[i].access, read_memory, &reads,
				   &result);
		if (verdict != cases[i].verdict ||
		    (verdict == VMR_WALK_FAULT && result.error_code != cases[i].error))
			unit_fail(__FILE__, __LINE__, "case %u: %d, error code 0x%x",
				  i, verdict, result.error_code);
		if (verdict == VMR_WALK_DONE)
			EXPECT_EQ(result.gpa, 0x9567);
	}
}

/* What marking has done to the paging structures. */
struct marks {
	u32 exchanges;
	int err;
};

static int exchange_memory(void *ctx, u64 gpa, u64 old, u64 new, u32 len)
{
	struct marks *marks = ctx;
	u8 *at = &memory[gpa / PAGE - 1][gpa % PAGE];

	marks->exchanges++;
	EXPECT_EQ(gpa % len, 0);
	if (marks->err)
		return marks->err;
	if (memcmp(at, &old, len))
		return -EAGAIN;
	memcpy(at, &new, len);
	return 0;
}

/* Walks and marks: how many entries were changed, which is all that has changed. */
static void expect_marks(const struct vmr_walk_mode *m, u64 linear, u32 access,
			 u32 exchanges, u64 dirty_at, u32 size)
{
	static u8 before[PAGES][PAGE];
	struct vmr_walk_result result;
	struct marks marks = {};
	u32 i, j, reads = 0;

	memcpy(before, memory, sizeof(memory));
	EXPECT_EQ(vmr_walk(m, linear, access, read_memory, &reads, &result),
		  VMR_WALK_DONE);
	EXPECT_EQ(vmr_walk_mark(&result, access, exchange_memory, &marks), 0);
	EXPECT_EQ(marks.exchanges, exchanges);
	for (i = 0; i < result.entries; i++) {
		u8 *at = &before[result.entry[i].gpa / PAGE - 1][result.entry[i].gpa % PAGE];

		*at |= 0x20;
		if (access & VMR_WALK_WRITE && result.entry[i].gpa == dirty_at)
			*at |= 0x40;
		EXPECT_EQ(result.entry_size, size);
	}
	for (i = 0; i < PAGES; i++)
		for (j = 0; j < PAGE; j++)
			if (before[i][j] != memory[i][j])
				unit_fail(__FILE__, __LINE__, "0x%x: 0x%x, not 0x%x",
					  (i + 1) * PAGE + j, memory[i][j],
					  before[i][j]);
}

void walk_marks(void)
{
	struct vmr_walk_mode m = {
		.cr0 = PE | PG, .cr3 = PAGE, .cr4 = PAE, .efer = LMA | NXE,
		.phys_bits = 46, .cs_l = true,
	};
	struct vmr_walk_result result;
	struct marks marks = { .err = -EFAULT };
	u64 large = 0x200000 | 0x87;
	u32 pde = 0x400087, reads = 0;

	/* Four levels: a read, then a write, then nothing is left to do. */
	map_one(7, 0x9007);
	expect_marks(&m, 0x4567, VMR_WALK_READ, 4, 0, 8);
	expect_marks(&m, 0x4567, VMR_WALK_WRITE, 1, 4 * PAGE + 4 * 8, 8);
	expect_marks(&m, 0x4567, VMR_WALK_WRITE, 0, 0, 8);
	expect_marks(&m, 0x4567, VMR_WALK_FETCH, 0, 0, 8);

	/* A large page: dirty is an entry above the last level. */
	memcpy(&memory[2][0], &large, 8);
	expect_marks(&m, 0x4567, VMR_WALK_WRITE, 1, 3 * PAGE, 8);

	/* What can't be marked is told by its address; what has changed, as such. */
	map_one(7, 0x9007);
	EXPECT_EQ(vmr_walk(&m, 0x4567, VMR_WALK_READ, read_memory, &reads, &result),
		  VMR_WALK_DONE);
	EXPECT_EQ(vmr_walk_mark(&result, VMR_WALK_READ, exchange_memory, &marks), -EFAULT);
	EXPECT_EQ(result.gpa, PAGE);
	marks.err = 0;
	memory[3][4 * 8 + 2] ^= 1;
	EXPECT_EQ(vmr_walk_mark(&result, VMR_WALK_READ, exchange_memory, &marks), -EAGAIN);
	EXPECT_EQ(result.gpa, 4 * PAGE + 4 * 8);

	/* Entries of 4 bytes. */
	m = (struct vmr_walk_mode){
		.cr0 = PE | PG, .cr3 = PAGE, .cr4 = PSE, .phys_bits = 40,
	};
	memset(memory, 0, sizeof(memory));
	memcpy(&memory[0][0], &pde, 4);
	expect_marks(&m, 0x4567, VMR_WALK_READ, 1, 0, 4);
	expect_marks(&m, 0x4567, VMR_WALK_WRITE, 1, PAGE, 4);

	/* No paging, nothing to mark. */
	m.cr0 = PE;
	expect_marks(&m, 0x4567, VMR_WALK_WRITE, 0, 0, 0);
}

/* 4 MiB pages: where PSE-36 keeps the upper address bits. */
void walk_pse36(void)
{
	struct vmr_walk_mode m = {
		.cr0 = PE | PG, .cr3 = PAGE, .cr4 = PSE, .has = VMR_HAS_PSE36,
		.phys_bits = 40,
	};
	struct vmr_walk_result result;
	u32 pde, reads = 0;

	memset(memory, 0, sizeof(memory));
	pde = 0xffc00087 | 0xab << 13;
	memcpy(&memory[0][4], &pde, 4);
	EXPECT_EQ(vmr_walk(&m, 0x712345, VMR_WALK_WRITE, read_memory, &reads, &result),
		  VMR_WALK_DONE);
	EXPECT_EQ(result.gpa, 0xabfff12345);
	EXPECT_EQ(result.size, 4 << 20);
	EXPECT_EQ(reads, 1);
	m.phys_bits = 39;
	EXPECT_EQ(vmr_walk(&m, 0x712345, VMR_WALK_WRITE, read_memory, &reads, &result),
		  VMR_WALK_FAULT);
	EXPECT_EQ(result.error_code, 0xb);
	/* Bit 7 of a PDE means nothing without CR4.PSE. */
	m.cr4 = 0;
	EXPECT_EQ(vmr_walk(&m, 0x712345, VMR_WALK_WRITE, read_memory, &reads, &result),
		  VMR_WALK_NO_TABLE);
	EXPECT_EQ(result.gpa, (pde & 0xfffff000) + 0x312 * 4);
}

void walk_pdpte(void)
{
	u32 i;

	for (i = 0; i < 64; i++) {
		bool good = i == 0 || i == 3 || i == 4 || (i >= 9 && i < 46);

		EXPECT_EQ(vmr_pdpte_valid(1 | 1ULL << i, 46), good);
		EXPECT(vmr_pdpte_valid((1ULL << i) & ~1ULL, 46));
		EXPECT_EQ(vmr_pdpte_valid(1 | 1ULL << i, 52),
			  good || (i >= 46 && i < 52));
	}
}

/*
 * Segmentation, by trying every byte: the model asks of each whether the segment has
 * it, and then says what the manual calls the exception.
 */
static bool has_byte(const struct vmr_segment *s, u64 offset)
{
	bool data = !(s->access & 8), down = data && s->access & 4;
	u64 top = s->access & 1 << 14 ? 0xffffffff : 0xffff;

	if (down)
		return offset > s->limit && offset <= top;
	return offset <= s->limit;
}

static enum vmr_linear_verdict model_linear(const struct vmr_walk_mode *m,
					    const struct vmr_segment *s, u8 number,
					    u64 offset, u32 size, u32 access)
{
	enum vmr_linear_verdict no = number == VMR_SS ? VMR_LINEAR_SS : VMR_LINEAR_GP;
	bool code = s->access & 8, rw = s->access & 2;
	u32 i;

	if (m->cr0 & PE && !(m->rflags & VM)) {
		if (s->access & 1 << 16)
			return no;
		if (access == VMR_WALK_WRITE && (code || !rw))
			return VMR_LINEAR_GP;
		if (access == VMR_WALK_READ && code && !rw)
			return VMR_LINEAR_GP;
	}
	for (i = 0; i < size; i++)
		if (!has_byte(s, offset + i))
			return no;
	return VMR_LINEAR_DONE;
}

void walk_segments(void)
{
	static const u32 limits[] = { 0, 1, 0xfff, 0x1000, 0xfffe, 0xffff, 0x10000,
				      0xfffffffe, 0xffffffff };
	static const u64 around[] = { 0, 0x1000, 0x10000, 0x100000000 };
	static const u32 sizes[] = { 1, 2, 4, 8, 4096 };
	u64 seed = 13;
	u32 round, done = 0, gp = 0, ss = 0;

	for (round = 0; round < 200000; round++) {
		struct vmr_segment s = {
			.base = (u32)draw(&seed),
			.limit = limits[draw(&seed) % ARRAY_SIZE(limits)],
			.access = (draw(&seed) & 0xf) | 0x90 |
				  (one_in(&seed, 2) ? 1 << 14 : 0) |
				  (one_in(&seed, 10) ? 1 << 16 : 0),
		};
		struct vmr_walk_mode m = {
			.cr0 = one_in(&seed, 6) ? 0 : PE,
			.rflags = one_in(&seed, 6) ? VM : 0,
			.efer = one_in(&seed, 4) ? LMA : 0,
		};
		u64 linear = 0x5a5a5a5a5a5a5a5a, untouched = linear;
		u64 offset = (u32)(around[draw(&seed) % ARRAY_SIZE(around)] +
				   draw(&seed) % 12 - 6);
		u32 size = sizes[draw(&seed) % ARRAY_SIZE(sizes)];
		u8 number = draw(&seed) % 6;
		u32 access = draw(&seed) % 3;
		enum vmr_linear_verdict got, want;

		if (m.efer)
			m = (struct vmr_walk_mode){ .cr0 = PE | PG, .efer = LMA };
		want = model_linear(&m, &s, number, offset, size, access);
		got = vmr_linear(&m, &s, number, offset, size, access, &linear);
		if (got != want)
			unit_fail(__FILE__, __LINE__,
				  "access 0x%x, limit 0x%x, offset 0x%llx, size %u: %d",
				  s.access, s.limit, offset, size, got);
		EXPECT_EQ(linear, got == VMR_LINEAR_DONE ?
			  (s.base + offset) & 0xffffffff : untouched);
		done += got == VMR_LINEAR_DONE;
		gp += got == VMR_LINEAR_GP;
		ss += got == VMR_LINEAR_SS;
	}
	EXPECT(done > 10000 && gp > 10000 && ss > 5000);
}

void walk_linear_64(void)
{
	static const struct {
		u8 number;
		u64 base, offset;
		u32 size;
		u64 cr4;
		enum vmr_linear_verdict verdict;
		u64 linear;
	} cases[] = {
		{ VMR_DS, 0x1000, 0x10, 8, 0, VMR_LINEAR_DONE, 0x10 },
		{ VMR_CS, 0x1000, 0x10, 8, 0, VMR_LINEAR_DONE, 0x10 },
		{ VMR_FS, 0x1000, 0x10, 8, 0, VMR_LINEAR_DONE, 0x1010 },
		{ VMR_GS, 0xffff888000000000, 0x10, 8, 0, VMR_LINEAR_DONE,
		  0xffff888000000010 },
		{ VMR_GS, 0x1000, -0x800ULL, 8, 0, VMR_LINEAR_DONE, 0x800 },
		{ VMR_DS, 0, 0x00007ffffffffff8, 8, 0, VMR_LINEAR_DONE, 0x00007ffffffffff8 },
		{ VMR_DS, 0, 0x00007ffffffffff9, 8, 0, VMR_LINEAR_GP, 0 },
		{ VMR_SS, 0, 0x00007ffffffffff9, 8, 0, VMR_LINEAR_SS, 0 },
		{ VMR_DS, 0, 0x0000800000000000, 1, 0, VMR_LINEAR_GP, 0 },
		{ VMR_SS, 0, 0x0000800000000000, 1, 0, VMR_LINEAR_SS, 0 },
		{ VMR_DS, 0, 0xffff7fffffffffff, 1, 0, VMR_LINEAR_GP, 0 },
		{ VMR_DS, 0, 0xffff800000000000, 1, 0, VMR_LINEAR_DONE, 0xffff800000000000 },
		{ VMR_DS, 0, 0x0000800000000000, 1, LA57, VMR_LINEAR_DONE,
		  0x0000800000000000 },
		{ VMR_DS, 0, 0x0100000000000000, 1, LA57, VMR_LINEAR_GP, 0 },
		{ VMR_DS, 0, ~0ULL, 1, 0, VMR_LINEAR_DONE, ~0ULL },
		{ VMR_FS, 0x00007fffffffffff, 1, 1, 0, VMR_LINEAR_GP, 0 },
	};
	/* Neither limit nor type nor the unusable bit matters. */
	struct vmr_segment segment = { .access = 1 << 16 | 8 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vmr_walk_mode m = {
			.cr0 = PE | PG, .cr4 = PAE | cases[i].cr4, .efer = LMA,
			.cs_l = true,
		};
		u64 linear = 0;

		segment.base = cases[i].base;
		EXPECT_EQ(vmr_linear(&m, &segment, cases[i].number, cases[i].offset,
				     cases[i].size, VMR_WALK_WRITE, &linear),
			  cases[i].verdict);
		EXPECT_EQ(linear, cases[i].linear);
	}
}
