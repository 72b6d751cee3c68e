/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the registration for suspend, resume and shutdown of the last CPU
 * (syscore operations), whose kernel interface has changed. For vmx/cpu.c.
 */
#ifndef VMR_COMPAT_SYSCORE_H
#define VMR_COMPAT_SYSCORE_H

/**
 * struct vmr_syscore - what is called on the last CPU, with interrupts off
 * @suspend: before the machine sleeps
 * @resume: after it woke up
 * @shutdown: before a reboot or power-off (interrupts may be on)
 */
struct vmr_syscore {
	void (*suspend)(void);
	void (*resume)(void);
	void (*shutdown)(void);
};

/**
 * vmr_syscore_register() - be called from now on
 * @calls: must stay until vmr_syscore_unregister(); one user at a time
 *
 * Context: Process, may sleep.
 */
void vmr_syscore_register(const struct vmr_syscore *calls);

/**
 * vmr_syscore_unregister() - be called no longer
 *
 * Context: Process, may sleep.
 */
void vmr_syscore_unregister(void);

#endif
