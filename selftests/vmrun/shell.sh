# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns what the tests have in common that boot Linux to a shell: a machine whose serial
# port is two files. Sourced after vmrun.sh.

kernel=${VMRUN_KERNEL:-/root/bzImage}
[ -f "$kernel" ] || skip_all "there is no guest kernel $kernel"

. "$here/initrd.sh"

# start_linux NAME [OPTION...]: a guest whose serial port is $box/NAME.keys, a FIFO, and
# $box/NAME.console; vmrun is process $started.
start_linux() {
	name=$1
	shift
	mkfifo "$box/$name.keys"
	: >"$box/$name.console"
	vmrun --backend "$backend" --exits "$exits" --kernel "$kernel" --initrd "$box/initrd" \
		--cmdline "console=ttyS0 quiet panic=-1 ${VMRUN_APPEND-}" "$@" \
		<"$box/$name.keys" >"$box/$name.console" 2>"$box/$name.err" &
	started=$!
}

# shows PID NAME REGEX: that guest's console comes to show it.
shows() {
	until grep -qaE -e "$3" "$box/$2.console"; do
		kill -0 "$1" || {
			{ tail -n 20 "$box/$2.console"; cat "$box/$2.err"; } | sed 's/^/# /'
			fail "$2: no '$3'"
		}
		sleep 0.1
	done
}
