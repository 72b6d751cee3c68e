#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Standard output on a full disk, of a command that ends and of one that doesn't.

"$LAB" --kernel "$KERNEL" -- echo lost >/dev/full
[ $? = 125 ] || exit
exec "$LAB" --kernel "$KERNEL" --timeout 100 -- sh -c 'echo lost; while :; do :; done' >/dev/full
