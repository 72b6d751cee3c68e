// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the format of an EPT entry. Pure: callable from anywhere, compiled a
 * second time by selftests/unit. Named after the manual's "The Extended Page
 * Table Mechanism (EPT)".
 */
#include <linux/kernel.h>

#include "ept/pte.h"
#include "vmx/sdm.h"

/* The EPT pointer, beside the root's address and the memory type in bits 2:0. */
#define POINTER_WALK_LENGTH	((VMR_EPT_LEVELS - 1) << 3)
#define POINTER_ACCESSED_DIRTY	BIT_ULL(6)

/* An entry */
#define MEMORY_TYPE_SHIFT	3
#define MEMORY_TYPE		GENMASK_ULL(5, 3)
#define IGNORE_PAT		BIT_ULL(6)
#define LARGE			BIT_ULL(7)
#define ACCESSED		BIT_ULL(VMR_PTE_ACCESSED_BIT)
#define DIRTY			BIT_ULL(VMR_PTE_DIRTY_BIT)
#define ADDRESS			GENMASK_ULL(51, 12)

#define ARCHITECTURE_PHYS_BITS	52

u64 vmr_pte_pointer(u64 root, const struct vmr_pte_rules *rules)
{
	return root | POINTER_WALK_LENGTH | SDM_MEMORY_TYPE_WB |
	       (rules->accessed_dirty ? POINTER_ACCESSED_DIRTY : 0);
}

u64 vmr_pte_table(u64 table)
{
	return table | VMR_EPT_ALL;
}

u64 vmr_pte_leaf(u64 hpa, unsigned int level, u32 access)
{
	return hpa | access | SDM_MEMORY_TYPE_WB << MEMORY_TYPE_SHIFT | IGNORE_PAT |
	       ACCESSED | (access & VMR_EPT_WRITE ? DIRTY : 0) |
	       (level > VMR_EPT_4K ? LARGE : 0);
}

bool vmr_pte_is_leaf(u64 pte, unsigned int level)
{
	return vmr_pte_present(pte) && (level == VMR_EPT_4K || pte & LARGE);
}

u64 vmr_pte_address(u64 pte, unsigned int level)
{
	if (vmr_pte_is_leaf(pte, level))
		return pte & ADDRESS & ~(vmr_pte_size(level) - 1);
	return pte & ADDRESS;
}

bool vmr_pte_accessed(u64 pte)
{
	return pte & ACCESSED;
}

static bool are_same_memory(u64 old, u64 new, unsigned int level)
{
	return vmr_pte_is_leaf(old, level) && vmr_pte_is_leaf(new, level) &&
	       vmr_pte_address(old, level) == vmr_pte_address(new, level);
}

bool vmr_pte_may_become(u64 old, u64 new, unsigned int level)
{
	if (!vmr_pte_present(old))
		return true;
	return are_same_memory(old, new, level) &&
	       vmr_pte_allows(new, old & VMR_EPT_ALL);
}

bool vmr_pte_includes(u64 old, u64 new, unsigned int level)
{
	return are_same_memory(old, new, level) &&
	       vmr_pte_allows(old, new & VMR_EPT_ALL);
}

/* What an entry must not have set because of its level. */
static u64 reserved_bits(u64 pte, unsigned int level)
{
	if (!vmr_pte_is_leaf(pte, level))
		return MEMORY_TYPE | IGNORE_PAT;
	return ADDRESS & (vmr_pte_size(level) - 1);
}

static bool memory_type_exists(u64 pte)
{
	switch ((pte & MEMORY_TYPE) >> MEMORY_TYPE_SHIFT) {
	case 0:		/* uncacheable */
	case 1:		/* write-combining */
	case 4:		/* write-through */
	case 5:		/* write-protected */
	case 6:		/* write-back */
		return true;
	default:
		return false;
	}
}

const char *vmr_pte_fault(u64 pte, unsigned int level,
			  const struct vmr_pte_rules *rules)
{
	if (!vmr_pte_present(pte))
		return NULL;
	if (!(pte & VMR_EPT_READ) && pte & VMR_EPT_WRITE)
		return "it can be written but not read";
	if (!(pte & VMR_EPT_READ) && !rules->exec_only)
		return "it can be executed but not read";
	if (rules->phys_bits < ARCHITECTURE_PHYS_BITS &&
	    (pte & ADDRESS) >> rules->phys_bits)
		return "its address is wider than a physical address";
	if (level != VMR_EPT_4K && pte & LARGE && level > rules->largest)
		return "a page can't be so large";
	if (pte & reserved_bits(pte, level))
		return "a reserved bit is set";
	if (vmr_pte_is_leaf(pte, level) && !memory_type_exists(pte))
		return "there is no such memory type";
	return NULL;
}
