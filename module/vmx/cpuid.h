/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what CPUID answers a guest: the table of a vCPU, made when user space sets
 * it, and the list of what may be offered at all. Pure: no kernel dependency;
 * selftests/unit compiles it in user space.
 */
#ifndef VMR_VMX_CPUID_H
#define VMR_VMX_CPUID_H

#include <linux/types.h>

#include <vmring.h>

struct vmr_controls;

/**
 * struct vmr_cpuid_answer - what a CPUID instruction returns
 * @eax: EAX
 * @ebx: EBX
 * @ecx: ECX
 * @edx: EDX
 */
struct vmr_cpuid_answer {
	u32 eax;
	u32 ebx;
	u32 ecx;
	u32 edx;
};

/**
 * struct vmr_cpuid_leaf - one line of a vCPU's table
 * @key: leaf in bits 63:32, subleaf in 31:0
 * @subleaves: the answer depends on ECX
 * @answer: the answer
 */
struct vmr_cpuid_leaf {
	u64 key;
	bool subleaves;
	struct vmr_cpuid_answer answer;
};

/**
 * struct vmr_cpuid_host - what decides on what a guest may be offered
 * @controls: the control words that vCPUs run with
 * @xcr0: the state components that the host's kernel switches
 * @phys_bits: the most bits of a guest-physical address
 */
struct vmr_cpuid_host {
	const struct vmr_controls *controls;
	u64 xcr0;
	u8 phys_bits;
};

#define VMR_CPUID_DIRECT	32
#define VMR_CPUID_RANGES	4

/**
 * struct vmr_cpuid_table - what CPUID answers one vCPU
 * @direct: the answer to leaf (range << 30) + n; NULL where it depends on ECX
 * @count: how many of @leaves
 * @highest_basic: the leaf that answers for numbers outside of all ranges
 * @basic: CPUID.01H in @leaves, NULL if there is none; the same for the next
 * @extended: CPUID.(07H, 0)
 * @xsave: CPUID.(0DH, 0)
 * @xsave_compacted: CPUID.(0DH, 1)
 * @syscall: CPUID.80000001H in @leaves, NULL if it doesn't have SYSCALL
 * @apic: CPUID.01H:EDX.APIC as the table has it
 * @made: the answer to a leaf that has no line and isn't all zeroes
 * @leaves: all lines, sorted by key
 *
 * Only by the vCPU's thread, or before it runs. Not to be moved: made in
 * vmr_cpuid_table_size() bytes.
 */
struct vmr_cpuid_table {
	const struct vmr_cpuid_answer *direct[VMR_CPUID_RANGES][VMR_CPUID_DIRECT];
	u32 count;
	u32 highest_basic;
	struct vmr_cpuid_answer *basic;
	struct vmr_cpuid_answer *extended;
	struct vmr_cpuid_answer *xsave;
	struct vmr_cpuid_answer *xsave_compacted;
	struct vmr_cpuid_answer *syscall;
	bool apic;
	struct vmr_cpuid_answer made;
	struct vmr_cpuid_leaf leaves[];
};

/**
 * vmr_cpuid_table_size() - say how long a table is
 * @count: of how many entries; no more than VMR_MAX_CPUID
 *
 * Context: Any.
 * Return: bytes.
 */
static inline size_t vmr_cpuid_table_size(u32 count)
{
	return sizeof(struct vmr_cpuid_table) + count * sizeof(struct vmr_cpuid_leaf);
}

/**
 * vmr_cpuid_build() - make a vCPU's table
 * @table: the table, with room for @count lines; undefined after an error
 * @entries: what user space wants
 * @count: how many
 * @host: what may be offered; the rest is hidden
 *
 * The bits that depend on the guest's state are as after a reset: call
 * vmr_cpuid_set_guest_bits() if it is another one.
 *
 * Context: Any.
 * Return: 0; -E2BIG for more than VMR_MAX_CPUID; -EINVAL for unknown flags, reserved
 *	   bits, a subleaf without VMR_CPUID_SUBLEAF, the same leaf (and subleaf)
 *	   twice, or a leaf both with and without VMR_CPUID_SUBLEAF.
 */
int vmr_cpuid_build(struct vmr_cpuid_table *table,
		    const struct vmr_cpuid_entry *entries, u32 count,
		    const struct vmr_cpuid_host *host);

/**
 * vmr_cpuid_known() - look for a line of a table
 * @table: the table
 * @leaf: EAX
 * @subleaf: ECX; doesn't matter for a leaf without subleaves
 *
 * Context: Any.
 * Return: the answer, NULL if the table has no such line.
 */
const struct vmr_cpuid_answer *
vmr_cpuid_known(const struct vmr_cpuid_table *table, u32 leaf, u32 subleaf);

/**
 * vmr_cpuid_find_any() - answer CPUID where vmr_cpuid_find_direct() can't
 * @table: the vCPU's table
 * @leaf: EAX
 * @subleaf: ECX
 * @in_64bit: the guest is in 64-bit mode: SYSCALL
 *
 * Context: the vCPU's thread.
 * Return: the answer, good until the next call; never NULL.
 */
const struct vmr_cpuid_answer *
vmr_cpuid_find_any(struct vmr_cpuid_table *table, u32 leaf, u32 subleaf,
		   bool in_64bit);

/**
 * vmr_cpuid_find_direct() - answer a guest's CPUID, if that depends on EAX alone
 * @table: the vCPU's table
 * @leaf: EAX
 *
 * The index can't leave the array whatever the guest's EAX is, executed or
 * speculated: no array_index_nospec() needed.
 *
 * Context: the vCPU's thread.
 * Return: the answer, good until the next call; NULL: it takes vmr_cpuid_find_any().
 */
static __always_inline const struct vmr_cpuid_answer *
vmr_cpuid_find_direct(const struct vmr_cpuid_table *table, u32 leaf)
{
	if (leaf & (0x3fffffffU & ~(VMR_CPUID_DIRECT - 1)))
		return NULL;
	return table->direct[leaf >> 30][leaf & (VMR_CPUID_DIRECT - 1)];
}

/**
 * vmr_cpuid_set_guest_bits() - keep right what depends on the guest's state
 * @table: the vCPU's table
 * @cr4: the guest's CR4: OSXSAVE, OSPKE
 * @xcr0: the guest's XCR0: the sizes in leaf 0DH
 * @apic_base: the guest's IA32_APIC_BASE: APIC
 *
 * Context: the vCPU's thread, or before it runs.
 */
void vmr_cpuid_set_guest_bits(struct vmr_cpuid_table *table, u64 cr4, u64 xcr0,
			      u64 apic_base);

/**
 * vmr_cpuid_hide() - take out of an entry what a guest may not be offered
 * @entry: a leaf
 * @host: what may be offered
 *
 * Context: Any.
 */
void vmr_cpuid_hide(struct vmr_cpuid_entry *entry,
		    const struct vmr_cpuid_host *host);

/**
 * typedef vmr_cpuid_read - execute CPUID
 * @leaf: EAX
 * @subleaf: ECX
 * @answer: where to
 */
typedef void (*vmr_cpuid_read)(u32 leaf, u32 subleaf,
			       struct vmr_cpuid_answer *answer);

/**
 * vmr_cpuid_offer() - list what this host can offer a guest
 * @entries: where to
 * @count: room in @entries
 * @host: what may be offered
 * @read: executes CPUID; must be the same CPU for all calls
 *
 * What it lists is a table that vmr_cpuid_build() takes as it is: the first vCPU's,
 * with the APIC ID 0 and the bit that tells of a hypervisor. Leaves of zeroes are left
 * out.
 *
 * Context: as @read.
 * Return: how many entries there are; those beyond @count aren't stored.
 */
u32 vmr_cpuid_offer(struct vmr_cpuid_entry *entries, u32 count,
		    const struct vmr_cpuid_host *host, vmr_cpuid_read read);

#endif
