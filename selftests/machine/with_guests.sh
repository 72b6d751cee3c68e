#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# with_guests.sh COMMAND...: runs a command, which ends the machine, while guests run.

set -eu
told=/tmp/told
mkfifo $told
/selftests/lifecycle/guest_loop >$told &
read -r line <$told || line=nothing
[ "$line" = ready ] || { echo "the guests say: $line" >&2; exit 1; }
exec "$@"
