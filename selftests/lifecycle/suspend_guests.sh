#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The machine sleeps while guests run on it.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe

asleep_and_awake() {
	[ -n "${VMR_TEST_SUSPEND-}" ] || skip "VMR_TEST_SUSPEND=1 allows tests to suspend this machine (something must wake it)"
	grep -qw deep /sys/power/mem_sleep 2>/dev/null || skip "this machine has no deep sleep"
	echo deep >/sys/power/mem_sleep
	guests_start
	echo mem >/sys/power/state
	echo mem >/sys/power/state
	vmx_is on
	guests_finish
}

run_tests asleep_and_awake
