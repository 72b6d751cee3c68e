#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab/run with a limit for the boot from its environment: lab_boot_limit.sh LIMIT. The
# large file takes longer than a second, however fast this machine boots.

set -eu
truncate -s 200M "$BOX/large"
LAB_BOOT_LIMIT=$1 exec "$LAB" --kernel "$KERNEL" --add "$BOX/large" -- echo booted
