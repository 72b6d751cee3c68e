/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the fault injection that proves vmcs/check.c and the run loop's way out of
 * a failed entry. For the vCPU's thread, in a burst; in debug builds only.
 */
#ifndef VMR_VMCS_CORRUPT_H
#define VMR_VMCS_CORRUPT_H

/**
 * vmr_vmcs_corrupt() - spoil the current VMCS, if a test has asked for it
 *
 * Writes what the module parameter corrupt_field ("ENCODING VALUE") says into
 * the VMCS, once per writing of the parameter. Called just before an entry.
 *
 * Context: In a burst; does something in debug builds only.
 */
#ifdef VMR_DEBUG
void vmr_vmcs_corrupt(void);
#else
static inline void vmr_vmcs_corrupt(void)
{
}
#endif

#endif
