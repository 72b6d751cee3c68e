#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What happens to the machine while guests run on it: CPUs that come and go, sleep,
# an unload that is refused, and the end of their processes at any moment.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe
loop=${VMR_GUEST_LOOP:-$here/guest_loop}

# Whatever a test left running.
at_exit() { [ -z "${guests-}" ] || kill -9 "$guests" 2>/dev/null || :; }

# start: guests that run, as process $guests.
start() {
	rm -f "$box/told"
	mkfifo "$box/told"
	"$loop" >"$box/told" &
	guests=$!
	read -r line <"$box/told" || line='nothing'
	[ "$line" = ready ] || fail "the guests say: $line"
}

# finish: they are well, and end.
finish() {
	kill -0 "$guests" || fail "the guests are gone"
	kill "$guests"
	wait "$guests" || fail "the guests ended with $?"
	guests=''
}

unload_is_refused() {
	start
	refuses 'in use|temporarily unavailable' rmmod vmring
	finish
	unload
	load
}

cpus_come_and_go() {
	cpu=$(other_cpu)
	[ -n "$cpu" ] || skip "there is no CPU that could go offline"
	start
	for each in 1 2 3 4 5; do
		cpu_set "$cpu" 0
		cpu_set "$cpu" 1
	done
	vmx_is on
	finish
}

asleep_and_awake() {
	[ -n "${VMR_TEST_SUSPEND-}" ] || skip "VMR_TEST_SUSPEND=1 allows tests to suspend this machine (something must wake it)"
	grep -qw deep /sys/power/mem_sleep 2>/dev/null || skip "this machine has no deep sleep"
	echo deep >/sys/power/mem_sleep
	start
	echo mem >/sys/power/state
	echo mem >/sys/power/state
	vmx_is on
	finish
}

killed_at_random() {
	for each in 1 2 3 4 5 6 7 8 9 10; do
		start
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
		"$loop" >/dev/null &
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

run_tests unload_is_refused cpus_come_and_go asleep_and_awake killed_at_random killed_early
