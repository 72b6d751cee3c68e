#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Load and unload by the usual tools (rounds.c has the great loop), and who
# holds the module.

. "$(dirname "$0")/../lib/lib.sh"
need_vmring
need_probe

second_load() {
	refuses "File exists" insmod "${VMR_MODULE:-$(modinfo -n vmring)}"
	vmx_is on
}

use_count() {
	equal "use count" "$(cat /sys/module/vmring/refcnt)" 0
	exec 7</dev/vmring
	equal "use count with one file open" "$(cat /sys/module/vmring/refcnt)" 1
	exec 8</dev/vmring
	equal "use count with two files open" "$(cat /sys/module/vmring/refcnt)" 2
	refuses "in use" rmmod vmring
	exec 8<&-
	refuses "in use" rmmod vmring
	vmx_is on
	exec 7<&-
	unload
	vmx_is off
	load
}

# Whoever looks at the report holds the module too.
report_is_open() {
	exec 7<"$debugfs/vmring/capabilities"
	refuses "in use" rmmod vmring
	exec 7<&-
	unload
	load
}

run_tests second_load use_count report_is_open
