/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the kernel's work before a guest is entered: rescheduling, signals, task work,
 * restartable sequences. The kernel's function for it has changed. For vmx/run.c.
 */
#ifndef VMR_COMPAT_WORK_H
#define VMR_COMPAT_WORK_H

/**
 * vmr_work_before_guest() - do what is pending for the current thread
 *
 * Context: Process, may sleep.
 * Return: 0, or -EINTR if a signal is pending.
 */
int vmr_work_before_guest(void);

#endif
