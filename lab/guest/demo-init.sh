#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The first process of lab/demo's guest. The kernel's command line says what it does:
# demo=shell (of rows and columns, if they are known), or demo=commands.

/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ PS1='guest# '

# show COMMAND...: as if somebody had typed it.
show() {
	echo "guest# $*"
	eval "$*"
}

echo
if [ "$demo" = shell ]; then
	[ "${rows:-0}" = 0 ] || [ "${columns:-0}" = 0 ] || stty rows "$rows" cols "$columns"
	setsid cttyhack sh
else
	show uname -a
	show grep -E "'^(model name|bogomips)'" /proc/cpuinfo
	show grep -o -w hypervisor /proc/cpuinfo
	show cat /proc/interrupts
	show free -m
	show "dmesg | tail -n 3"
	show poweroff -f
fi
poweroff -f
