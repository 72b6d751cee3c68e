#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# corrupt.c with the debug build of vmring, which tells the log of each failure at
# length: log_buf_len=8M makes room.

. "$(dirname "$0")/../lib/lib.sh"
need_root
VMR_MODULE=${VMR_DEBUG_MODULE:-/lab/debug/vmring.ko}
[ -e "$VMR_MODULE" ] || skip_all "there is no debug build of vmring (VMR_DEBUG_MODULE names it)"
! is_loaded || unload

each_field_is_named() {
	load
	"$here/corrupt" >"$box/told" 2>&1 || { cat "$box/told"; fail "fields were not named"; }
	unload
}

run_tests each_field_is_named
