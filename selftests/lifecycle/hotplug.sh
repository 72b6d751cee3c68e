#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CPUs that go offline and come online, with vmring loaded and not: a CPU that
# goes leaves VMX operation (it couldn't be started again otherwise), one that
# comes enters it. rounds.c has the great loop.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
cpu=$(other_cpu)
[ -n "$cpu" ] || skip_all "there is no CPU that could go offline"

told() {
	cpu_set "$cpu" 0
	vmx_is on
	! grep -q "^cpu $cpu:" "$debugfs/vmring/capabilities" ||
		fail "CPU $cpu is offline, but in the report"
	cpu_set "$cpu" 1
	vmx_is on "$cpu"
	vmx_told "$cpu" 'VMX is on$'
}

# Not ours any more: a CPU that comes after the unload stays without VMX.
after_unload() {
	unload
	cpu_set "$cpu" 0
	cpu_set "$cpu" 1
	vmx_is off
	load
	vmx_is on
}

while_open() {
	exec 7</dev/vmring
	cpu_set "$cpu" 0
	cpu_set "$cpu" 1
	vmx_is on
	exec 7<&-
}

# One goes and comes while another process loads and unloads.
meanwhile_loading() {
	rounds=20
	(
		while [ "$rounds" -gt 0 ]; do
			rounds=$((rounds - 1))
			cpu_set "$cpu" 0 && cpu_set "$cpu" 1 || exit 1
		done
	) &
	plugger=$!
	rounds=5
	while [ "$rounds" -gt 0 ]; do
		rounds=$((rounds - 1))
		unload
		load
	done
	wait $plugger || fail "the CPU could not go or come"
	vmx_is on
	unload
	vmx_is off
	load
}

run_tests told after_unload while_open meanwhile_loading
