#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab_data.sh MB: bytes go in by --add and by standard input, and come out by
# standard output as they were.

set -eu
head -c "${1}M" /dev/urandom >"$BOX/in"
"$LAB" --kernel "$KERNEL" --add "$BOX/in:/data/in" -- cat /data/in - <"$BOX/in" >"$BOX/out"
cat "$BOX/in" "$BOX/in" | cmp - "$BOX/out"
# The end of standard input reaches the command, an empty one too.
[ "$("$LAB" --kernel "$KERNEL" -- wc -c </dev/null)" = 0 ]
