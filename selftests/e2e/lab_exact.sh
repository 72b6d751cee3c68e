#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The time-stamp counter at the beginning of the same program is the same in two
# runs with --exact.

set -eu
first=$("$LAB" --kernel "$KERNEL" --exact -- /selftests/machine/tsc)
second=$("$LAB" --kernel "$KERNEL" --exact -- /selftests/machine/tsc)
echo "$first $second"
[ "$first" -gt 1000000 ] && [ "$first" = "$second" ]
