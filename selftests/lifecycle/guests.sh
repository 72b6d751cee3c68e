#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What happens to the machine while guests run on it: CPUs that come and go, an
# unload that is refused, and the end of their processes at any moment. Sleep is in
# suspend_guests.sh, the last: on some kernels the CPUs' clocks differ after it.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe

unload_is_refused() {
	guests_start
	refuses 'in use|temporarily unavailable' rmmod vmring
	guests_finish
	unload
	load
}

cpus_come_and_go() {
	cpu=$(other_cpu)
	[ -n "$cpu" ] || skip "there is no CPU that could go offline"
	guests_start
	for each in 1 2 3 4 5; do
		cpu_set "$cpu" 0
		cpu_set "$cpu" 1
	done
	vmx_is on
	guests_finish
}

killed_at_random() {
	for each in 1 2 3 4 5 6 7 8 9 10; do
		guests_start
		kill -9 "$guests"
		wait "$guests" || :
		guests=''
	done
	unload
	vmx_is off
	load
}

# Before they are ready, too: in the middle of being made.
killed_early() {
	for each in 1 2 3 4 5 6 7 8 9 10; do
		"$guest_loop" >/dev/null &
		guests=$!
		turns=$((each * 3))
		while [ "$turns" -gt 0 ]; do
			turns=$((turns - 1))
			kill -0 "$guests"
		done
		kill -9 "$guests"
		wait "$guests" || :
		guests=''
	done
	unload
	load
}

run_tests unload_is_refused cpus_come_and_go killed_at_random killed_early
