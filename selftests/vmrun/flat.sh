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
	flat 0 fast_reset
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

# With the registers, for whoever is to find out why.
internal_error() {
	flat 10 astray --entry 32
	said '^vmrun: rip 00000000d0000000  rflags'
	said '^vmrun: cs   0010'
}

# The debug build spoils a field of the VMCS when it is told so.
failed_entry() {
	debug=${VMR_DEBUG_MODULE:-/lab/debug/vmring.ko}
	[ "$backend" = vmring ] || return 0
	[ -e "$debug" ] || skip "there is no debug build of vmring (VMR_DEBUG_MODULE names it)"
	unload
	insmod "$debug"
	echo '0x4000 0' >/sys/module/vmring/parameters/corrupt_field
	flat 8 exit16
	said '^vmrun: the CPU refused to enter the guest: .*; VMCS field 0x4000 is 0$'
	said '^vmrun: rip 0000000000000000  rflags'
	unload
	load
}

strings() { flat 91 strings --test-latch 0x500; }
interrupts() { flat 21 timer; }

fw_cfg_by_dma() {
	flat 109 dma --entry 32
	equal "the signature" "$(cat "$box/out")" QEMU
}

# All ones are read there, and it is counted.
nobody_there() {
	flat 107 nobody --stats
	said '^  \(no port\) +0x99 +2 +1$'
	flat 101 mmio --entry 64 --test-mmio 0xd0000000,0x1000 --stats
	said '^  \(no memory\) +0xd0002000 +1 +0$'
}

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

# Its own clock, opened as file 0, would be the keyboard.
closed_files() {
	ends 21 --mem 16 --flat "$here/timer.bin@0x7c00" <&-
	status=0
	vmrun --backend "$backend" --exits "$exits" --mem 16 --debug-exit 0xf4 \
		--flat "$here/timer.bin@0x7c00" <&- >&- 2>&- || status=$?
	equal "its status without any" $status 21
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

# mapped_2m PAGES: how often 2 MB of guest memory made of them were mapped at once.
mapped_2m() {
	start_guest /dev/null --pages "$1" --flat "$here/spin.bin@0x400000"
	until_shown s
	sed -n 's/^mapped-2m //p' "$debugfs"/vmring/*-*/memory >"$box/mapped"
	stop_guest
	cat "$box/mapped"
}

# A machine with little memory has transparent large pages turned off.
thp=/sys/kernel/mm/transparent_hugepage/enabled
thp_was=''
pool=/proc/sys/vm/nr_hugepages

pages_back() {
	[ -z "$thp_was" ] || echo "$thp_was" >$thp
	echo 0 >$pool
}

# Which pages of the host guest memory is made of; what of that vmring sees.
pages() {
	trap pages_back EXIT
	thp_was=$(sed 's/.*\[\(.*\)\].*/\1/' $thp)
	echo madvise >$thp
	echo 0 >$pool
	ends 12 --mem 16 --pages hugetlb --flat "$here/exit16.bin@0x7c00" </dev/null
	said "'sysctl vm.nr_hugepages=8' makes room"
	one_sentence
	echo 8 >$pool
	equal "large pages in the pool" "$(cat $pool)" 8
	for kind in hugetlb thp small; do
		ends 85 --mem 16 --pages $kind --flat "$here/exit16.bin@0x100000" </dev/null
	done
	if [ "$backend" = vmring ]; then
		[ "$(mapped_2m hugetlb)" -gt 0 ] || fail "hugetlb: no large page was mapped"
		[ "$(mapped_2m thp)" -gt 0 ] || fail "thp: no large page was mapped"
		equal "small: large pages that were mapped" "$(mapped_2m small)" 0
	fi
}

statistics() {
	flat 21 timer --stats
	for row in posted 'synchronous, the ring being full' 'sleeps of the consumer' \
		'wake-ups of the consumer' 'wake-ups of the vCPU' 'answers that the vCPU spun for' \
		'answers that it slept for'; do
		said "^  $row +[0-9]+\$"
	done
	said '^  intack +10 +0$'
	said '^  hlt +10 +0$'
	said '^  synchronous +[1-9]'
	said '^  pit +0x40 +0 +3$'
}

refusals() {
	refused 'one of --kernel and --flat'
	refused 'more than one need' --cpus 2 --kernel x
	refused 'no_such_file: No such file' --kernel no_such_file
	refused 'is not a kernel' --kernel "$here/flat.sh"
	refused "doesn't fit" --mem 16 --flat "$here/off.bin@0xfffffff"
	refused 'there is no option --frobnicate; see vmrun --help' --frobnicate
	refused 'is not a regular file' --kernel "$here"
	refused 'is not a regular file' --flat /dev/zero@0x7c00
	refused 'the guest has memory in these' --mem 16 --flat "$here/off.bin@0x7c00" \
		--test-mmio 0xb0000,0x20000
	: >"$box/empty"
	refused 'is empty' --kernel "$box/empty"
	refused 'goes with a multiboot image' --kernel "$here/flat.sh" \
		--module "$here/flat.sh"
	refused 'no_such_module: No such file' --kernel "$here/multiboot.bin" --module no_such_module
}

# What the host lacks, with a word on what to do.
host_lacks() {
	# Of KVM's exits there is but one way to be taken.
	if [ "$backend,$exits" = vmring,inline ]; then
		ends 12 --mem 16 --backend kvm --flat "$here/exit16.bin@0x7c00" </dev/null
		said "^vmrun: /dev/kvm: no such device: is KVM loaded\? try 'modprobe kvm_intel'$"
		one_sentence
	fi
	[ "$backend" != vmring ] || unload
	ends 12 --mem 16 --backend vmring --flat "$here/exit16.bin@0x7c00" </dev/null
	said '^vmrun: /dev/vmring: no such device: is the module loaded\? try '
	one_sentence
	[ "$backend" != vmring ] || load
	ends 12 --mem 65536G --flat "$here/exit16.bin@0x7c00" </dev/null
	said "^vmrun: --mem: the guest can't have [0-9]+ MB, this machine has [0-9]+ MB in all$"
	one_sentence
}

# by_nobody STATUS: it ends so, run by somebody who may do nothing special.
by_nobody() {
	wanted=$1
	status=0
	busybox start-stop-daemon -S -c nobody -x "$(command -v vmrun)" -- --backend "$backend" \
		--debug-exit 0xf4 --mem 16 --flat "$box/guest@0x7c00" \
		</dev/null >"$box/out" 2>"$box/err" || status=$?
	equal "its status ($(cat "$box/err"))" $status "$wanted"
}

permissions() {
	[ -e /etc/passwd ] || echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
	device=/dev/$backend
	chmod 755 "$box"
	cp "$here/exit16.bin" "$box/guest"
	chmod 600 "$box/guest" "$device"
	by_nobody 12
	said "^vmrun: $device: permission denied: "
	one_sentence
	chmod 666 "$device"
	by_nobody 2
	said "^vmrun: $box/guest: Permission denied$"
	one_sentence
	chmod 644 "$box/guest"
	by_nobody 85
	chmod 600 "$device"
}

tells() {
	ends 0 --help
	grep -q '^usage: vmrun' "$box/out" || fail "--help doesn't help"
	ends 0 --version
	grep -qE '^vmrun [0-9]+\.[0-9]' "$box/out" || fail "--version says '$(cat "$box/out")'"
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

run_tests modes high power_off resets reboots halted triple_fault internal_error failed_entry \
	strings interrupts devices_in_memory fw_cfg_by_dma nobody_there multiboot heard serial \
	closed_files to_a_file to_a_pty pages statistics refusals host_lacks permissions tells killed signals
