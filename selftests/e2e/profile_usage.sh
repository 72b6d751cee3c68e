#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/profile and bench/run with what they don't take: one sentence each, 125; and
# a command that runs no guest, or fails.

set -u
bad=0

# refuses REGEX COMMAND...
refuses() {
	regex=$1
	shift
	"$@" >"$BOX/out" 2>"$BOX/err"
	status=$?
	[ $status = 125 ] && [ "$(wc -l <"$BOX/err")" = 1 ] && grep -qE -e "$regex" "$BOX/err" && [ ! -s "$BOX/out" ] && return
	echo "$*: $status"
	cat "$BOX/out" "$BOX/err"
	bad=1
}

cd "$BOX" || exit
refuses 'no command given' "$TREE/lab/profile"
refuses '--reason needs a value' "$TREE/lab/profile" --reason
refuses "unknown option --frobnicate" "$TREE/lab/profile" --out "$BOX/o" --frobnicate -- true
refuses "can't create the folder /proc/no" "$TREE/lab/profile" --out /proc/no -- true
refuses '--bare is not for lab/profile' "$TREE/lab/profile" --bare image
refuses "there is no path 'warp'" "$TREE/bench/run" warp
refuses "there is no backend 'xen'" "$TREE/bench/run" --backend xen
refuses 'unknown option --fast' "$TREE/bench/run" --fast

"$TREE/lab/profile" --kernel "$KERNEL" --out "$BOX/none" -- sh -c 'echo "$1"; exit 7' sh "it's  me" >"$BOX/out" 2>/dev/null
status=$?
[ $status = 7 ] && [ "$(head -n 1 "$BOX/out")" = "it's  me" ] && grep -q '^No VM exit was seen' "$BOX/out" || {
	echo "a command without a guest: $status"
	cat "$BOX/out"
	bad=1
}
exit $bad
