#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Starts a second kernel by kexec while vmring is loaded:
#
#   second_kernel.sh jump|crash BZIMAGE VMRING.ko VMRPROBE.ko
#
# The second machine gets an initrd made of this one's root, and its command is
# to bring vmring up: CPUs that were left in VMX operation would not start.

set -eu
how=$1 image=$2 module=$3 probe=$4
box=/tmp/second
mkdir -p $box/lab
cd $box
cp "$module" vmring.ko
cp "$probe" vmrprobe.ko
cat >command.sh <<-'COMMAND'
	set -eu
	mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || :
	[ "$1" = jump ] || [ -s /proc/vmcore ]
	echo "second kernel: $(nproc) CPUs"
	insmod /vmrprobe.ko
	insmod /vmring.ko
	sed 's/ cr4 0x[0-9a-f]*//; s/^/second kernel: /' /sys/kernel/debug/vmrprobe/cr4
	rmmod vmring
	! grep ' vmxe 1' /sys/kernel/debug/vmrprobe/cr4
	exit 42
COMMAND
printf 'sh\0/command.sh\0%s\0' "$how" >lab/command
# A folder must come before what is in it.
(cd / && { find init bin sbin lib64; echo lib; ls -d lib/*.so*; } | cpio -o -H newc) >initrd 2>cpio.log
(find lab command.sh vmring.ko vmrprobe.ko | cpio -o -H newc) >>initrd 2>>cpio.log

words=$(sed 's/crashkernel=[^ ]*//' /proc/cmdline)
echo "first kernel: $(nproc) CPUs"
if [ "$how" = jump ]; then
	kexec -i -l "$image" --initrd=$box/initrd --command-line="$words"
	exec kexec -x -e
fi
kexec -i -p "$image" --initrd=$box/initrd --command-line="$words"
exec >&- 2>&-
echo c >/proc/sysrq-trigger
