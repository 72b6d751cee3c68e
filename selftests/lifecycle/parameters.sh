#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module's parameters: told by modinfo, shown in /sys, and a wrong value is
# refused with a sentence and changes nothing.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe

modinfo_tells() {
	what=${VMR_MODULE:-vmring}
	[ -n "$(modinfo -F description "$what")" ] || fail "no description"
	equal license "$(modinfo -F license "$what")" GPL
	equal version "$(modinfo -F version "$what")" "$(cat /sys/module/vmring/version)"
	modinfo -F parm "$what" | grep -q '^vmx:.*owner' || fail "modinfo doesn't explain vmx="
}

the_default() {
	equal vmx "$(cat /sys/module/vmring/parameters/vmx)" owner
	if echo auto 2>/dev/null >/sys/module/vmring/parameters/vmx; then
		fail "vmx can be changed while vmring is loaded"
	fi
}

owner() {
	unload
	load vmx=owner
	vmx_is on
}

# refused VALUE ERROR LOG
refused() {
	unload
	refuses "$2" load "vmx=$1"
	klog_has "$3"
	vmx_is off
	! is_loaded || fail "vmring is loaded all the same"
	load
}

borrowed() { refused borrowed "Operation not supported" '^vmring: vmx=borrowed is not built yet'; }
auto() { refused auto "Operation not supported" '^vmring: vmx=auto is not built yet'; }
nonsense() { refused nonsense "Invalid " '^vmring: vmx=nonsense means nothing'; }
empty() { refused "" "Invalid " '^vmring: vmx= means nothing'; }
prefix() { refused own "Invalid " '^vmring: vmx=own means nothing'; }

run_tests modinfo_tells the_default owner borrowed auto nonsense empty prefix
