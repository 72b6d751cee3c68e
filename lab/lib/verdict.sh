# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns what a run's end means: turns the supervisor's verdict, the kernel's log
# and the simulator's into lab/run's exit status and a few words. Its inputs are
# lab/run's variables; every function that concludes sets status and exits.

# complaints: lines of the kernel's log that a healthy kernel doesn't write.
complaints() {
	tr -d '\r' <"$run_dir/console" | cat "$run_dir/klog" - |
		grep -aE -f "$LAB_TREE/lab/complaints" | sed 's/^\[ *[0-9.]*\] //' | awk '!seen[$0]++'
}

log_end() {
	for log in klog console simulator.log; do
		[ -s "$run_dir/$log" ] || continue
		say "the end of $log:"
		tr -d '\r' <"$run_dir/$log" | grep -avE '^$|MSR: Unknown register' | tail -n 12 | cut -c1-300 >&2
	done
}

simulator_reason() {
	grep -as 'VMFAIL' "$run_dir/simulator.log" | tail -n 1 | sed 's/^[^]]*] */simulator: /' >&2 || :
	grep -ahs '>>PANIC<<' "$run_dir/simulator.out" "$run_dir/simulator.log" | tail -n 1 |
		sed 's/.*>>PANIC<< *//' || :
}

lab_failed() {
	say "$1"
	if [ -z "$bare" ] && [ -n "$(complaints)" ]; then
		say "the kernel's log holds complaints:"
		complaints >&2
	fi
	log_end
	exit
}

# judge_log: 0, or 126 when the log holds what was not expected, or lacks what was.
judge_log() {
	judged=0
	complaints >"$run_dir/complaints" || :
	if [ -s "$run_dir/excused" ]; then
		grep -avE -f "$run_dir/excused" "$run_dir/complaints" >"$run_dir/unexcused" || :
		while read -r regex; do
			cat "$run_dir/klog" "$run_dir/console" | grep -aqE -e "$regex" && continue
			say "the kernel's log holds no line that matches the expected '$regex'"
			judged=126
		done <"$run_dir/excused"
	else
		cp "$run_dir/complaints" "$run_dir/unexcused"
	fi
	if [ -s "$run_dir/unexcused" ]; then
		say "the kernel's log holds complaints:"
		cat "$run_dir/unexcused" >&2
		judged=126
	fi
	return $judged
}

conclude_bare() {
	reason=$(simulator_reason)
	case $verdict in
	reset) ;;
	'lost '*) output_lost ;;
	ended*) [ -z "$reason" ] || lab_failed "the simulator gave up: $reason" ;;
	'interrupted '*) interrupted_by "$verdict" ;;
	*) say "the image ran into the limit of $timeout s"; status=124; exit ;;
	esac
	if [ "$verdict" = reset ]; then
		$expect_reset || lab_failed "the machine was reset"
		status=0
	else
		! $expect_reset || lab_failed "the machine was not reset; the image $verdict"
		status=${verdict#ended }
	fi
	exit
}

# output_lost: what the machine wrote did not reach its reader.
output_lost() {
	say "could not write ${verdict#lost }"
	exit
}

# interrupted_by VERDICT: by our own trap, which has set the status, or not.
interrupted_by() {
	[ "$status" != 125 ] || status=$((128 + ${1#interrupted }))
	exit
}

conclude() {
	case $verdict in
	'exit '*)
		if $expect_reset; then
			lab_failed "the machine was neither reset nor powered off; the command ended with ${verdict#exit }"
		fi
		status=${verdict#exit }
		judged=0
		judge_log || judged=$?
		[ "$status" != 0 ] || status=$judged
		;;
	timeout)
		say "the command ran into the limit of $timeout s"
		log_end
		status=124
		;;
	boot-timeout)
		lab_failed "the machine did not boot within $boot_limit s (it came to: $progress); LAB_BOOT_LIMIT sets another limit"
		;;
	reset|ended*)
		reason='the machine was reset'
		[ "$verdict" = reset ] || reason=$(simulator_reason)
		case $reason in
		'the machine was reset'|*'soft power off'*) ;;
		*) lab_failed "the simulator gave up: ${reason:-$verdict}" ;;
		esac
		$expect_reset || lab_failed "the machine ended by itself (${reason}) before the command did"
		status=0
		judge_log || status=$?
		;;
	'lost '*) output_lost ;;
	'interrupted '*) interrupted_by "$verdict" ;;
	*) lab_failed "the supervisor failed" ;;
	esac
	exit
}
