#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own test of suspend: each level goes a step further towards
# sleep, and back. Only the last two reach CPUs and syscore.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
[ -w /sys/power/pm_test ] || skip_all "this kernel has no pm_test (CONFIG_PM_DEBUG)"
grep -qw mem /sys/power/state || skip_all "this machine can't suspend to RAM"
[ -n "${VMR_TEST_SUSPEND-}" ] || skip_all "VMR_TEST_SUSPEND=1 allows tests to suspend this machine"

delay=/sys/module/suspend/parameters/pm_test_delay
was=$(cat $delay)
echo 0 >$delay
at_exit() {
	echo "$was" >$delay
	echo none >/sys/power/pm_test
}

level() {
	grep -qw "$1" /sys/power/pm_test || skip "no level $1"
	echo "$1" >/sys/power/pm_test
	echo mem >/sys/power/state
	vmx_is on
	for each in $(cpus); do
		vmx_told "$each" 'VMX is on$'
	done
}

freezer() { level freezer; }
devices() { level devices; }
platform() { level platform; }
processors() { level processors; }
core() { level core; }
unload_after() { unload; vmx_is off; load; vmx_is on; }

run_tests freezer devices platform processors core unload_after
