/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a VM's EPT tables: finding, mapping, taking away, ageing. For the files of
 * module/ept alone. What was taken away is in use until vmr_ept_flush(); so are the
 * tables on a list of removed ones.
 */
#ifndef VMR_EPT_TABLES_H
#define VMR_EPT_TABLES_H

#include <linux/list.h>
#include <linux/types.h>

#include "ept/pte.h"

struct vmr_ept;
struct vmr_ept_cache;

/**
 * struct vmr_ept_place - where an address is translated
 * @table: the tables on the way, by level; from @level up
 * @level: of the lowest one
 * @entry: the entry there, which is a leaf or not present
 */
struct vmr_ept_place {
	u64 *table[VMR_EPT_LEVELS];
	unsigned int level;
	u64 *entry;
};

/**
 * vmr_tables_init() - make the top table
 * @ept: whose; its rules are set
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmr_tables_init(struct vmr_ept *ept);

/**
 * vmr_tables_exit() - free the top table
 * @ept: whose; everything has been taken away
 *
 * Context: Process.
 */
void vmr_tables_exit(struct vmr_ept *ept);

/**
 * vmr_tables_find() - find where an address is translated, or would be
 * @ept: whose
 * @gpa: guest-physical address, below the limit
 * @place: the answer; good until the lock is let go
 *
 * Context: @ept->lock held.
 */
void vmr_tables_find(const struct vmr_ept *ept, u64 gpa,
		     struct vmr_ept_place *place);

/**
 * vmr_tables_map() - map a page
 * @ept: whose
 * @cache: full
 * @gpa: guest-physical address inside
 * @level: how large the page is
 * @pte: the leaf
 * @removed: tables that had to go
 *
 * What is mapped there otherwise, and can't just become the new leaf, is taken away
 * first: then flush, and try again.
 *
 * Context: @ept->lock held.
 * Return: true if it is mapped, false if something was taken away.
 */
bool vmr_tables_map(struct vmr_ept *ept, struct vmr_ept_cache *cache, u64 gpa,
		    unsigned int level, u64 pte, struct list_head *removed);

/**
 * vmr_tables_zap() - take away what is mapped in a range, a step of it
 * @ept: whose
 * @gpa: where the range begins
 * @end: where it ends
 * @removed: tables that are empty now go here; NULL: keep them
 *
 * A large page that the range meets goes as a whole. A step is no more than one
 * table of pages, so that the lock can be let go in between.
 *
 * Context: @ept->lock held.
 * Return: where to go on; @end or more when done.
 */
u64 vmr_tables_zap(struct vmr_ept *ept, u64 gpa, u64 end,
		   struct list_head *removed);

/**
 * vmr_tables_age() - find out what the guest has used in a range, a step of it
 * @ept: whose
 * @gpa: where the range begins
 * @end: where it ends
 * @clear: forget it
 * @young: set to true if it used something
 *
 * Without accessed flags a page counts as used while it is mapped, and forgetting
 * takes it away.
 *
 * Context: @ept->lock held.
 * Return: where to go on; @end or more when done.
 */
u64 vmr_tables_age(struct vmr_ept *ept, u64 gpa, u64 end, bool clear,
		   bool *young);

/**
 * vmr_tables_rearm() - hear of the next write to some pages of a log
 * @ept: whose
 * @gpa: of the page that bit 0 stands for
 * @which: the pages, a bit each
 *
 * Takes their dirty flag away where the CPU logs what it sets, else the right to
 * write. Until the flush there may be writes that nobody hears of.
 *
 * Context: @ept->lock held.
 */
void vmr_tables_rearm(struct vmr_ept *ept, u64 gpa, u64 which);

/**
 * vmr_tables_free() - free removed tables
 * @removed: they, flushed
 *
 * Context: Any.
 */
void vmr_tables_free(struct list_head *removed);

#endif
