#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# vmring was here first: KVM is refused, vmring goes on, and once it is unloaded
# KVM works. The kernel's reboot code prints a WARNING when KVM registers its
# callback for a crash beside ours, and one when it takes it back: the case that
# runs this excuses them by name.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe

# What KVM's refused load leaves in the log is for the lab to judge.
klog_judge() { klog_begin; }

refused() {
	refuses "Device or resource busy" modprobe kvm_intel
	vmx_is on
	[ ! -e /dev/kvm ] || fail "KVM is there all the same"
}

vmring_goes_on() {
	vmx_is on
	cpu=$(other_cpu)
	if [ -n "$cpu" ]; then
		cpu_set "$cpu" 0
		cpu_set "$cpu" 1
		vmx_is on
	fi
	unload
	vmx_is off
	load
	vmx_is on
}

kvm_after_us() {
	unload
	vmx_is off
	modprobe kvm_intel
	equal KVM "$("$here/kvm_vm")" "a VM with a vCPU"
	modprobe -r kvm_intel
	vmx_is off
}

and_back() {
	load
	vmx_is on
	unload
	vmx_is off
}

run_tests refused vmring_goes_on kvm_after_us and_back
