#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The host's part of a second kernel: second_kernel.sh jump|crash. It is always
# the small one, which starts in seconds; so its modules must have been built.

set -eu
how=$1
[ "$KERNEL" = small ] || "$LAB" --kernel small -- true
modules=$TREE/build/small/root/lib/modules
image=$("$TREE/lab/path" built-small)/bzImage
release=$(cat "$("$TREE/lab/path" built-small)/release")

set -- --kernel "$KERNEL" --cpus 2 --timeout 1800 --log "${BOX%/box}/log" \
	--add "$image:/second/bzImage" \
	--add "$modules/$release/extra/vmring.ko:/second/vmring.ko" \
	--add "$modules/$release/extra/vmrprobe.ko:/second/vmrprobe.ko"
[ "$how" = jump ] || set -- "$@" --append crashkernel=96M \
	--expect-complaint 'Kernel panic - not syncing: sysrq triggered crash'
exec "$LAB" "$@" -- /selftests/machine/with_guests.sh /selftests/machine/second_kernel.sh "$how" /second/bzImage /second/vmring.ko /second/vmrprobe.ko
