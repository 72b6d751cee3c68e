#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# VMXON fails on the boot CPU at resume, where nothing can fail: the CPU is
# marked, the log says so, and the rest goes on.

. "$(dirname "$0")/../lib/lib.sh"
need_root
need_probe
VMR_MODULE=${VMR_DEBUG_MODULE:-/lab/debug/vmring.ko}
[ -e "$VMR_MODULE" ] || skip_all "there is no debug build of vmring (VMR_DEBUG_MODULE names it)"
[ -n "${VMR_TEST_SUSPEND-}" ] || skip_all "VMR_TEST_SUSPEND=1 allows tests to suspend this machine"
! is_loaded || unload
load

boot_cpu() {
	echo 0 >/sys/module/vmring/parameters/fail_vmxon_cpu
	echo deep >/sys/power/mem_sleep
	echo mem >/sys/power/state
	klog_has '^vmring: CPU 0 woke up without VMX, no guest can run there: VMXON failed$'
	vmx_is off 0
	vmx_told 0 'VMXON failed$'
	for each in $(cpus); do
		[ "$each" = 0 ] || vmx_is on "$each"
	done
}

next_time() {
	echo -1 >/sys/module/vmring/parameters/fail_vmxon_cpu
	echo mem >/sys/power/state
	vmx_is on
	vmx_told 0 'VMX is on$'
}

unloads() {
	echo 0 >/sys/module/vmring/parameters/fail_vmxon_cpu
	echo mem >/sys/power/state
	unload
	vmx_is off
	load
	vmx_is on
}

run_tests boot_cpu next_time unloads
