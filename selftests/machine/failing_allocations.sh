#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each allocation that a load makes fails once (fault injection: the debug
# kernel): the load is refused, or succeeds without what it could do without,
# and everything is undone. Then each one of making and running a VM.

. "$(dirname "$0")/../lib/lib.sh"
need_root
need_probe
[ -e /proc/self/fail-nth ] || skip_all "this kernel has no fault injection"
! is_loaded || unload

# Every allocation, not only those that may fail anyhow; nothing in the log.
for kind in failslab fail_page_alloc; do
	[ -d "$debugfs/$kind" ] || skip_all "this kernel has no $kind"
	echo N >"$debugfs/$kind/ignore-gfp-wait"
	echo 0 >"$debugfs/$kind/verbose"
done
echo N >"$debugfs/fail_page_alloc/ignore-gfp-highmem"
echo 0 >"$debugfs/fail_page_alloc/min-order"

every_one() {
	"$here/fail_nth" >"$box/nth" || {
		say "$(cat "$box/nth")"
		fail "this load was not undone"
	}
	say "$(cat "$box/nth")"
	# It has read the log itself, of which the beginning is gone by now.
	klog_begin
}

each_of_a_vm() {
	load
	"$here/fail_nth_vm" >"$box/nth" || {
		say "$(cat "$box/nth")"
		fail "this was not undone"
	}
	say "$(cat "$box/nth")"
	unload
	klog_begin
}

afterwards() {
	load
	vmx_is on
	unload
	vmx_is off
}

run_tests every_one each_of_a_vm afterwards
