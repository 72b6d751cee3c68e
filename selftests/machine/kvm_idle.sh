#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A KVM that turns VMX on with its first VM only (from 6.12 on, with
# kvm.enable_virt_at_load=0) can be loaded beside vmring; then its VMs are
# refused. The other way round, vmring is refused while such a VM lives.

. "$(dirname "$0")/../lib/lib.sh"
need_root
need_probe
[ "$(cat /sys/module/kvm/parameters/enable_virt_at_load 2>/dev/null || modinfo -F parm kvm | grep -c enable_virt_at_load)" != 0 ] ||
	skip_all "this KVM turns VMX on when it likes"
! is_loaded || unload

klog_judge() { klog_begin; }

beside() {
	modprobe kvm enable_virt_at_load=0
	modprobe kvm_intel
	vmx_is off
	load
	vmx_is on
}

no_vm() {
	if "$here/kvm_vm" >"$box/vm"; then
		fail "KVM made a VM beside vmring"
	fi
	equal KVM "$(cat "$box/vm")" "KVM_CREATE_VM: Device or resource busy"
	vmx_is on
}

vm_after_us() {
	unload
	vmx_is off
	equal KVM "$("$here/kvm_vm")" "a VM with a vCPU"
	vmx_is off
}

beside_a_vm() {
	mkfifo "$box/hold"
	"$here/kvm_vm" hold <"$box/hold" >"$box/held" &
	holder=$!
	exec 7>"$box/hold"
	until grep -q vCPU "$box/held"; do
		kill -0 $holder || fail "no VM: $(cat "$box/held")"
	done
	refuses "Device or resource busy" load
	klog_has '^vmring: KVM has VT-x'
	vmx_is on
	exec 7>&-
	wait $holder
	load
	vmx_is on
	unload
	vmx_is off
}

run_tests beside no_vm vm_after_us beside_a_vm
