#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/run with its temporary folder on a disk of four megabytes.

mkdir "$BOX/small-disk"
TMPDIR=$BOX/small-disk exec unshare -rm sh -c '
	mount -t tmpfs -o size=4m none "$TMPDIR" &&
	exec "$LAB" --kernel "$KERNEL" -- true'
