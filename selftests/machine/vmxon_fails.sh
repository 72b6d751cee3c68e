#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# VMXON fails on one CPU of several (the debug build can be told so): the load
# fails with the reason, and everything is undone on all of them.

. "$(dirname "$0")/../lib/lib.sh"
need_root
need_probe
VMR_MODULE=${VMR_DEBUG_MODULE:-/lab/debug/vmring.ko}
[ -e "$VMR_MODULE" ] || skip_all "there is no debug build of vmring (VMR_DEBUG_MODULE names it)"
[ -n "$(other_cpu)" ] || skip_all "there is one CPU only"
! is_loaded || unload

fails_on() {
	refuses "Input/output error" load "fail_vmxon_cpu=$1"
	klog_has "^vmring: CPU $1: VMXON failed\$"
	! is_loaded || fail "vmring is loaded all the same"
	[ ! -e /dev/vmring ] || fail "/dev/vmring is there all the same"
	! grep -q vmring: /sys/devices/system/cpu/hotplug/states ||
		fail "the hotplug state is still taken"
	vmx_is off
}

first_cpu() { fails_on 0; }
last_cpu() { fails_on "$(other_cpu)"; }

# A CPU that comes and goes meets no hook that was left behind.
hotplug_afterwards() {
	cpu=$(other_cpu)
	cpu_set "$cpu" 0
	cpu_set "$cpu" 1
	vmx_is off
}

kvm_afterwards() {
	modprobe kvm_intel
	equal KVM "$("$here/kvm_vm")" "a VM with a vCPU"
	modprobe -r kvm_intel
	vmx_is off
}

vmring_afterwards() {
	load
	vmx_is on
	unload
	vmx_is off
}

run_tests first_cpu last_cpu hotplug_afterwards kvm_afterwards vmring_afterwards
