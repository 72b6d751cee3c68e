/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns /dev/vmring. For core/main.c.
 */
#ifndef VMR_CORE_DEV_H
#define VMR_CORE_DEV_H

/**
 * vmr_dev_init() - make the device appear
 *
 * Context: Process, last of all: user space may call before it returns.
 * Return: 0 or a negative errno of misc_register().
 */
int vmr_dev_init(void);

/**
 * vmr_dev_exit() - make the device disappear
 *
 * Context: Process. No file is open: each holds the module.
 */
void vmr_dev_exit(void);

#endif
