#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/run in a copy of the tree, with a cache in which the kernel has lost KVM.

set -eu
kernel=$("$TREE/lab/path" "built-$KERNEL")
cache=${kernel%/*}
export VMRING_LAB="$BOX/cache"
mkdir -p "$BOX/tree" "$VMRING_LAB"
(cd "$TREE" && cp -R Kbuild VERSION lab module uapi selftests "$BOX/tree/")
for part in "$cache"/*-*; do
	[ "$part" = "$kernel" ] || ln -s "$part" "$VMRING_LAB/"
done
copy=$VMRING_LAB/${kernel##*/}
mkdir "$copy"
for part in "$kernel"/* "$kernel/.done"; do
	[ "$part" = "$kernel/guest" ] || ln -s "$part" "$copy/"
done
cp -R "$kernel/guest" "$copy/guest"
rm "$copy"/guest/lib/modules/*/kvm*.ko
LAB_PROGRAMS='' exec "$BOX/tree/lab/run" --kernel "$KERNEL" -- true
