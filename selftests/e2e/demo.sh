#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make demo, its input and output no terminal. The guest's console has a terminal's
# ends of lines.

set -eu
make -C "$TREE" demo KERNEL="$KERNEL" </dev/null >"$BOX/output" || { cat "$BOX/output"; exit 1; }
tr -d '\r' <"$BOX/output"
