#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Debian's 6.1 as an ELF file, by its PVH entry: the kernel tree's own script takes it
# out of the bzImage.

set -eu
"$TREE/lab/setup" stock-6.1 source
sh "$("$TREE/lab/path" source)/scripts/extract-vmlinux" \
	"$("$TREE/lab/path" stock-6.1)/bzImage" >"$BOX/vmlinux" 2>"$BOX/extracting" ||
	{ cat "$BOX/extracting"; exit 1; }
exec "$LAB" --kernel "$KERNEL" --timeout 900 --add "$BOX/vmlinux" \
	-- env VMRUN_KERNEL=/root/vmlinux VMRUN_APPEND=cryptomgr.notests /selftests/run vmrun:linux.sh
