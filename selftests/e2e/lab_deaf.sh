#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Standard error is a pipe that nobody reads, and lab/run has something to say:
# before there is a machine, and after.

set -eu
mkfifo "$BOX/pipe"
mkdir "$BOX/tmp"
export TMPDIR="$BOX/tmp"
exec 8<>"$BOX/pipe" 9>"$BOX/pipe" 8<&-

status=0
"$LAB" --kernel none -- true 2>&9 || status=$?
[ $status = 141 ] || { echo "before the machine: $status"; exit 1; }
status=0
"$LAB" --kernel "$KERNEL" --expect-complaint none -- true 2>&9 || status=$?
[ -z "$(ls "$BOX/tmp")" ] || { ls "$BOX/tmp"; exit 1; }
exit $status
