#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Suspend to RAM and resume: VMX is on again on every CPU. A real machine must
# have something that wakes it, so its owner has to say VMR_TEST_SUSPEND=1.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
[ -n "${VMR_TEST_SUSPEND-}" ] || skip_all "VMR_TEST_SUSPEND=1 allows tests to suspend this machine (something must wake it)"
grep -qw mem /sys/power/state || skip_all "this machine can't suspend to RAM"
if [ -e /sys/power/mem_sleep ]; then
	grep -q deep /sys/power/mem_sleep || skip_all "this machine has no deep sleep"
	echo deep >/sys/power/mem_sleep
fi

sleep_once() {
	echo mem >/sys/power/state
}

on_again() {
	rounds=${VMR_TEST_SUSPENDS:-1}
	say "$rounds times"
	while [ "$rounds" -gt 0 ]; do
		rounds=$((rounds - 1))
		sleep_once
		vmx_is on
		for each in $(cpus); do
			vmx_told "$each" 'VMX is on$'
		done
		klog_judge
	done
}

with_an_open_file() {
	exec 7</dev/vmring
	sleep_once
	vmx_is on
	exec 7<&-
	unload
	vmx_is off
	load
}

not_loaded() {
	unload
	sleep_once
	vmx_is off
	load
	vmx_is on
}

one_cpu_offline() {
	cpu=$(other_cpu)
	[ -n "$cpu" ] || skip "there is no CPU that could go offline"
	cpu_set "$cpu" 0
	sleep_once
	vmx_is on
	cpu_set "$cpu" 1
	vmx_is on
}

run_tests on_again with_an_open_file not_loaded one_cpu_offline
