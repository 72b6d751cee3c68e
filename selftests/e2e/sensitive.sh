# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The suite of sensitive instructions, bare and as a guest on this case's kernel.

exec "$TREE/scripts/sensitive" --kernel "$KERNEL" "$@"
