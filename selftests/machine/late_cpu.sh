#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# VMXON fails on a CPU that comes online while vmring is loaded. Where the kernel
# lets that fail, the CPU stays offline; 6.1's doesn't, so the CPU is there, is
# marked, and no guest may run on it.

. "$(dirname "$0")/../lib/lib.sh"
need_root
need_probe
VMR_MODULE=${VMR_DEBUG_MODULE:-/lab/debug/vmring.ko}
[ -e "$VMR_MODULE" ] || skip_all "there is no debug build of vmring (VMR_DEBUG_MODULE names it)"
cpu=$(other_cpu)
[ -n "$cpu" ] || skip_all "there is no CPU that could go offline"
fail_cpu=/sys/module/vmring/parameters/fail_vmxon_cpu
! is_loaded || unload
load

# The state that vmring holds tells which kind of kernel this is: those of a
# number below "ap:online" may not fail.
state=$(sed -n 's/^ *\([0-9]*\): vmring:online$/\1/p' /sys/devices/system/cpu/hotplug/states)
online=$(sed -n 's/^ *\([0-9]*\): ap:online$/\1/p' /sys/devices/system/cpu/hotplug/states)

comes_online() {
	[ -n "$state" ] && [ -n "$online" ] || fail "hotplug states: '$state', '$online'"
	cpu_set "$cpu" 0
	echo "$cpu" >"$fail_cpu"
	if [ "$state" -lt "$online" ]; then
		say "this kernel lets no CPU fail here"
		cpu_set "$cpu" 1
		klog_has "^vmring: CPU $cpu comes online without VMX, no guest can run there: VMXON failed\$"
		vmx_is off "$cpu"
		vmx_is on 0
		vmx_told "$cpu" 'VMXON failed$'
	else
		say "this kernel lets a CPU fail here"
		refuses "Input/output error|I/O error" cpu_set "$cpu" 1
		klog_has "^vmring: CPU $cpu can't come online while vmring is loaded: VMXON failed\$"
		! cpu_is_online "$cpu" || fail "CPU $cpu is online all the same"
		vmx_is on 0
	fi
}

goes_again() {
	! cpu_is_online "$cpu" || cpu_set "$cpu" 0
	echo -1 >"$fail_cpu"
	cpu_set "$cpu" 1
	vmx_is on
	vmx_told "$cpu" 'VMX is on$'
}

unloads() {
	cpu_set "$cpu" 0
	echo "$cpu" >"$fail_cpu"
	cpu_set "$cpu" 1 2>/dev/null || :
	unload
	vmx_is off
	cpu_is_online "$cpu" || cpu_set "$cpu" 1
	vmx_is off
}

run_tests comes_online goes_again unloads
