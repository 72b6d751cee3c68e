# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns what the tests of vmrun have in common: the backend. Sourced after lib.sh.

backend=${VMRUN_BACKEND:-vmring}

command -v vmrun >/dev/null || skip_all "there is no vmrun here"
case $backend in
vmring) need_vmring ;;
kvm)
	need_root
	[ -e /dev/kvm ] || modprobe kvm_intel >"$box/load" 2>&1 ||
		skip_all "KVM can't be loaded: $(head -n 1 "$box/load")"
	;;
esac

# ends STATUS ARG...: vmrun with these ends so; its words are in $box/out and err.
ends() {
	wanted=$1
	shift
	status=0
	vmrun --backend "$backend" --debug-exit 0xf4 "$@" >"$box/out" 2>"$box/err" || status=$?
	[ $status = "$wanted" ] || {
		sed 's/^/# /' "$box/err"
		fail "vmrun ended with $status, not $wanted: $*"
	}
}

# said REGEX: and among its words was this line.
said() { grep -qE -e "$1" "$box/err" || fail "it said '$(cat "$box/err")', not '$1'"; }
