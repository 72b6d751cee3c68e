# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns the initial RAM disk of a Linux that boots to a shell, for tests and for the
# benchmark: $box, a folder, is the caller's.

# make_initrd [COMMAND...]: $box/initrd with busybox, and a first process that becomes a
# shell, or does these commands (a line of a shell each) and switches the machine off.
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
