#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/profile with KVM's guest: the counts are those that the guest's own clock
# shows, they have names, and a second run has the same to the last one.

set -eu
profile() {
	LAB_PROGRAMS=bench "$TREE/lab/profile" --kernel "$KERNEL" --no-module --exact --timeout 120 "$@" -- \
		sh -c '/bin/modprobe kvm_intel && /lab/bin/bench kvm cpuid sync-pio-out'
}
profile --json --out "$BOX/first" >"$BOX/first.json" 2>"$BOX/errors" || { cat "$BOX/errors"; exit 1; }
profile --out "$BOX/second" >"$BOX/second.out"

bad=0
wrong() { echo "$*"; bad=1; }

cmp "$BOX/first.json" "$BOX/second/profile.json" || wrong "two runs differ"
cmp "$BOX/first/folded.txt" "$BOX/second/folded.txt" || wrong "the stacks of two runs differ"

# field REASON NAME: of the line of the second run's JSON.
field() { sed -n "s/.*\"reason\":\"$1\".*\"$2\":\([0-9.]*\).*/\1/p" "$BOX/second/profile.json"; }
figure() { sed -n "s/^$1 //p" "$BOX/second.out"; }
between() {
	[ -n "$2" ] && [ "$2" -ge "$1" ] && [ "$2" -le "$3" ] || wrong "$4 is '$2', not $1 to $3"
}

between 1000 "$(field CPUID clean)" 1024 'clean windows of CPUID'
between 700 "$(field CPUID instructions)" 1500 'instructions of CPUID'
between 4 "$(field CPUID vmread)" 12 'VMREADs of CPUID'
between 1 "$(field CPUID vmwrite)" 4 'VMWRITEs of CPUID'
between 10 "$(field IO-OUT user)" 500 'instructions in user space of an OUT'
between 1 "$(field IO-OUT sysret)" 1 'returns to user space of an OUT'
# A round trip is the window and the instruction that exits.
[ "$(figure cpuid)" = $(($(field CPUID instructions) + 1)) ] ||
	wrong "the guest saw $(figure cpuid) for a CPUID, the profile says $(field CPUID instructions)"
[ "$(figure sync-pio-out)" = $(($(field IO-OUT max) + 1)) ] ||
	wrong "the guest saw $(figure sync-pio-out) for an OUT, the profile says $(field IO-OUT max)"

grep -q '^ .*vmx_vcpu_run \[kvm_intel\]$' "$BOX/second/table.txt" || wrong "no function of kvm_intel by name"
grep -q '^    vmread: .*EXIT_REASON .*GUEST_RIP' "$BOX/second/table.txt" || wrong "the VMCS fields have no names"
! grep -q 'unknown' "$BOX/second/table.txt" || wrong "a function without a name"
grep -q '^CPUID;.*;do_syscall_64;.*;kvm_emulate_cpuid \[kvm\]' "$BOX/second/folded.txt" ||
	wrong "kvm_emulate_cpuid is not called by a system call"
# All that is in the stacks was counted in the windows, and the other way round.
[ "$(awk -F '\t' '/^CPUID;/ { n += $2 } END { print n }' "$BOX/second/folded.txt")" = \
	"$(awk -v mean="$(field CPUID mean)" -v clean="$(field CPUID clean)" 'BEGIN { printf "%d", mean * clean + 0.5 }')" ] ||
	wrong "the stacks of CPUID hold another number of instructions than its windows"
grep -q '^<svg ' "$BOX/second/flame.svg" && grep -q '^</svg>' "$BOX/second/flame.svg" &&
	grep -q '<title>vmx_vcpu_run \[kvm_intel\]: ' "$BOX/second/flame.svg" || wrong "the flame graph lacks vmx_vcpu_run"
exit $bad
