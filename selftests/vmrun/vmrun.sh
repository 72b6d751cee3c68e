# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns what the tests of vmrun have in common: the backend, and how exits are taken.
# Sourced after lib.sh.

backend=${VMRUN_BACKEND:-vmring}
exits=${VMRUN_EXITS:-inline}

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
	vmrun --backend "$backend" --exits "$exits" --debug-exit 0xf4 "$@" \
		>"$box/out" 2>"$box/err" || status=$?
	[ $status = "$wanted" ] || {
		sed 's/^/# /' "$box/err"
		fail "vmrun ended with $status, not $wanted: $*"
	}
}

# flat STATUS GUEST ARG...: the small guest ends so.
flat() {
	flat_status=$1 guest=$2
	shift 2
	ends "$flat_status" --mem 16 --flat "$here/$guest.bin@0x7c00" "$@" </dev/null
}

# said REGEX: and among its words was this line.
said() { grep -qE -e "$1" "$box/err" || fail "it said '$(cat "$box/err")', not '$1'"; }

# start_guest INPUT ARG...: a machine in the background; its words are in $box/out and err.
start_guest() {
	input=$1
	shift
	: >"$box/out"
	vmrun --backend "$backend" --exits "$exits" --mem 16 "$@" \
		<"$input" >"$box/out" 2>"$box/err" &
	guests=$!
}

# until_shown TEXT: its console comes to show it.
until_shown() {
	until grep -q "$1" "$box/out"; do
		kill -0 $guests || fail "it is gone: $(cat "$box/err")"
	done
}

# start_echo: one that sends back what is written to file descriptor 7, and has done so.
start_echo() {
	rm -f "$box/keys"
	mkfifo "$box/keys"
	start_guest "$box/keys" --flat "$here/echo.bin@0x7c00"
	exec 7>"$box/keys"
	printf x >&7
	until_shown x
}

# stop_guest: SIGTERM ends it, and it dies of that.
stop_guest() {
	kill -TERM $guests
	status=0
	wait $guests || status=$?
	guests=''
	equal "its status" $status 143
}

# refused REGEX ARG...: bad usage, one sentence, and no guest.
refused() {
	regex=$1
	shift
	ends 2 "$@" </dev/null
	said "$regex"
	one_sentence
}

one_sentence() { equal "lines of its words" "$(wc -l <"$box/err")" 1; }
