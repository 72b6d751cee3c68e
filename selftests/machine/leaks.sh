#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Loads, unloads and misuses vmring, then lets the kernel look for memory that
# nobody refers to any more (kmemleak: the debug kernel, booted with kmemleak=on).

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
[ -w "$debugfs/kmemleak" ] || skip_all "this kernel has no kmemleak"

no_leak() {
	echo clear >"$debugfs/kmemleak"
	unload
	refuses "" load vmx=nonsense
	load
	cat "$debugfs/vmring/capabilities" >/dev/null
	exec 7</dev/vmring 7<&-
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

run_tests no_leak
