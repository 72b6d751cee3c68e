#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A shell in the machine, on a terminal that script(1) makes.

set -eu
mkfifo "$BOX/keys"
exec 9<>"$BOX/keys"
printf 'tty\nstty size\necho $((6 * 7))\nexit 7\n' >&9
status=0
script -qec "stty rows 33 cols 99; '$LAB' --kernel $KERNEL" /dev/null <&9 >"$BOX/screen" || status=$?
[ $status = 7 ] || { cat "$BOX/screen"; echo "status $status"; exit 1; }
for wanted in /dev/pts/0 '33 99' 42; do
	tr -d '\r' <"$BOX/screen" | grep -qx "$wanted" || { cat "$BOX/screen"; echo "no line '$wanted'"; exit 1; }
done
