#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make demo on a terminal that script(1) makes: somebody types into the guest's shell,
# and leaves it by the escape key: demo_terminal.sh ROWS COLUMNS

set -eu
rows=$1 columns=$2
mkfifo "$BOX/keys"
exec 9<>"$BOX/keys"
: >"$BOX/screen"

demo="stty rows $rows cols $columns; stty -g >'$BOX/before'
	make -C '$TREE' demo KERNEL=$KERNEL; status=\$?
	stty -g >'$BOX/after'; exit \$status"
script -qefc "$demo" /dev/null <&9 >"$BOX/screen" &
demonstration=$!

screen() { tr -d '\r' <"$BOX/screen"; }

# wrong WORDS: say so, with the screen's end, and leave.
wrong() {
	screen | tail -n 40
	echo "$*"
	kill "$demonstration" 2>/dev/null || :
	exit 1
}

# shows REGEX: the screen comes to show it. The demonstration's own limits end it else.
shows() {
	until screen | grep -qaE -e "$1"; do
		kill -0 "$demonstration" 2>/dev/null || wrong "the demonstration is over, and no '$1'"
		sleep 0.2
	done
}

# What is typed comes back, too: what it does has to look otherwise.
shows '^guest# '
if [ "$rows" != 0 ]; then
	printf 'stty size\n' >&9
	shows "^$rows $columns\$"
fi
printf 'echo answer=$((6 * 7))\n' >&9
shows '^answer=42$'
printf '\035h' >&9
shows 'q: quit'
printf 'echo still=$((7 * 8))\n' >&9
shows '^still=56$'
printf '\035q' >&9
status=0
wait "$demonstration" || status=$?

[ $status = 0 ] || wrong "the demonstration ended with $status"
! screen | grep -a '^stty: ' || wrong "stty complains"
screen | grep -qa 'Ctrl-\] is the escape key' || wrong "nobody is told of the escape key"
screen | grep -qa '^exits to vmrun' || wrong "the exits aren't counted at the end"
cmp -s "$BOX/before" "$BOX/after" || wrong "the terminal's modes: $(cat "$BOX/after"), not $(cat "$BOX/before")"
