#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# KVM was here first: vmring is refused and says what to do, KVM goes on, and
# once it is unloaded vmring has VMX.

. "$(dirname "$0")/../lib/lib.sh"
need_root
need_probe
! is_loaded || skip_all "vmring is loaded already"

refused() {
	modprobe kvm_intel
	refuses "Device or resource busy" load
	klog_has '^vmring: KVM has VT-x: unload it \(modprobe -r kvm_intel kvm\), then load vmring again$'
	! is_loaded || fail "vmring is loaded all the same"
}

kvm_goes_on() {
	equal KVM "$("$here/kvm_vm")" "a VM with a vCPU"
}

refused_beside_a_vm() {
	mkfifo "$box/hold"
	"$here/kvm_vm" hold <"$box/hold" >"$box/held" &
	holder=$!
	exec 7>"$box/hold"
	until grep -q vCPU "$box/held"; do
		kill -0 $holder || fail "no VM: $(cat "$box/held")"
	done
	vmx_is on
	refuses "Device or resource busy" load
	vmx_is on
	exec 7>&-
	wait $holder
}

after_kvm() {
	modprobe -r kvm_intel
	vmx_is off
	load
	vmx_is on
	unload
	vmx_is off
}

# No WARNING this time: nothing that vmring registered has stayed.
kvm_again() {
	modprobe kvm_intel
	equal KVM "$("$here/kvm_vm")" "a VM with a vCPU"
	modprobe -r kvm_intel
	vmx_is off
}

run_tests refused kvm_goes_on refused_beside_a_vm after_kvm kvm_again
