#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# bench/run's paths in which another thread takes the exits, in a machine of two CPUs:
# a figure for each, and the vCPU's CPU does less than where it takes them itself.

set -eu
"$TREE/bench/run" --kernel "$KERNEL" --backend vmring \
	inline-pio served-pio served-mmio served-eventfd served-uring >"$BOX/out"
cat "$BOX/out"
awk '
	FNR > 1 { figure[$1] = $2; lines++; bad += $2 !~ /^[1-9][0-9]*$/ }
	END { exit bad || lines != 5 || figure["served-pio"] >= figure["inline-pio"] }
' "$BOX/out"
