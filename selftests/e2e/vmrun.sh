#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# vmrun.sh BACKEND: the tests of vmrun on it; the guest kernel is the host's own.

set -eu
case $KERNEL in
6.*) stage=stock-$KERNEL ;;
*) stage=built-small ;;
esac
module=
[ "$1" = vmring ] || module=--no-module
"$TREE/lab/setup" "$stage"
# shellcheck disable=SC2086  # one option, or none
exec "$LAB" --kernel "$KERNEL" $module --timeout 900 \
	--add "$("$TREE/lab/path" "$stage")/bzImage" -- env VMRUN_BACKEND="$1" /selftests/run vmrun
