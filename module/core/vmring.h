/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what every part may know: the release's number and the order of locks.
 * The one header of core/ that files to its right may include.
 */
#ifndef VMR_CORE_VMRING_H
#define VMR_CORE_VMRING_H

#include <linux/stringify.h>

/* The release, VMR_VERSION_MAJOR and so on, is Kbuild's: from the file VERSION. */
#define VMR_VERSION			\
	__stringify(VMR_VERSION_MAJOR) "."	\
	__stringify(VMR_VERSION_MINOR) "."	\
	__stringify(VMR_VERSION_PATCH)

/*
 * The order of locks: one further down is taken while one further up is held,
 * never the other way round. What isn't listed is a leaf. docs/locking.md says
 * what each is for.
 *
 *	the kernel's reboot notifier chain	around vmx/cpu.c reboot()
 *	cpus_read_lock()			vmx/cpu.c, load and unload
 *	interrupts off on one CPU		vmx/vmxon.c, enter and leave
 *	vmr_ept.slots_lock			ept/slots.c
 *	the process's mmap_lock and below	ept/host.c; around ept/notifier.c
 *	vmr_ept.lock				ept/
 */

#endif
