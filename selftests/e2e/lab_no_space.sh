#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/run with its temporary folder on a disk of four megabytes.

. "$TREE/scripts/namespace.sh"
export TMPDIR="$BOX/small-disk"
mkdir "$TMPDIR"
need_namespace -m mount -t tmpfs -o size=4m none "$TMPDIR"
namespace -m sh -c '
	mount -t tmpfs -o size=4m none "$TMPDIR" &&
	exec "$LAB" --kernel "$KERNEL" -- true'
