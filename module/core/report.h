/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what a person can read about vmring in debugfs. For core/main.c.
 */
#ifndef VMR_CORE_REPORT_H
#define VMR_CORE_REPORT_H

struct dentry;

/**
 * vmr_report_init() - make the folder vmring appear in debugfs
 *
 * A kernel without debugfs, or a debugfs that fails, costs the report only.
 *
 * Context: Process, after vmr_cpu_init().
 */
void vmr_report_init(void);

/**
 * vmr_report_exit() - make it disappear
 *
 * Context: Process; waits for readers.
 */
void vmr_report_exit(void);

/**
 * vmr_report_folder() - the folder vmring in debugfs
 *
 * Context: Any, between vmr_report_init() and vmr_report_exit().
 * Return: it, or what debugfs returns for an error, which it takes back.
 */
struct dentry *vmr_report_folder(void);

#endif
