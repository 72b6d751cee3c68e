#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/setup --prune, on a cache of empty folders: prints what it leaves there.

set -eu
export VMRING_LAB="$BOX/cache"
LAB_TREE=$TREE
. "$TREE/lab/lib/common.sh"
. "$TREE/lab/lib/stages.sh"
for name in tools bochs bochs-source bochs-unpatched bios guest stock-6.1 clang mine; do
	mkdir -p "$LAB_CACHE/$name-000000000000"
done
mkdir -p "$LAB_CACHE/log" "$(stage_dir tools)"
! "$TREE/lab/setup" --prune --help
[ -d "$LAB_CACHE/mine-000000000000" ] && [ -d "$LAB_CACHE/clang-000000000000" ]
"$TREE/lab/setup" --prune
for left in "$LAB_CACHE"/*; do
	[ "$left" != "$(stage_dir tools)" ] || left=tools-today
	echo "${left##*/}"
done
