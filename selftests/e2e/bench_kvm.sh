#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# bench/run --json is an array and nothing else, a figure for each path in the
# order asked for.

set -eu
"$TREE/bench/run" --json --kernel "$KERNEL" --backend kvm first-exit cpuid >"$BOX/out"
number='[1-9][0-9]*'
printf '%s\n' '\[' "{\"path\":\"first-exit\",\"vmring\":null,\"kvm\":$number,\"ratio\":null}," \
	"{\"path\":\"cpuid\",\"vmring\":null,\"kvm\":$number,\"ratio\":null}" '\]' >"$BOX/wanted"
awk '
	FNR == NR { wanted[NR] = $0; next }
	$0 !~ "^" wanted[FNR] "$" { bad = 1 }
	{ lines = FNR }
	END { exit bad || lines != 4 }
' "$BOX/wanted" "$BOX/out" || { cat "$BOX/out"; exit 1; }
