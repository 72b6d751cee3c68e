#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Linux boots to a shell on the serial port, does what is typed there, and powers
# the machine off. VMRUN_KERNEL is the bzImage.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/vmrun.sh"

kernel=${VMRUN_KERNEL:-/root/bzImage}
[ -f "$kernel" ] || skip_all "there is no guest kernel $kernel"

# make_initrd: busybox, and a first process that becomes a shell.
make_initrd() {
	mkdir -p "$box/root/bin" "$box/root/dev" "$box/root/proc" "$box/root/sys"
	cp /bin/busybox "$box/root/bin/"
	cat >"$box/root/init" <<-'INIT'
		#!/bin/busybox sh
		/bin/busybox mount -t devtmpfs dev /dev
		/bin/busybox mount -t proc proc /proc
		/bin/busybox mount -t sysfs sys /sys
		/bin/busybox --install -s /bin
		export PATH=/bin PS1='guest# '
		exec setsid cttyhack sh
	INIT
	chmod +x "$box/root/init"
	(cd "$box/root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$box/initrd"
}

# shows REGEX: the console comes to show it.
shows() {
	until grep -qaE -e "$1" "$box/console"; do
		kill -0 "$guests" || { tail -n 20 "$box/console" | sed 's/^/# /'; fail "no '$1'"; }
		sleep 0.1
	done
}

type_line() { printf '%s\n' "$*" >&7; }

boots() {
	make_initrd
	mkfifo "$box/keys"
	: >"$box/console"
	vmrun --backend "$backend" --kernel "$kernel" --initrd "$box/initrd" --mem 192 --stats \
		--cmdline "console=ttyS0 quiet panic=-1 ${VMRUN_APPEND-}" \
		<"$box/keys" >"$box/console" 2>"$box/err" &
	guests=$!
	exec 7>"$box/keys"
	shows '^guest# '
	type_line 'echo answer=$((6 * 7))'
	shows '^answer=42'
	# A deadline of the guest's own: time passes, and HLT ends.
	type_line 'sleep 1; echo slept'
	shows '^slept'
	type_line 'head -c 6000 /dev/zero | tr "\0" x | fold -w 60; echo; echo lines'
	shows '^lines'
	equal "lines that came whole" "$(tr -d '\r' <"$box/console" | grep -c '^x\{60\}$')" 100
	type_line 'cat /proc/interrupts; poweroff -f'
	status=0
	wait "$guests" || status=$?
	guests=''
	exec 7>&-
	equal "vmrun's status" $status 0
	grep -qa 'XT-PIC *timer' "$box/console" || fail "there is no timer in /proc/interrupts"
	grep -E '^  (io|mmio|hlt|intack) ' "$box/err" | sed 's/^/# /'
}

run_tests boots
