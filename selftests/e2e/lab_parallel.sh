#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two machines at a time: each has its own command, files and output. Each waits
# for the other to have started, so that they do overlap.

set -eu
mkfifo "$BOX/1to2" "$BOX/2to1"
one() {
	echo "file $1" >"$BOX/file$1"
	"$LAB" --kernel "$KERNEL" --add "$BOX/file$1:/root/file" -- \
		sh -c 'echo started; read -r word; echo "$0 $word $(cat /root/file)"; exit "$0"' "$1" <"$2" |
		tee "$3" >"$BOX/out$1"
}
# Opened for both ways here, so that no side waits for the other to open it.
exec 8<>"$BOX/1to2" 9<>"$BOX/2to1"
one 1 "$BOX/2to1" "$BOX/1to2" &
first=$!
one 2 "$BOX/1to2" "$BOX/2to1" &
wait $first
wait $!
[ "$(cat "$BOX/out1")" = "$(printf 'started\n1 started file 1')" ] || { cat "$BOX/out1"; exit 1; }
[ "$(cat "$BOX/out2")" = "$(printf 'started\n2 started file 2')" ] || { cat "$BOX/out2"; exit 1; }
