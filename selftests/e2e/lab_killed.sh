#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab_killed.sh SIGNAL STATUS: the signal, sent to lab/run while the command
# runs, ends the machine and leaves no process and no folder.

set -eu
mkfifo "$BOX/out"
mkdir "$BOX/tmp"
# A shell's background job ignores SIGINT unless it is told otherwise.
TMPDIR=$BOX/tmp env --default-signal="$1" "$LAB" --kernel "$KERNEL" -- sh -c 'echo begun; while :; do :; done' >"$BOX/out" &
pid=$!
exec 9<"$BOX/out"
read -r word <&9
[ "$word" = begun ]
[ -n "$(ls "$BOX/tmp")" ]
kill "-$1" $pid
status=0
wait $pid || status=$?
[ $status = "$2" ] || { echo "the exit status is $status, not $2"; exit 1; }
[ -z "$(ls "$BOX/tmp")" ] || { ls "$BOX/tmp"; exit 1; }
# The machine held the other end of the pipe: nobody does any more.
! read -r word <&9
! grep -l "$BOX/tmp" /proc/[0-9]*/environ 2>/dev/null | grep -v "/$$/"
