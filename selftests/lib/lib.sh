# SPDX-License-Identifier: GPL-2.0
# Owns what the shell tests have in common: KTAP, the kernel's log, the module,
# and what the hardware says of VMX. Sourced by each test, which then defines
# functions and calls run_tests with their names.
#
# A test function runs in a subshell with set -e: it passes if it comes to its
# end, and may call fail or skip with a reason. After each one the kernel's log
# is read: a complaint fails a test that otherwise passed.
#
# VMR_MODULE=FILE, VMR_PROBE=FILE: modules that aren't installed.

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
klog=${VMR_TEST_LIB:-$here/../lib}/klog
debugfs=/sys/kernel/debug
box=$(mktemp -d)
trap 'at_exit; guests_gone; cpus_back; rm -rf "$box"' EXIT

# A test that leaves something to put back defines this anew.
at_exit() { :; }

say() { printf '# %s\n' "$*"; }
fail() { say "$*"; exit 1; }
skip() { printf '%s\n' "$*" >"$box/reason"; exit 4; }

# ---- the kernel's log ----

klog_begin() { "$klog" mark >"$box/mark"; }

# klog_text: what the kernel wrote since klog_begin.
klog_text() { "$klog" text "$(cat "$box/mark")"; }

# klog_judge: no complaint since klog_begin, and begin again (loops call this:
# the log holds only so much).
klog_judge() {
	if ! "$klog" complaints "$(cat "$box/mark")" >"$box/complaints" 2>&1; then
		say "the kernel's log since the test began:"
		sed 's/^/#   /' "$box/complaints"
		return 1
	fi
	klog_begin
}

klog_has() {
	klog_text | grep -qE -e "$1" && return 0
	say "the kernel wrote:"
	klog_text | tail -n 5 | sed 's/^/#   /'
	fail "the kernel's log holds no line that matches '$1'"
}

# ---- KTAP ----

# run_tests FUNCTION...
run_tests() {
	passed=0 failed=0 skipped=0 number=0
	echo "TAP version 13"
	echo "1..$#"
	for test; do
		number=$((number + 1))
		klog_begin || exit 1
		(set -e; "$test")
		status=$?
		klog_judge || status=1
		case $status in
		0) passed=$((passed + 1)); echo "ok $number $test" ;;
		4) skipped=$((skipped + 1)); echo "ok $number $test # SKIP $(cat "$box/reason")" ;;
		*) failed=$((failed + 1)); echo "not ok $number $test" ;;
		esac
	done
	echo "# Totals: pass:$passed fail:$failed skip:$skipped"
	[ $failed = 0 ] || exit 1
	[ $passed -gt 0 ] || exit 4
}

# skip_all REASON: the whole file has nothing to do here.
skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit 4
}

# ---- running things ----

# refuses REGEX COMMAND...: it fails, and what it says matches.
refuses() {
	wanted=$1
	shift
	if "$@" >"$box/refused" 2>&1; then
		fail "this should have been refused: $*"
	fi
	grep -qE -e "$wanted" "$box/refused" ||
		fail "'$*' was not refused with '$wanted': $(cat "$box/refused")"
}

# equal WHAT GOT WANTED
equal() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"; }

# ---- the module and the hardware ----

is_loaded() { [ -d /sys/module/vmring ]; }

load() {
	if [ -n "${VMR_MODULE-}" ]; then
		insmod "$VMR_MODULE" "$@"
	else
		modprobe vmring "$@"
	fi
}

unload() { rmmod vmring; }

need_root() { [ "$(id -u)" = 0 ] || skip_all "this needs root"; }

# need_vmring: loaded, whoever did it.
need_vmring() {
	need_root
	is_loaded || load >"$box/load" 2>&1 ||
		skip_all "vmring can't be loaded: $(head -n 1 "$box/load") ($("$klog" text 0 | grep vmring: | tail -n 1))"
}

# need_probe: the module that reads CR4.
need_probe() {
	[ -d /sys/module/vmrprobe ] && return 0
	if [ -n "${VMR_PROBE-}" ]; then
		insmod "$VMR_PROBE"
	else
		modprobe vmrprobe
	fi 2>/dev/null || skip_all "the module vmrprobe is not here (selftests/modules/vmrprobe; VMR_PROBE names the file)"
}

# vmx_enabled: "CPU VMXE" of each CPU that is online, from the register itself.
vmx_enabled() { sed -n 's/^cpu \([0-9]*\) .* vmxe \([01]\)$/\1 \2/p' "$debugfs/vmrprobe/cr4"; }

# vmx_is on|off [CPU]: CR4.VMXE on every CPU, or on one.
vmx_is() {
	bit=1
	[ "$1" = on ] || bit=0
	vmx_enabled >"$box/vmx"
	if [ -n "${2-}" ]; then
		grep -E "^$2 " "$box/vmx" >"$box/vmx1" || :
		mv "$box/vmx1" "$box/vmx"
	fi
	[ -s "$box/vmx" ] || fail "nothing is known about CR4 of ${2:-any CPU}"
	! grep -vqE " $bit\$" "$box/vmx" ||
		fail "CR4.VMXE should be $bit, but is (CPU, bit): $(tr '\n' ';' <"$box/vmx")"
}

# vmx_told CPU REGEX: what vmring itself says of a CPU.
vmx_told() {
	grep -qE "^cpu $1: $2" "$debugfs/vmring/capabilities" ||
		fail "vmring says '$(grep "^cpu $1:" "$debugfs/vmring/capabilities")', not '$2'"
}

cpus() { ls -d /sys/devices/system/cpu/cpu[0-9]* | sed 's/.*cpu//' | sort -n; }
cpu_is_online() { [ "$(cat "/sys/devices/system/cpu/cpu$1/online" 2>/dev/null || echo 1)" = 1 ]; }
cpu_set() {
	[ "$2" = 1 ] || echo "$1" >>"$box/offline"
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
}

# cpus_back: online again whatever a test took offline, and then failed.
cpus_back() {
	[ -e "$box/offline" ] || return 0
	sort -u "$box/offline" | while read -r cpu; do
		cpu_is_online "$cpu" || cpu_set "$cpu" 1
	done
}

# other_cpu: one that can go offline and is online, empty if there is none.
other_cpu() {
	for cpu in $(cpus); do
		if [ "$cpu" != 0 ] && [ -w "/sys/devices/system/cpu/cpu$cpu/online" ] && cpu_is_online "$cpu"; then
			echo "$cpu"
			return
		fi
	done
}

guest_loop=${VMR_GUEST_LOOP:-$here/guest_loop}

# guests_gone: whatever a test left running.
guests_gone() { [ -z "${guests-}" ] || kill -9 "$guests" 2>/dev/null || :; }

# guests_start: guests that run, as process $guests.
guests_start() {
	rm -f "$box/told"
	mkfifo "$box/told"
	"$guest_loop" >"$box/told" &
	guests=$!
	read -r line <"$box/told" || line='nothing'
	[ "$line" = ready ] || fail "the guests say: $line"
}

# guests_finish: they are well, and end.
guests_finish() {
	kill -0 "$guests" || fail "the guests are gone"
	kill "$guests"
	wait "$guests" || fail "the guests ended with $?"
	guests=''
}
