#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A copy of the tree whose module has 20 instructions more on the way of a CPUID: the
# gate as a contributor runs it there. Its exit status is the gate's own.

set -eu
mkdir -p "$BOX/tree"
(cd "$TREE" && cp -r --parents Kbuild VERSION module uapi lab bench scripts selftests/modules "$BOX/tree/")
awk '
	{ print }
	/^enum vmr_verdict vmr_exit_cpuid\(/ { found = 1 }
	found == 1 && /^\tconst struct vmr_cpuid_answer/ {
		print "\n\tasm volatile(\".rept 20; nop; .endr\");"
		found = 2
	}
	END { exit found != 2 }
' "$TREE/module/vmx/exit_cpuid.c" >"$BOX/tree/module/vmx/exit_cpuid.c" ||
	{ echo "module/vmx/exit_cpuid.c is not what this test knows"; exit 2; }

status=0
"$BOX/tree/scripts/check/gate" --backend vmring >"$BOX/out" || status=$?
cat "$BOX/out"
reason=$(sed -n 's/^ok .* vmring # SKIP //p' "$BOX/out")
[ -z "$reason" ] || { echo "1..0 # SKIP $reason"; exit 4; }
! grep -E '^# ' "$BOX/out" | grep -vE '^# vmring: (cpuid|CPUID instructions) was' || exit 2
exit $status
