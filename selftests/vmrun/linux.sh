#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Linux boots to a shell on the serial port, does what is typed there, and powers
# the machine off. VMRUN_KERNEL is the bzImage.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/vmrun.sh"
. "$(dirname "$0")/shell.sh"

type_line() { printf '%s\n' "$*" >&7; }

boots() {
	make_initrd
	start_linux linux --mem 192 --stats
	guests=$started
	exec 7>"$box/linux.keys"
	shows "$guests" linux '^guest# '
	type_line 'echo answer=$((6 * 7))'
	shows "$guests" linux '^answer=42'
	# A deadline of the guest's own: time passes, and HLT ends.
	type_line 'sleep 1; echo slept'
	shows "$guests" linux '^slept'
	type_line 'head -c 6000 /dev/zero | tr "\0" x | fold -w 60; echo; echo lines'
	shows "$guests" linux '^lines'
	equal "lines that came whole" "$(tr -d '\r' <"$box/linux.console" | grep -c '^x\{60\}$')" 100
	type_line 'cat /proc/interrupts; poweroff -f'
	status=0
	wait "$guests" || status=$?
	guests=''
	exec 7>&-
	equal "vmrun's status" $status 0
	grep -qa 'XT-PIC *timer' "$box/linux.console" || fail "there is no timer in /proc/interrupts"
	grep -E '^  (io|mmio|hlt|intack) ' "$box/linux.err" | sed 's/^/# /'
}

# Each in one sentence.
refusals() {
	size=$(wc -c <"$kernel")
	head -c $((size / 2)) "$kernel" >"$box/half"
	refused "^vmrun: $box/half is truncated" --kernel "$box/half"
	head -c 600 "$kernel" >"$box/head"
	refused "^vmrun: $box/head " --kernel "$box/head"
	refused 'more --mem is needed|is more --mem needed' --mem 8 --kernel "$kernel"
	truncate -s 96M "$box/large"
	refused "^vmrun: $box/large \(96 MB\) doesn't fit above the kernel" --mem 96 \
		--kernel "$kernel" --initrd "$box/large"
	rm "$box/large"
	refused 'no_such_disk: No such file' --kernel "$kernel" --initrd no_such_disk
	refused '^vmrun: --cmdline: [0-9]+ characters are too many' --kernel "$kernel" \
		--cmdline "$(head -c 70000 /dev/zero | tr '\0' x)"
}

run_tests boots refusals
