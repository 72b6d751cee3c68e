// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the ioctls that get and set a vCPU's registers, MSRs and CPUID table. Called by
 * core/vcpu.c, which holds the vCPU's mutex.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <vmring.h>

#include "core/abi.h"
#include "core/regs.h"
#include "core/vmring.h"
#include "ring/area.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/caps.h"
#include "vmx/cpuid.h"
#include "vmx/cr.h"
#include "vmx/events.h"
#include "vmx/exit_msr.h"
#include "vmx/judge.h"
#include "vmx/msr.h"
#include "vmx/setup.h"
#include "vmx/sound.h"
#include "vmx/state.h"
#include "vmx/waiting.h"

/* What the next RUN would load counts as loaded. */
static void copy_pdptes(struct vmr_vcpu *vcpu, u64 *to)
{
	struct vmr_cr_state control = vmr_state_control(vcpu);

	memset(to, 0, sizeof(vcpu->state.pdpte));
	if (!vmr_cr_uses_pdptes(&control))
		return;
	if (!vcpu->pdptes_stale)
		memcpy(to, vcpu->state.pdpte, sizeof(vcpu->state.pdpte));
	else if (vmr_state_read_pdptes(vcpu, control.cr3, to))
		memset(to, 0, sizeof(vcpu->state.pdpte));
}

void vmr_regs_copy(struct vmr_vcpu *vcpu, u64 groups, struct vmr_state *to)
{
	vmr_state_copy(to, &vcpu->state, groups);
	if (groups & VMR_STATE_EVENTS)
		vmr_events_get(vcpu, &to->events);
	if (groups & VMR_STATE_PDPTES)
		copy_pdptes(vcpu, to->pdpte);
	if (groups & VMR_STATE_EXIT)
		vmr_waiting_get(vcpu, &to->exit);
}

long vmr_regs_get_state(struct vmr_vcpu *vcpu, void __user *arg)
{
	struct vmr_state_args args = {};
	int err;

	err = vmr_abi_get(arg, 0, &args, sizeof(args));
	if (err)
		return err;
	if (args.groups & ~VMR_STATE_ALL)
		return -EINVAL;
	if (args.groups & VMR_STATE_EXIT && vmr_area_posted_wait(&vcpu->area))
		return -ENOTEMPTY;
	err = vmr_burst_fetch(vcpu, args.groups);
	if (err)
		return err;
	vmr_regs_copy(vcpu, args.groups, &args.state);
	return vmr_abi_put_back(arg, &args, sizeof(args));
}

/* Whoever sends the guest elsewhere has no use for an exit that waits. */
int vmr_regs_set(struct vmr_vcpu *vcpu, u64 groups, const struct vmr_state *from)
{
	bool moved;
	int err;

	/* What a VMCS still knows better, or is going to skip, comes first. */
	err = vmr_burst_fetch(vcpu, groups);
	if (err)
		return err;
	moved = groups & VMR_STATE_REGS && !(groups & VMR_STATE_EXIT) &&
		from->rip != vcpu->state.rip;
	err = vmr_judge(vcpu, groups, from);
	if (!err && groups & VMR_STATE_EXIT)
		err = vmr_waiting_check(vcpu, &from->exit);
	if (err)
		return err;
	vmr_state_set(vcpu, groups, from);
	if (groups & VMR_STATE_EXIT)
		vmr_waiting_set(vcpu, &from->exit);
	if (moved)
		vmr_waiting_end(vcpu);
	return 0;
}

long vmr_regs_set_state(struct vmr_vcpu *vcpu, void __user *arg)
{
	struct vmr_state_args args = {};
	int err;

	err = vmr_abi_get(arg, 0, &args, sizeof(args));
	if (err)
		return err;
	if (args.groups & ~VMR_STATE_ALL)
		return -EINVAL;
	return vmr_regs_set(vcpu, args.groups, &args.state);
}

static const struct vmr_msr_desc *find(const struct vmr_vcpu *vcpu,
				       const struct vmr_msr *msr)
{
	const struct vmr_msr_desc *desc = vmr_msr_find(msr->index);

	if (!desc || msr->reserved || !vmr_msr_offered(desc, &vcpu->limits))
		return NULL;
	return desc;
}

static bool get_one(struct vmr_vcpu *vcpu, struct vmr_msr *msr)
{
	const struct vmr_msr_desc *desc = find(vcpu, msr);

	if (!desc)
		return false;
	msr->value = vmr_msr_read(vcpu, desc);
	return true;
}

/*
 * A single step that a shadow or HLT holds up is pending, or isn't, by what BTF is: VM
 * entry would refuse the other one.
 */
static bool changes_step(struct vmr_vcpu *vcpu, const struct vmr_msr_desc *desc,
			 u64 value)
{
	if (desc->index != SDM_IA32_DEBUGCTL)
		return false;
	vmr_state_read(vcpu, VMR_STATE_REGS | VMR_STATE_EVENTS);
	return vcpu->state.rflags & SDM_RFLAGS_TF && vmr_events_hold(vcpu) &&
	       (value ^ vmr_msr_read(vcpu, desc)) & SDM_DEBUGCTL_BTF;
}

static bool set_one(struct vmr_vcpu *vcpu, struct vmr_msr *msr)
{
	const struct vmr_msr_desc *desc = find(vcpu, msr);

	return desc && !changes_step(vcpu, desc, msr->value) &&
	       vmr_msr_write(vcpu, desc, msr->value);
}

/* All in one burst: at most VMR_MAX_MSRS accesses. */
static int do_each(struct vmr_vcpu *vcpu, struct vmr_msr *msrs, u32 count,
		   bool (*one)(struct vmr_vcpu *vcpu, struct vmr_msr *msr),
		   u32 *done)
{
	u32 i;
	int err;

	err = vmr_burst_begin(vcpu);
	if (err)
		return err;
	/* FS_BASE and GS_BASE are MSRs and segments, in the VMCS only once. */
	if (vcpu->dirty)
		vmr_state_write(vcpu);
	vcpu->known &= ~VMR_STATE_SEGMENTS;
	for (i = 0; i < count && one(vcpu, &msrs[i]); i++)
		;
	vmr_burst_end(vcpu);
	*done = i;
	return i < count ? -EINVAL : 0;
}

static long do_msrs(struct vmr_vcpu *vcpu, void __user *arg,
		    bool (*one)(struct vmr_vcpu *vcpu, struct vmr_msr *msr))
{
	struct vmr_msrs wanted = {};
	struct vmr_msr *msrs;
	size_t size;
	long err;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	if (wanted.count > VMR_MAX_MSRS)
		return -E2BIG;
	size = array_size(wanted.count, sizeof(*msrs));
	msrs = memdup_user(u64_to_user_ptr(wanted.msrs), size);
	if (IS_ERR(msrs))
		return PTR_ERR(msrs);
	wanted.done = 0;
	err = do_each(vcpu, msrs, wanted.count, one, &wanted.done);
	if (one == get_one &&
	    copy_to_user(u64_to_user_ptr(wanted.msrs), msrs, size))
		err = -EFAULT;
	kfree(msrs);
	return vmr_abi_put_back(arg, &wanted, sizeof(wanted)) ?: err;
}

long vmr_regs_get_msrs(struct vmr_vcpu *vcpu, void __user *arg)
{
	return do_msrs(vcpu, arg, get_one);
}

long vmr_regs_set_msrs(struct vmr_vcpu *vcpu, void __user *arg)
{
	return do_msrs(vcpu, arg, set_one);
}

/* What the guest may have by the new table is judged by what it has. */
static bool fits(struct vmr_vcpu *vcpu, const struct vmr_cr_limits *limits)
{
	return vmr_sound_values(limits, VMR_STATE_CONTROL, &vcpu->state);
}

static void take_cpuid(struct vmr_vcpu *vcpu, struct vmr_cpuid_table *table,
		       const struct vmr_cr_limits *limits)
{
	kvfree(vcpu->cpuid);
	vcpu->cpuid = table;
	vcpu->limits = *limits;
	vmr_state_update_cpuid(vcpu);
	vmr_state_changed(vcpu, VMR_STATE_CONTROL);
}

/* A VMCS without contents gets them with its first. */
static int write_masks(struct vmr_vcpu *vcpu, const struct vmr_cr_limits *limits)
{
	int err;

	if (!vcpu->vmcs_ready)
		return 0;
	err = vmr_burst_begin(vcpu);
	if (err)
		return err;
	vmr_setup_masks(limits);
	vmr_burst_end(vcpu);
	return 0;
}

static int build_cpuid(struct vmr_vcpu *vcpu,
		       const struct vmr_cpuid_entry *entries, u32 count)
{
	struct vmr_cpuid_table *table;
	struct vmr_cr_limits limits;
	int err;

	err = vmr_burst_fetch(vcpu, VMR_STATE_CONTROL);
	if (err)
		return err;
	table = kvzalloc(vmr_cpuid_table_size(count), GFP_KERNEL_ACCOUNT);
	if (!table)
		return -ENOMEM;
	err = vmr_cpuid_build(table, entries, count, vmr_setup_cpuid_host());
	if (err)
		goto err_free;
	vmr_cr_limits_init(&limits, table, vmr_caps);
	err = -EINVAL;
	if (!fits(vcpu, &limits))
		goto err_free;
	/* Which bits of CR0 and CR4 are the guest's own goes by what is offered. */
	err = write_masks(vcpu, &limits);
	if (err)
		goto err_free;
	take_cpuid(vcpu, table, &limits);
	return 0;

err_free:
	kvfree(table);
	return err;
}

/* A guest that has run may have seen what CPUID answers. */
long vmr_regs_set_cpuid(struct vmr_vcpu *vcpu, void __user *arg)
{
	struct vmr_cpuid_entry *entries;
	struct vmr_cpuid wanted = {};
	long err;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	if (wanted.reserved)
		return -EINVAL;
	if (wanted.count > VMR_MAX_CPUID)
		return -E2BIG;
	if (vcpu->ran)
		return -EBUSY;
	entries = memdup_user(u64_to_user_ptr(wanted.entries),
			      array_size(wanted.count, sizeof(*entries)));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	err = build_cpuid(vcpu, entries, wanted.count);
	kfree(entries);
	return err;
}
