#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab_no_network.sh warm|cold: lab/run where there is no network, with the cache
# as it is, or with an empty one.

[ "$1" = warm ] || export VMRING_LAB="$BOX/cache"
exec unshare -rn "$LAB" --kernel "$KERNEL" -- echo finished
