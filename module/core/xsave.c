// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the ioctls that get and set a vCPU's FPU. Called by core/vcpu.c, which holds
 * the vCPU's mutex: outside of RUN the guest's FPU is in memory.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>

#include <vmring.h>

#include "core/abi.h"
#include "core/vmring.h"
#include "core/xsave.h"
#include "vmx/arch.h"

#define LONGEST		(16 * PAGE_SIZE)
#define INIT_MXCSR	0x1f80
#define INIT_FCW	0x037f
/* What every CPU has: the image always tells of them, and of MXCSR with them. */
#define BASIC		(SDM_XCR0_X87 | SDM_XCR0_SSE)

static u32 length_of(const struct vmr_vcpu *vcpu)
{
	return max_t(u32, vcpu->fpu.fpstate->user_size, sizeof(struct xregs_state));
}

static u64 components_of(const struct vmr_vcpu *vcpu)
{
	return (vcpu->limits.xcr0_allowed | BASIC) &
	       vcpu->fpu.fpstate->user_xfeatures;
}

/*
 * The kernel tells MXCSR with the vector registers only, but XSAVE has it by itself,
 * unless it compacts.
 */
static u32 mxcsr_of(const struct vmr_vcpu *vcpu)
{
	const struct xregs_state *regs = &vcpu->fpu.fpstate->regs.xsave;

	if (regs->header.xcomp_bv & XCOMP_BV_COMPACTED_FORMAT &&
	    !(regs->header.xfeatures & SDM_XCR0_SSE))
		return INIT_MXCSR;
	return regs->i387.mxcsr;
}

static void make_image(struct vmr_vcpu *vcpu, struct xregs_state *image, u32 length)
{
	u32 mxcsr = mxcsr_of(vcpu);

	fpu_copy_guest_fpstate_to_uabi(&vcpu->fpu, image, length,
				       components_of(vcpu), 0);
	image->i387.mxcsr = mxcsr;
	image->header.xfeatures |= BASIC;
	/* The kernel's own notes for signal frames. */
	memset(image->i387.sw_reserved, 0, sizeof(image->i387.sw_reserved));
}

static void init_x87(struct fxregs_state *legacy)
{
	memset(legacy, 0, offsetof(struct fxregs_state, mxcsr));
	memset(legacy->st_space, 0, sizeof(legacy->st_space));
	legacy->cwd = INIT_FCW;
}

/* Components that aren't there are as after a reset, but MXCSR is there in any case. */
static int load_image(struct vmr_vcpu *vcpu, struct xregs_state *image)
{
	struct xstate_header *header = &image->header;
	u32 pkru;

	if (header->xfeatures & ~components_of(vcpu) || header->xcomp_bv ||
	    memchr_inv(header->reserved, 0, sizeof(header->reserved)))
		return -EINVAL;
	if (!(header->xfeatures & SDM_XCR0_X87))
		init_x87(&image->i387);
	if (!(header->xfeatures & SDM_XCR0_SSE))
		memset(image->i387.xmm_space, 0, sizeof(image->i387.xmm_space));
	header->xfeatures |= BASIC;
	return fpu_copy_uabi_to_guest_fpstate(&vcpu->fpu, image,
					      components_of(vcpu), &pkru);
}

static int get_args(void __user *arg, struct vmr_xsave *args)
{
	int err;

	err = vmr_abi_get(arg, 0, args, sizeof(*args));
	if (!err && args->reserved)
		err = -EINVAL;
	return err;
}

long vmr_xsave_get(struct vmr_vcpu *vcpu, void __user *arg)
{
	u32 room, length = length_of(vcpu);
	struct vmr_xsave args = {};
	struct xregs_state *image;
	int err;

	err = get_args(arg, &args);
	if (err)
		return err;
	room = args.length;
	args.length = length;
	err = vmr_abi_put_back(arg, &args, sizeof(args));
	if (err || room < length)
		return err ?: -E2BIG;
	/* Without XSAVE the kernel fills in the legacy region alone. */
	image = kvmalloc(length, GFP_KERNEL_ACCOUNT |
			 (boot_cpu_has(X86_FEATURE_XSAVE) ? 0 : __GFP_ZERO));
	if (!image)
		return -ENOMEM;
	make_image(vcpu, image, length);
	if (copy_to_user(u64_to_user_ptr(args.image), image, length))
		err = -EFAULT;
	kvfree(image);
	return err;
}

static int copy_image(struct xregs_state *image, const struct vmr_xsave *args, u32 length)
{
	if (args->length < length || args->length > LONGEST)
		return -E2BIG;
	return copy_struct_from_user(image, length, u64_to_user_ptr(args->image),
				     args->length);
}

long vmr_xsave_set(struct vmr_vcpu *vcpu, void __user *arg)
{
	u32 length = length_of(vcpu);
	struct vmr_xsave args = {};
	struct xregs_state *image;
	int err;

	err = get_args(arg, &args);
	if (err)
		return err;
	image = kvmalloc(length, GFP_KERNEL_ACCOUNT);
	if (!image)
		return -ENOMEM;
	err = copy_image(image, &args, length);
	if (!err)
		err = load_image(vcpu, image);
	kvfree(image);
	if (err != -E2BIG)
		return err;
	args.length = length;
	return vmr_abi_put_back(arg, &args, sizeof(args)) ?: err;
}
