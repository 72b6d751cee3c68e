#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab_no_network.sh warm|cold: lab/run where there is no network, with the cache
# as it is, or with an empty one.

. "$TREE/scripts/namespace.sh"
need_namespace -n true
[ "$1" = warm ] || export VMRING_LAB="$BOX/cache"
namespace -n "$LAB" --kernel "$KERNEL" -- echo finished
