# SPDX-License-Identifier: GPL-2.0
# Owns what a case is. Sourced by selftests/run for the functions; run as
# "case.sh FILE NAME KERNEL DIR" it runs one case and leaves in DIR what it
# printed, what failed, and the result: PASSED FAILED SKIPPED SECONDS CPU-SECONDS.
#
# A file of cases is a table with a paragraph for each, a keyword at the
# beginning of each line; a \ at a line's end continues it. KEYWORD@KERNEL is
# for that kernel only.
#
#   case NAME           begins a case
#   about WORDS         what it shows
#   check KERNEL...     is run on these kernels in the tier check; likewise
#   debug, long         in these tiers
#   run ARG...          lab/run gets these arguments (quoted as in a shell)
#   opts ARG...         and before them these
#   sh SCRIPT ARG...    instead of run: a script beside this one; it finds TREE,
#                       LAB (lab/run), KERNEL and BOX, a folder for its files
#   status N            the exit status that must come (0)
#   stdout REGEX        a line of standard output must match; each REGEX one
#   stdout-is TEXT      this and nothing else (printf's %b)
#   stderr REGEX        likewise, standard error
#   stderr-lines N      standard error has so many lines
#   klog REGEX          likewise, the kernel's log
#   no-klog REGEX       no line of the kernel's log may match
#   ktap                standard output is KTAP: its tests are counted one by one
#   skip REGEX          with ktap: these tests may be skipped for these reasons,
#                       anything else that is skipped has failed; with sh: the
#                       script may end with 4 and such a reason (1..0 # SKIP ...)

CASE_KEYWORDS='about check debug long run opts sh status stdout stdout-is stderr stderr-lines klog no-klog ktap skip'

# case_split DIR FILE...: one file NUMBER-NAME for each case, lines joined.
case_split() {
	split_to=$1
	shift
	mkdir -p "$split_to"
	awk -v dir="$split_to" -v keywords="$CASE_KEYWORDS" '
		function bad(what) { printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"; failed = 1 }
		BEGIN { n = split(keywords, k, " "); for (i = 1; i <= n; i++) known[k[i]] = 1 }
		held != "" { sub(/^[ \t]+/, ""); $0 = held " " $0; held = "" }
		/\\$/ { held = substr($0, 1, length($0) - 1); sub(/[ \t]+$/, "", held); next }
		/^[ \t]*(#|$)/ { next }
		$1 == "case" {
			if (NF != 2 || $2 !~ /^[a-z0-9][a-z0-9.-]*$/ || seen[$2]++) bad("a bad or second name: " $2)
			out = sprintf("%s/%03d-%s", dir, ++number, $2)
			next
		}
		{
			sub(/^[ \t]+/, "")
			word = $1
			sub(/@.*/, "", word)
			if (!(word in known)) bad("unknown keyword " $1)
			if (out == "") bad("no case begins here")
			else print >out
		}
		END { exit failed }
	' "$@"
}

# case_lines FILE KEYWORD [KERNEL]: what follows the keyword, a line each.
case_lines() {
	awk -v word="$2" -v kernel="${3-}" '
		$1 == word || (kernel != "" && $1 == word "@" kernel) {
			sub(/^[^ \t]+[ \t]*/, "")
			print
		}
	' "$1"
}

case_words() { case_lines "$1" "$2" | tr '\n' ' ' | sed 's/ $//'; }

# ---- one case ----

wrong() { printf '%s\n' "$*" >>"$DIR/failures"; }

# each_matches KEYWORD FILE: every REGEX has a line in the file.
each_matches() {
	case_lines "$CASE" "$1" "$KERNEL" >"$DIR/wanted"
	while read -r regex; do
		grep -aqE -e "$regex" "$DIR/$2" || wrong "no line of $2 matches '$regex'"
	done <"$DIR/wanted"
}

none_matches() {
	case_lines "$CASE" "$1" "$KERNEL" >"$DIR/wanted"
	while read -r regex; do
		! grep -aqE -e "$regex" "$DIR/$2" || wrong "a line of $2 matches '$regex': $(grep -aE -e "$regex" "$DIR/$2" | head -n 1)"
	done <"$DIR/wanted"
}

# count_ktap: single tests of a KTAP stream, PASSED FAILED SKIPPED; the inner
# lines where a test has any, and the outer one where it has none or where it
# alone failed. What failed, or was skipped and shouldn't be, goes to failures.
count_ktap() {
	case_lines "$CASE" skip "$KERNEL" >"$DIR/skips"
	awk -v failures="$DIR/failures" '
		function failure(what) { failed++; print what >>failures }
		function is_excused(line,   i) {
			for (i = 1; i <= excuses; i++)
				if (line ~ excuse[i]) return 1
			return 0
		}
		function judge(line, where) {
			if (line ~ /^not ok/) failure(where line)
			else if (line !~ /# SKIP/) passed++
			else if (is_excused(line)) skipped++
			else failure("skipped: " where line)
		}
		FILENAME ~ /skips$/ { excuse[++excuses] = $0; next }
		/^# selftests: / { where = substr($0, 14) ": "; inner = inner_failed = 0; reason = "" }
		/^# 1\.\.0 # SKIP/ { reason = substr($0, 7) }
		/^# (ok|not ok) [0-9]+/ {
			line = substr($0, 3)
			inner++
			before = failed
			judge(line, where)
			inner_failed += failed - before
		}
		/^(ok|not ok) [0-9]+/ {
			outer++
			if (!inner) judge($0 " " reason, "")
			else if (/^not ok/ && !inner_failed) failure($0)
			inner = inner_failed = 0
		}
		/^1\.\.[0-9]+/ { planned += substr($0, 4) }
		END {
			if (outer != planned) failure(outer + 0 " of " planned + 0 " test programs ended")
			if (!passed && !failed) failure("no test ran")
			print passed + 0, failed + 0, skipped + 0
		}
	' "$DIR/skips" "$DIR/stdout"
}

# skip_reason: why the case's script had nothing to do here, if that may be.
skip_reason() {
	reason=$(sed -n 's/^1\.\.0 # SKIP //p' "$DIR/stdout")
	case_lines "$CASE" skip "$KERNEL" >"$DIR/skips"
	[ -z "$reason" ] || printf '%s\n' "$reason" | grep -E -f "$DIR/skips"
}

# case_expect STATUS: what has to be so when a case has ended.
case_expect() {
	wanted=$(case_lines "$CASE" status "$KERNEL" | tail -n 1)
	[ "$1" = "${wanted:-0}" ] || wrong "the exit status is $1, not ${wanted:-0}"
	each_matches stdout stdout
	each_matches stderr stderr
	each_matches klog klog
	none_matches no-klog klog
	if grep -qE '^stdout-is' "$CASE"; then
		printf '%b' "$(case_lines "$CASE" stdout-is "$KERNEL")" >"$DIR/wanted"
		cmp -s "$DIR/wanted" "$DIR/stdout" || wrong "standard output isn't '$(cat "$DIR/wanted")' alone"
	fi
	lines=$(case_lines "$CASE" stderr-lines "$KERNEL")
	[ -z "$lines" ] || [ "$lines" = "$(wc -l <"$DIR/stderr")" ] ||
		wrong "standard error has $(wc -l <"$DIR/stderr") lines, not $lines"
}

case_main() {
	CASE=$1 NAME=$2 KERNEL=$3 DIR=$4
	TREE=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
	LAB=$TREE/lab/run
	BOX=$DIR/box
	export TREE LAB KERNEL BOX NAME
	rm -rf "$DIR"
	mkdir -p "$DIR/log" "$BOX"
	: >"$DIR/failures"
	began=$(date +%s)

	if [ -n "$(case_lines "$CASE" sh "$KERNEL")" ]; then
		eval "set -- $(case_lines "$CASE" sh "$KERNEL")"
		script=$1
		shift
		sh "$TREE/selftests/e2e/$script" "$@" >"$DIR/stdout" 2>"$DIR/stderr" </dev/null
	else
		eval "set -- $(case_lines "$CASE" opts "$KERNEL" | tr '\n' ' ') $(case_lines "$CASE" run "$KERNEL" | head -n 1)"
		"$LAB" --kernel "$KERNEL" --log "$DIR/log" "$@" >"$DIR/stdout" 2>"$DIR/stderr" </dev/null
	fi
	status=$?
	wanted=$(case_lines "$CASE" status "$KERNEL" | tail -n 1)

	[ -e "$DIR/log/klog" ] || : >"$DIR/log/klog"
	# A machine that ended by itself may not have passed on the last lines.
	sed 's/^\[ *[0-9.]*\] //' "$DIR/log/klog" >"$DIR/klog"
	[ ! -e "$DIR/log/console" ] || tr -d '\r' <"$DIR/log/console" | sed 's/^\[ *[0-9.]*\] //' >>"$DIR/klog"

	passed=0 failed=0 skipped=0
	if [ -n "$(grep -E '^ktap' "$CASE")" ]; then
		# shellcheck disable=SC2046  # three numbers
		set -- $(count_ktap)
		passed=$1 failed=$2 skipped=$3
		# Where no machine came up there are no tests to count.
		[ "$passed" != 0 ] || [ "$status" -lt 124 ] || { failed=0; : >"$DIR/failures"; }
		# The lab says 1 for a test that failed; that one is counted already.
		[ "$failed" = 0 ] || [ $status != 1 ] || status=${wanted:-0}
	fi
	skipped_for=''
	[ "$status" != 4 ] || skipped_for=$(skip_reason)
	if [ -n "$skipped_for" ]; then
		skipped=1
	else
		case_expect "$status"
	fi

	# What failed beside the single tests is one failure; a case without single
	# tests is one test.
	if [ "$(wc -l <"$DIR/failures")" -gt "$failed" ]; then
		failed=$((failed + 1))
	elif [ "$failed" = 0 ] && [ "$passed" = 0 ] && [ "$skipped" = 0 ]; then
		passed=1
	fi
	rm -f "$DIR/wanted" "$DIR/skips"
	[ "$failed" != 0 ] || rm -rf "$BOX"
	# The second line of times: what our children, all waited for, have used.
	times >"$DIR/times"
	cpu=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "[ms]"); s += t[1] * 60 + t[2] } print s }' "$DIR/times")
	rm -f "$DIR/times"
	echo "$passed $failed $skipped $(($(date +%s) - began)) ${cpu:-0}" >"$DIR/result"
}

if [ "${0##*/}" = case.sh ]; then
	case_main "$@"
	echo "$2-$3 $$" >&3
	# Nothing more is read from this file, which may have been edited meanwhile.
	exit
fi
