#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# bench/run boots Linux on both backends and counts; the same guest, so about as many
# instructions and exits.

set -eu
"$TREE/bench/run" --kernel "$KERNEL" boot-instructions boot-exits >"$BOX/out"
cat "$BOX/out"
awk '
	FNR > 1 { lines++; bad += !($4 > 0.1 && $4 < 2) }
	END { exit bad || lines != 2 }
' "$BOX/out"
