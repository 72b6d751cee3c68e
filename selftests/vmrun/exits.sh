#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each way to take a guest's exits from the ring: the guest sees no difference.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/vmrun.sh"

[ "$backend" = vmring ] || skip_all "KVM has no ring of exits"

# Ports, strings, device memory, interrupts out of HLT, and each kind of end.
guests_by() {
	exits=$1
	flat 85 exit16 --stats
	equal "the debug console" "$(cat "$box/out")" hi
	said "^ring +$exits$"
	said '^  posted +2$'
	said '^  synchronous +[12]$'	# the kick that ends it is one, if it comes in time
	flat 91 strings --test-latch 0x500
	flat 101 mmio --entry 64 --test-mmio 0xd0000000,0x1000
	flat 21 timer --stats
	said '^  intack +10 +0$'
	said '^  hlt +10 +0$'
	flat 6 halt
	said 'halted for ever'
	flat 4 triple --entry 32
	said '^vmrun: rip [0-9a-f]{16}  rflags'
	flat 0 off
	printf 'hello\033' | ends 93 --mem 16 --flat "$here/echo.bin@0x7c00"
	equal "the echo" "$(cat "$box/out")" hello
	start_guest /dev/null --flat "$here/spin.bin@0x7c00"
	until_shown s
	stop_guest
}

inline() { guests_by inline; }
poll() { guests_by poll; }
eventfd() { guests_by eventfd; }
uring() { guests_by uring; }

# A machine after the other, with the same loop.
resets_by_each() {
	for exits in poll eventfd uring; do
		vmrun --exits $exits --mem 16 --flat "$here/reset.bin@0x7c00" --reboot \
			--console "file:$box/boots" </dev/null 2>"$box/err" &
		guests=$!
		until [ "$(cat "$box/boots" 2>/dev/null | wc -c)" -ge 3 ]; do
			kill -0 $guests || fail "it is gone: $(cat "$box/err")"
		done
		stop_guest
		rm "$box/boots"
	done
}

# Killed in the middle: the one beside it goes on, and then there is nothing left.
killed_by_each() {
	for exits in poll eventfd uring; do
		start_echo
		flat 85 exit16
		kill -9 $guests
		wait $guests || :
		guests=''
		exec 7>&-
		flat 85 exit16
	done
	# What io_uring still has is given back by the kernel, a little later.
	until [ "$(cat /sys/module/vmring/refcnt)" = 0 ]; do :; done
	unload
	load
}

run_tests inline poll eventfd uring resets_by_each killed_by_each
