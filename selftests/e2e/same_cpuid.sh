#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# same_cpuid.sh CPU...: on these models of CPUs a guest of vmrun sees the same of CPUID on
# vmring and on KVM, leaf by leaf, in 32-bit and in 64-bit mode. What may differ is in
# selftests/vmrun/differences-cpuid.

set -eu
cat >"$BOX/both" <<'BOTH'
# leaves BACKEND: all that the guests see there.
leaves() {
	for bits in 32 64; do
		status=0
		vmrun --backend "$1" --mem 16 --flat "/selftests/vmrun/cpuid$bits.bin@0x7c00" \
			--entry $bits --debug-exit 0xf4 </dev/null >/tmp/seen || status=$?
		[ $status = 103 ] || { echo "the guest ended with $status on $1" >&2; exit 1; }
		sed "s/^/$bits-bit /" /tmp/seen
	done
}
set -e
echo "== vmring"
leaves vmring
rmmod vmring
modprobe kvm_intel
echo "== KVM"
leaves kvm
BOTH
status=0
for cpu; do
	"$LAB" --kernel "$KERNEL" --cpu "$cpu" --timeout 600 --add "$BOX/both" -- sh both >"$BOX/output"
	for backend in vmring KVM; do
		sed -n "/^== $backend\$/,/^== /p" "$BOX/output" | grep -v '^== ' >"$BOX/$backend"
	done
	"$TREE/scripts/compare-consoles" "$TREE/selftests/vmrun/differences-cpuid" \
		"$BOX/vmring" "$BOX/KVM" >"$BOX/compared" || status=1
	sed "s/\$/ ($cpu)/" "$BOX/compared"
done
exit $status
