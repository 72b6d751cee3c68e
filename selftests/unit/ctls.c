// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the control-word arithmetic. */
#include <errno.h>

#include <linux/kernel.h>

#include "unit.h"
#include "vmx/ctls.h"

#define NIBBLE	16
#define UNTOUCHED	0xdeadbeef

/*
 * The model, by trying: of all words that the CPU accepts and that have what is
 * required, the one that has most of what is wanted and nothing needless.
 * Returns -1 if there is none.
 */
static int best_word(u32 must, u32 may, u32 required, u32 wanted)
{
	int word, best = -1;

	for (word = 0; word < NIBBLE; word++) {
		int more;

		if ((word & must) != must || word & ~may)
			continue;
		if ((word & required) != required)
			continue;
		if (best < 0) {
			best = word;
			continue;
		}
		more = __builtin_popcount(word & wanted) -
		       __builtin_popcount(best & wanted);
		if (more > 0 || (!more && __builtin_popcount(word) <
					  __builtin_popcount(best)))
			best = word;
	}
	return best;
}

static void check_one(u32 must, u32 may, u32 required, u32 wanted)
{
	int best = best_word(must, may, required, wanted);
	u32 value = UNTOUCHED;
	int err;

	err = vmr_ctls_choose((u64)may << 32 | must, required, wanted, &value);
	EXPECT_EQ(err == 0, best >= 0);
	EXPECT_EQ(value, best >= 0 ? (u32)best : UNTOUCHED);
}

/* All 65,536 combinations. */
void ctls_all_words_of_four_bits(void)
{
	u32 must, may, required, wanted;

	for (must = 0; must < NIBBLE; must++)
		for (may = 0; may < NIBBLE; may++)
			for (required = 0; required < NIBBLE; required++)
				for (wanted = 0; wanted < NIBBLE; wanted++)
					check_one(must, may, required, wanted);
}

void ctls_halves(void)
{
	u32 value;

	EXPECT_EQ(vmr_ctls_must(0x89abcdef01234567), 0x01234567);
	EXPECT_EQ(vmr_ctls_may(0x89abcdef01234567), 0x89abcdef);
	EXPECT_EQ(vmr_ctls_choose(0xffffffff80000001, 0x40000000, 2, &value), 0);
	EXPECT_EQ(value, 0xc0000003);
}

void ctls_contradiction(void)
{
	u32 value = UNTOUCHED;

	EXPECT(vmr_ctls_choose(1, 0, 0, &value) == -EIO);
	EXPECT(vmr_ctls_choose(0x1ULL << 32, 2, 0, &value) == -EOPNOTSUPP);
	EXPECT_EQ(value, UNTOUCHED);
}
