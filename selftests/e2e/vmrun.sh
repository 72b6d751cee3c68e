#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# vmrun.sh BACKEND [EXITS]: the tests of vmrun on it; the guest kernel is the host's own.

set -eu
case $KERNEL in
6.*) stage=stock-$KERNEL ;;
*) stage=built-small ;;
esac
module='' load=:
[ "$1" = vmring ] || module=--no-module load='modprobe kvm_intel'
"$TREE/lab/setup" "$stage"
# shellcheck disable=SC2086  # one option, or none
exec "$LAB" --kernel "$KERNEL" $module --timeout 900 \
	--add "$("$TREE/lab/path" "$stage")/bzImage" \
	-- sh -c "$load && VMRUN_BACKEND=$1 VMRUN_EXITS=${2:-inline} exec /selftests/run vmrun"
