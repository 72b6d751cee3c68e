#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What lab/demo does in the simulated machine: tells what vmring has found there, and
# boots Linux as its guest, to a shell, from the files beside this one.

say() { printf '\n== %s\n' "$*"; }
model() { sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1; }

# words: what the guest's first process finds in its environment. A terminal without a
# size is none that stty would tell.
words() {
	if [ -t 0 ]; then
		stty size 2>/dev/null |
			{ read -r rows columns; echo "demo=shell rows=$rows columns=$columns"; }
	else
		echo demo=commands
	fi
}

make_initrd() {
	mkdir -p root/bin root/dev root/proc root/sys
	cp /bin/busybox root/bin/
	cp demo-init.sh root/init
	chmod +x root/init
	(cd root && find . | busybox cpio -o -H newc 2>/dev/null) >initrd
}

say "a simulated machine: Linux $(uname -r), $(nproc) CPU, $(model)"
say "vmring is loaded; what it told the kernel's log:"
dmesg | sed -n 's/.*\(vmring: VT-x.*\)/\1/p' | fold -s -w 78
make_initrd
if [ -t 0 ]; then
	say "vmrun boots Linux in this machine; at 'guest# ' you type into its shell" \
		"(exit, or Ctrl-] q, leaves it)"
else
	say "vmrun boots Linux in this machine"
fi
# In one stream: its words, and at last the statistics, come behind the console's.
status=0
vmrun --kernel bzImage --initrd initrd --mem 192 --stats \
	--cmdline "console=ttyS0 loglevel=6 panic=-1 $(words)" 2>&1 || status=$?

# 14: a person has left it.
[ $status = 0 ] || [ $status = 14 ] || { say "vmrun ended with $status"; exit 1; }
