/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the format of an EPT entry: making one, understanding one, and which are
 * misconfigured. Pure: no state, no kernel dependency; selftests/unit compiles
 * it in user space.
 */
#ifndef VMR_EPT_PTE_H
#define VMR_EPT_PTE_H

#include <linux/bits.h>
#include <linux/types.h>

/*
 * What an access is or an entry allows. The numbers are an entry's bits 2:0, and
 * bits 2:0 of an EPT violation's qualification.
 */
#define VMR_EPT_READ		0x1
#define VMR_EPT_WRITE		0x2
#define VMR_EPT_FETCH		0x4
#define VMR_EPT_ALL		(VMR_EPT_READ | VMR_EPT_WRITE | VMR_EPT_FETCH)

/*
 * Levels count from the page: an entry of level 0 maps 4 KiB, of level 1 2 MiB
 * or refers to a table, of level 2 1 GiB or refers to a table, of level 3 refers
 * to a table.
 */
#define VMR_EPT_4K		0
#define VMR_EPT_2M		1
#define VMR_EPT_1G		2
#define VMR_EPT_LEVELS		4
#define VMR_EPT_ENTRIES		512
/* Width of the addresses that so many levels translate. */
#define VMR_EPT_BITS		48

/**
 * struct vmr_pte_rules - what a CPU accepts
 * @phys_bits: width of a physical address
 * @largest: the highest level that may map memory
 * @exec_only: an entry may allow fetching alone
 * @accessed_dirty: accessed and dirty flags are kept
 */
struct vmr_pte_rules {
	unsigned int phys_bits;
	unsigned int largest;
	bool exec_only;
	bool accessed_dirty;
};

/**
 * vmr_pte_size() - how much an entry translates
 * @level: the entry's
 *
 * Context: Any.
 * Return: bytes, a power of two.
 */
static inline u64 vmr_pte_size(unsigned int level)
{
	return 1ULL << (12 + 9 * level);
}

/**
 * vmr_pte_index() - which entry of a table translates an address
 * @gpa: the address
 * @level: the table's
 *
 * Context: Any.
 * Return: 0 to VMR_EPT_ENTRIES - 1.
 */
static inline unsigned int vmr_pte_index(u64 gpa, unsigned int level)
{
	return (gpa >> (12 + 9 * level)) % VMR_EPT_ENTRIES;
}

/**
 * vmr_pte_end() - where what an entry translates ends
 * @gpa: an address that it translates
 * @level: the entry's
 *
 * Context: Any.
 * Return: the first address behind.
 */
static inline u64 vmr_pte_end(u64 gpa, unsigned int level)
{
	return (gpa | (vmr_pte_size(level) - 1)) + 1;
}

/**
 * vmr_pte_pointer() - make an EPT pointer for VMR_EPT_LEVELS levels, write-back
 * @root: physical address of the top table
 * @rules: the CPU's
 *
 * Context: Any.
 * Return: the EPT pointer.
 */
u64 vmr_pte_pointer(u64 root, const struct vmr_pte_rules *rules);

/**
 * vmr_pte_table() - make an entry that refers to a table
 * @table: its physical address
 *
 * Context: Any.
 * Return: the entry; all is allowed, the entries below decide.
 */
u64 vmr_pte_table(u64 table);

/**
 * vmr_pte_leaf() - make an entry that maps ordinary memory, write-back
 * @hpa: physical address, aligned to what is mapped
 * @level: VMR_EPT_4K, VMR_EPT_2M or VMR_EPT_1G
 * @access: VMR_EPT_..., what is allowed
 *
 * As "Memory Type Used for Translated Guest-Physical Addresses" tells: the memory type
 * of an entry stands where the MTRRs' does on a bare machine, and with the ignore-PAT
 * bit it is all that counts. It is always write-back, because the host has all that
 * gets here so: vmr_host_get() refuses a page that the host maps otherwise, and no entry
 * is made for what isn't a page. What a guest's page tables choose from its PAT doesn't
 * count: a page of two types is for CPUs that snoop themselves, which not all do without
 * fault; read around the cache, a new page would show what another process left in
 * memory; and locked accesses to uncacheable memory hold up the whole machine. There
 * are no devices here for which a guest would need them.
 *
 * The accessed flag is set, and the dirty flag where writing is allowed, so that the CPU needn't
 * do it at the first access; a CPU that keeps no such flags ignores them.
 *
 * Context: Any.
 * Return: the entry.
 */
u64 vmr_pte_leaf(u64 hpa, unsigned int level, u32 access);

/**
 * vmr_pte_present() - whether an entry translates at all
 * @pte: the entry
 *
 * Context: Any.
 * Return: false if every access is a violation.
 */
static inline bool vmr_pte_present(u64 pte)
{
	return pte & VMR_EPT_ALL;
}

/**
 * vmr_pte_is_leaf() - whether an entry maps memory
 * @pte: the entry
 * @level: its level
 *
 * Context: Any.
 * Return: false if it refers to a table or isn't present.
 */
bool vmr_pte_is_leaf(u64 pte, unsigned int level);

/**
 * vmr_pte_address() - where an entry leads
 * @pte: the entry, present
 * @level: its level
 *
 * Context: Any.
 * Return: physical address of the memory or the table.
 */
u64 vmr_pte_address(u64 pte, unsigned int level);

/**
 * vmr_pte_allows() - whether an access goes through
 * @pte: the entry, a leaf
 * @access: VMR_EPT_...
 *
 * Context: Any.
 * Return: true if all of the access is allowed.
 */
static inline bool vmr_pte_allows(u64 pte, u32 access)
{
	return (pte & access) == access;
}

/**
 * vmr_pte_accessed() - whether the CPU has used an entry
 * @pte: the entry, a leaf, of a CPU that keeps accessed flags
 *
 * Context: Any.
 * Return: whether it has since the flag was taken away.
 */
bool vmr_pte_accessed(u64 pte);

/*
 * Bit numbers, for clear_bit() and the like: the right to write, the flags, and one
 * that the CPU ignores: the right to write may come back, it was only taken away to
 * hear of a write.
 */
#define VMR_PTE_WRITE_BIT	1
#define VMR_PTE_ACCESSED_BIT	8
#define VMR_PTE_DIRTY_BIT	9
#define VMR_PTE_WRITABLE_BIT	11

/**
 * vmr_pte_rearmable() - note in an entry that its right to write may come back
 * @pte: the entry, a leaf
 *
 * Context: Any.
 * Return: the entry, if it may be written; else as it was.
 */
static inline u64 vmr_pte_rearmable(u64 pte)
{
	return pte | (pte >> VMR_PTE_WRITE_BIT & 1) << VMR_PTE_WRITABLE_BIT;
}

/**
 * vmr_pte_may_write_again() - whether only the right to write was taken away
 * @pte: the entry
 * @access: VMR_EPT_..., which the entry doesn't allow
 *
 * Context: Any.
 * Return: true if it allows the access once it has that right again.
 */
static inline bool vmr_pte_may_write_again(u64 pte, u32 access)
{
	return pte & BIT_ULL(VMR_PTE_WRITABLE_BIT) &&
	       vmr_pte_allows(pte | VMR_EPT_WRITE, access);
}

/**
 * vmr_pte_clean() - take the dirty flag out of an entry
 * @pte: the entry, a leaf
 *
 * Context: Any.
 * Return: the entry; a CPU that keeps dirty flags sets it with the first write.
 */
static inline u64 vmr_pte_clean(u64 pte)
{
	return pte & ~BIT_ULL(VMR_PTE_DIRTY_BIT);
}

/**
 * vmr_pte_includes() - whether an entry allows all that another one would
 * @old: the entry that is there
 * @new: the entry to be, a leaf
 * @level: their level
 *
 * Context: Any.
 * Return: true if @old maps the same memory, with no right less.
 */
bool vmr_pte_includes(u64 old, u64 new, unsigned int level);

/**
 * vmr_pte_may_become() - whether an entry may be replaced without a flush
 * @old: the entry that is there
 * @new: the entry to be
 * @level: their level
 *
 * Context: Any.
 * Return: true if nobody who still uses @old does what @new wouldn't let him.
 */
bool vmr_pte_may_become(u64 old, u64 new, unsigned int level);

/**
 * vmr_pte_fault() - find what makes an entry a misconfiguration
 * @pte: the entry
 * @level: its level
 * @rules: the CPU's
 *
 * "EPT Misconfigurations" in the manual's chapter on address translation.
 *
 * Context: Any.
 * Return: the rule that is broken, as text, or NULL.
 */
const char *vmr_pte_fault(u64 pte, unsigned int level,
			  const struct vmr_pte_rules *rules);

#endif
