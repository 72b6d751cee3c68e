#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Boots Linux and prints all that it says on its console, which selftests/e2e compares:
# console.sh BACKEND KERNEL.

VMRUN_BACKEND=$1 VMRUN_KERNEL=$2
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/vmrun.sh"
. "$(dirname "$0")/shell.sh"

make_initrd 'cat /proc/cpuinfo /proc/ioports /proc/iomem' 'cut -d : -f 2- /proc/interrupts | sed "s/^ *[0-9]* *//"' \
	'cd /sys/devices/system; cat clocksource/clocksource0/current_clocksource clockevents/clockevent0/current_device'
vmrun --backend "$backend" --kernel "$kernel" --initrd "$box/initrd" --mem 192 \
	--cmdline "console=ttyS0 panic=-1 ignore_loglevel nokaslr" </dev/null
