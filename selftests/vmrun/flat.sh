#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Small guests: how they begin, what the devices do for them, and how each end
# becomes vmrun's exit status.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/vmrun.sh"

modes() {
	flat 85 exit16
	equal "the debug console" "$(cat "$box/out")" hi
	flat 87 exit32 --entry 32
	flat 89 exit64 --entry 64
}

high() { ends 85 --mem 16 --flat "$here/exit16.bin@0x100000" </dev/null; }

power_off() { flat 0 off; }

resets() {
	flat 0 reset
	flat 0 keyboard_reset
}

# Again and again, each time a new machine, until somebody has seen enough.
reboots() {
	vmrun --backend "$backend" --exits "$exits" --mem 16 --flat "$here/reset.bin@0x7c00" --reboot \
		--console "file:$box/boots" </dev/null 2>"$box/err" &
	guests=$!
	until [ "$(cat "$box/boots" 2>/dev/null | wc -c)" -ge 3 ]; do
		kill -0 $guests || fail "it is gone: $(cat "$box/err")"
	done
	kill -TERM $guests
	status=0
	wait $guests || status=$?
	guests=''
	equal "its status" $status 143
	equal "the console" "$(head -c 3 "$box/boots")" rrr
}

halted() {
	flat 6 halt
	said 'halted for ever'
}

triple_fault() {
	flat 4 triple --entry 32
	said 'triple fault'
	said '^vmrun: rip [0-9a-f]{16}  rflags'
	said '^vmrun: cs   0010'
}

strings() { flat 91 strings --test-latch 0x500; }
interrupts() { flat 21 timer; }

devices_in_memory() { flat 101 mmio --entry 64 --test-mmio 0xd0000000,0x1000; }

multiboot() {
	printf 'its module' >"$box/module"
	ends 95 --mem 16 --kernel "$here/multiboot.bin" --cmdline "a b" \
		--module "$box/module more" </dev/null
	equal "what it was told" "$(cat "$box/out")" "$here/multiboot.bin a b/its module"
}

# What is posted is heard though the guest never waits for anything again.
heard() {
	start_guest /dev/null --flat "$here/spin.bin@0x7c00"
	until_shown s
	stop_guest
}

serial() {
	printf 'hello\033' | ends 93 --mem 16 --flat "$here/echo.bin@0x7c00"
	equal "the echo" "$(cat "$box/out")" hello
}

to_a_file() {
	ends 85 --mem 16 --flat "$here/exit16.bin@0x7c00" --console "file:$box/console" </dev/null
	equal "the file" "$(cat "$box/console")" hi
	[ ! -s "$box/out" ] || fail "standard output has something, too"
}

to_a_pty() {
	vmrun --backend "$backend" --exits "$exits" --mem 16 --debug-exit 0xf4 \
		--flat "$here/echo.bin@0x7c00" \
		--console pty </dev/null 2>"$box/err" &
	guests=$!
	until grep -q 'the console is' "$box/err"; do
		kill -0 $guests || fail "it is gone: $(cat "$box/err")"
	done
	exec 8<>"$(sed -n 's/.*the console is //p' "$box/err")"
	printf hello >&8
	equal "the echo" "$(head -c 5 <&8)" hello
	printf '\033' >&8
	status=0
	wait $guests || status=$?
	guests=''
	exec 8>&-
	equal "its status" $status 93
}

statistics() {
	flat 21 timer --stats
	said '^  intack +10 +0$'
	said '^  hlt +10 +0$'
	said '^  synchronous +[1-9]'
	said '^  pit +0x40 +0 +3$'
}

# refused REGEX ARG...: bad usage, one sentence, and no guest.
refused() {
	regex=$1
	shift
	ends 2 "$@" </dev/null
	said "$regex"
	equal "lines of its words" "$(wc -l <"$box/err")" 1
}

refusals() {
	refused 'one of --kernel and --flat'
	refused 'more than one need' --cpus 2 --kernel x
	refused 'no_such_file: No such file' --kernel no_such_file
	refused 'is not a kernel' --kernel "$here/flat.sh"
	refused "doesn't fit" --mem 16 --flat "$here/off.bin@0xfffffff"
	: >"$box/empty"
	refused 'is empty' --kernel "$box/empty"
	refused 'goes with a multiboot image' --kernel "$here/flat.sh" \
		--module "$here/flat.sh"
	refused 'no_such_module: No such file' --kernel "$here/multiboot.bin" --module no_such_module
}

# One that is killed leaves nothing behind that would be in the next one's way.
killed() {
	start_echo
	flat 85 exit16		# a second machine beside it
	kill -9 $guests
	wait $guests || :
	guests=''
	exec 7>&-
	flat 85 exit16
}

# A signal ends it, and whoever waits for it sees that.
signals() {
	start_echo
	stop_guest
	exec 7>&-
}

run_tests modes high power_off resets reboots halted triple_fault strings interrupts devices_in_memory \
	multiboot heard serial to_a_file to_a_pty statistics refusals killed signals
