#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Loads, unloads and misuses vmring, then VMs and vCPUs, and each time lets the kernel
# look for memory that nobody refers to any more (kmemleak: the debug kernel, booted
# with kmemleak=on).

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
[ -w "$debugfs/kmemleak" ] || skip_all "this kernel has no kmemleak"

# Unloaded, nothing of vmring's own can refer to what it has left behind.
no_leak_now() {
	unload
	# What was freed a moment ago may still look referenced, and the other way
	# round: kmemleak itself waits for a second scan before it is sure.
	echo scan >"$debugfs/kmemleak"
	echo scan >"$debugfs/kmemleak"
	cat "$debugfs/kmemleak" >"$box/leaks"
	[ ! -s "$box/leaks" ] || {
		head -n 40 "$box/leaks" | sed 's/^/# /'
		fail "memory leaked"
	}
	load
}

no_leak() {
	echo clear >"$debugfs/kmemleak"
	unload
	refuses "" load vmx=nonsense
	load
	cat "$debugfs/vmring/capabilities" >/dev/null
	exec 7</dev/vmring 7<&-
	no_leak_now
}

# VMs of each kind: run, faulted, moved, logged, with devices, killed, destroyed.
no_leak_of_guests() {
	echo clear >"$debugfs/kmemleak"
	for program in guest/io guest/device guest/state guest/vcpus ept/memory ept/sizes ept/dirty \
			abi/calls; do
		"$here/../$program" >"$box/told" 2>&1 || {
			tail -n 20 "$box/told" | sed 's/^/# /'
			fail "$program failed"
		}
	done
	VMR_TEST_MOVE=1 "$here/../guest/io" >"$box/told" 2>&1 || fail "moving guests failed"
	guest_loop=$here/../lifecycle/guest_loop
	guests_start
	kill -9 "$guests"
	wait "$guests" || guests=
	no_leak_now
}

run_tests no_leak no_leak_of_guests
