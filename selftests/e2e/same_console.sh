#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Linux says the same on its console on vmring and on KVM, from its first line to the
# last, but for the time. What may differ is in selftests/vmrun/differences.

set -eu
case $KERNEL in
6.*) stage=stock-$KERNEL ;;
*) stage=built-small ;;
esac
"$TREE/lab/setup" "$stage"
"$LAB" --kernel "$KERNEL" --timeout 900 --add "$("$TREE/lab/path" "$stage")/bzImage" -- sh -ec '
	/selftests/vmrun/console.sh vmring bzImage
	echo "== KVM"
	rmmod vmring
	modprobe kvm_intel
	/selftests/vmrun/console.sh kvm bzImage' >"$BOX/output" || { cat "$BOX/output"; exit 1; }
sed '/^== KVM$/,$d' "$BOX/output" >"$BOX/vmring"
sed '1,/^== KVM$/d' "$BOX/output" >"$BOX/KVM"
grep -qa 'Linux version' "$BOX/KVM" || { cat "$BOX/output"; echo "there is no console of KVM"; exit 1; }
"$TREE/scripts/compare-consoles" "$TREE/selftests/vmrun/differences" "$BOX/vmring" "$BOX/KVM"
