#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A reader that has had enough, of either stream; and one that goes when the command
# has no more to say, which is no reason to end it.

# status_of COMMAND...: lab/run's, whose reader takes one line. Standard input ends when
# the reader has gone.
mkfifo "$BOX/input"
status_of() {
	{
		"$LAB" --kernel "$KERNEL" --timeout 100 -- "$@" <"$BOX/input" 2>&1
		echo $? >"$BOX/status"
	} | {
		exec 8>"$BOX/input"
		head -n 1 >"$BOX/line"
		exec <&- 8>&-
	}
	[ "$(cat "$BOX/line")" = y ] || { echo "$* said:"; cat "$BOX/line"; } >&2
	cat "$BOX/status"
}

status=$(status_of sh -c 'echo y; cat; exit 37')
[ "$status" = 37 ] || { echo "a command that has no more to say: $status"; exit 1; }
status=$(status_of sh -c 'yes >&2')
[ "$status" = 141 ] || { echo "standard error: $status"; exit 1; }
exit "$(status_of yes)"
