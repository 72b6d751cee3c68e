#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The burst rule: the debug build warns of an access to a VMCS outside of a burst. That
# it does so nowhere else, every other test on the debug build shows.

. "$(dirname "$0")/../lib/lib.sh"
need_root
VMR_MODULE=${VMR_DEBUG_MODULE:-/lab/debug/vmring.ko}
[ -e "$VMR_MODULE" ] || skip_all "there is no debug build of vmring (VMR_DEBUG_MODULE names it)"
! is_loaded || unload

# These complaints are what is to be shown.
klog_judge() { klog_begin; }

warns() {
	klog_begin
	echo "$1" >/sys/module/vmring/parameters/read_outside
	klog_has 'WARNING: .* vmr_vmcs_assert_burst'
}

# Each of them once for each load.
with_interrupts_on() { load; warns 1; unload; }
with_interrupts_off() { load; warns 0; unload; }

run_tests with_interrupts_on with_interrupts_off
