#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab_add.sh MB: a file of that size goes into the machine whole, beside a small
# one, which keeps its mode.

set -eu
head -c "${1}M" /dev/urandom >"$BOX/big file"
printf '#!/bin/sh\nsha256sum </data/big\n' >"$BOX/sum"
chmod 750 "$BOX/sum"
wanted=$(sha256sum <"$BOX/big file")
got=$("$LAB" --kernel "$KERNEL" --add "$BOX/big file:/data/big" --add "$BOX/sum" -- \
	sh -c 'stat -c %a /root/sum >&2; exec /root/sum' 2>"$BOX/mode")
[ "$got" = "$wanted" ] || { echo "got $got, not $wanted"; exit 1; }
[ "$(cat "$BOX/mode")" = 750 ] || { cat "$BOX/mode"; exit 1; }
