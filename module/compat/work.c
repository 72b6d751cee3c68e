// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the call of the kernel's work before a guest is entered. Called by vmx/run.c
 * in process context.
 */
#include <linux/kvm_host.h>

#include "compat/compat.h"
#include "compat/work.h"

#ifdef VMR_HAVE_XFER_TO_GUEST_VCPU

/* It notes a signal in a vCPU of KVM's: in this one nobody looks. */
static struct kvm_run nobodys_run;
static struct kvm_vcpu nobody = { .run = &nobodys_run };

int vmr_work_before_guest(void)
{
	return xfer_to_guest_mode_handle_work(&nobody);
}
#else
int vmr_work_before_guest(void)
{
	return xfer_to_guest_mode_handle_work();
}
#endif
