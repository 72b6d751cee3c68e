# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns what the tests have in common that boot Linux to a shell: its initial RAM disk,
# and a machine whose serial port is two files. Sourced after vmrun.sh.

kernel=${VMRUN_KERNEL:-/root/bzImage}
[ -f "$kernel" ] || skip_all "there is no guest kernel $kernel"

# make_initrd [COMMAND...]: busybox, and a first process that becomes a shell, or does
# these commands (a line of a shell each) and switches the machine off.
make_initrd() {
	mkdir -p "$box/root/bin" "$box/root/dev" "$box/root/proc" "$box/root/sys"
	cp /bin/busybox "$box/root/bin/"
	{
		cat <<-'INIT'
			#!/bin/busybox sh
			/bin/busybox mount -t devtmpfs dev /dev
			/bin/busybox mount -t proc proc /proc
			/bin/busybox mount -t sysfs sys /sys
			/bin/busybox --install -s /bin
			export PATH=/bin PS1='guest# '
		INIT
		if [ $# -gt 0 ]; then
			printf '%s\n' "$@" 'poweroff -f'
		else
			echo 'exec setsid cttyhack sh'
		fi
	} >"$box/root/init"
	chmod +x "$box/root/init"
	(cd "$box/root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$box/initrd"
}

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
