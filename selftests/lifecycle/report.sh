#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The capability report: in debugfs and, its features, in the kernel's log.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
report=$debugfs/vmring/capabilities
[ -e "$debugfs/vmrprobe" ] || skip_all "debugfs is not mounted"

first_line() {
	equal "first line" "$(head -n 1 "$report")" "vmring $(cat /sys/module/vmring/version)"
}

features() {
	grep -q '^found: ept.*; missing:' "$report" || fail "no line of features"
	for feature in ept unrestricted-guest virtual-nmis msr-bitmaps; do
		grep -q "^found:.* ${feature}[ ;].*missing:" "$report" || fail "$feature is not among those found"
	done
	# Each is found or missing, and none is both.
	equal "features told twice" "$(sed -n '/^found:/s/found:\|; missing:/ /gp' "$report" |
		tr -s ' ' '\n' | sort | uniq -d)" ""
}

same_as_the_log() {
	unload
	load
	klog_has "^vmring: VT-x $(grep '^found:' "$report" | sed 's/[][\\.*^$]/\\&/g')\$"
}

# What the CPU itself says of some of them (Linux's names on the left).
same_as_cpuinfo() {
	flags=$(sed -n 's/^vmx flags[^:]*: //p' /proc/cpuinfo | head -n 1)
	[ -n "$flags" ] || skip "this kernel doesn't list the flags of VT-x"
	for pair in ept:ept vpid:vpid ept_ad:ept-ad ept_1gb:ept-1g pml:pml shadow_vmcs:shadow-vmcs \
		unrestricted_guest:unrestricted-guest preemption_timer:preemption-timer \
		posted_intr:posted-interrupts vapic_reg:apic-register-virt vid:virtual-interrupt-delivery \
		tsc_scaling:tsc-scaling usr_wait_pause:umwait mtf:monitor-trap-flag \
		ept_mode_based_exec:ept-mode-based-exec ple:pause-loop-exiting; do
		linux=missing
		! echo " $flags " | grep -q " ${pair%:*} " || linux=found
		ours=missing
		! grep -q "^found:.* ${pair#*:}[ ;].*missing:" "$report" || ours=found
		equal "${pair#*:}" "$ours" "$linux"
	done
}

controls() {
	for word in pin proc proc2 exit entry; do
		line=$(grep -E "^controls $word +must" "$report") || fail "no line for $word"
		# shellcheck disable=SC2086  # words
		set -- $line
		must=$4 may=$6 set=$8
		[ $((must & ~may)) = 0 ] || fail "$line: must, but may not"
		[ $((set & ~may)) = 0 ] || fail "$line: set, but may not"
		[ $((must & ~set)) = 0 ] || fail "$line: must, but isn't set"
	done
}

every_cpu() {
	equal "CPUs told" "$(sed -n 's/^cpu \([0-9]*\): VMX is on$/\1/p' "$report" | tr '\n' ' ')" \
		"$(vmx_enabled | sed 's/ 1$//' | tr '\n' ' ')"
}

root_only() {
	equal "who may read it" "$(stat -c %a "$report")" 400
}

run_tests first_line features same_as_the_log same_as_cpuinfo controls every_cpu root_only
