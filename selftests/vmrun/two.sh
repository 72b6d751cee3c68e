#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two machines beside one another, each with a shell that answers: the end of one,
# however sudden, leaves nothing behind and is nothing to the other.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/vmrun.sh"
. "$(dirname "$0")/shell.sh"

module=vmring
[ "$backend" = vmring ] || module=kvm_intel

# vms: how many the kernel has.
vms() { find "$debugfs/vmring" -mindepth 1 -maxdepth 1 -type d | wc -l; }

# vms_are N: it comes to that; what a dead process had open, others may have to close.
vms_are() {
	[ "$backend" = vmring ] || return 0
	turns=0
	until [ "$(vms)" = "$1" ]; do
		turns=$((turns + 1))
		[ $turns -lt 100 ] || fail "$(vms) machines, not $1"
		sleep 0.1
	done
}

beside() {
	vms_are 0
	make_initrd
	start_linux first --mem 96
	first=$started
	exec 7>"$box/first.keys"
	start_linux second --mem 96
	second=$started
	exec 8>"$box/second.keys"
	shows "$first" first '^guest# '
	shows "$second" second '^guest# '
	vms_are 2
	echo 'echo first=$((6 * 7))' >&7
	echo 'echo second=$((7 * 8))' >&8
	shows "$first" first '^first=42'
	shows "$second" second '^second=56'
	! grep -q 'second=' "$box/first.console" || fail "the first has seen what was typed for the second"

	echo 'while :; do :; done' >&8
	kill -9 "$second"
	wait "$second" || :
	exec 8>&-
	vms_are 1
	echo 'sleep 1; echo still=$((40 + 2))' >&7
	shows "$first" first '^still=42'
	echo 'poweroff -f' >&7
	status=0
	wait "$first" || status=$?
	exec 7>&-
	equal "the first's status" $status 0
	vms_are 0
}

unloaded() {
	rmmod "$module"
	modprobe "$module"
}

run_tests beside unloaded
