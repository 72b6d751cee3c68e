#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The gate on doctored counts: it trips on growth of more than 3 % and on what no
# baseline knows, not on less; it compares nothing across kernels and compilers;
# and it wants to know why a baseline changed.

set -eu
gate=$TREE/scripts/check/gate
base=$TREE/bench/baseline.json
bad=0

# gate_says STATUS REGEX: on $BOX/counts.
gate_says() {
	status=0
	"$gate" --counts "$BOX/counts" >"$BOX/out" 2>&1 || status=$?
	[ $status = "$1" ] && grep -qE -e "$2" "$BOX/out" && return
	echo "the gate ended with $status, not $1, or told nothing like '$2':"
	diff "$base" "$BOX/counts" || :
	cat "$BOX/out"
	bad=1
}

# doctored NAME FACTOR: the counts with one of the first backend's multiplied.
doctored() {
	awk -v name="$1" -v factor="$2" '
		!done && index($0, "\"" name "\": ") { done = 1; n = $NF + 0; sub(/[0-9]+,?$/, int(n * factor + 0.5) (/,$/ ? "," : "")) }
		{ print }
		END { exit !done }
	' "$base" >"$BOX/counts"
}

cp "$base" "$BOX/counts"
gate_says 0 '^ok .*: no count has grown'
doctored 'CPUID instructions' 1.04
gate_says 1 "^# .*: CPUID instructions was [0-9]+ and is [0-9]+ \(\+[34]\.[0-9] %\)"
doctored 'CPUID instructions' 1.025
gate_says 0 '^ok .*: no count has grown'
doctored 'CPUID vmread' 1.2
gate_says 1 '^# .*: CPUID vmread was'
doctored 'create' 1.04
gate_says 1 '^# .*: create was'
doctored 'CPUID instructions' 0.5
gate_says 0 '^# .*: time for a new baseline'
sed '0,/"CPUID instructions"/s/"CPUID instructions"/"CPUID iret": 1,\n\t\t&/' "$base" >"$BOX/counts"
gate_says 1 '^# .*: CPUID iret is 1; the baseline has none'
sed '/"CPUID /d' "$base" >"$BOX/counts"
gate_says 1 '^# .*: CPUID instructions was not measured'
sed 's/"kernel": "[^"]*"/"kernel": "9.9"/' "$base" >"$BOX/counts"
gate_says 0 "^ok .* # SKIP can't compare: the baseline is for kernel .*, this is 9.9"
sed 's/"compiler": "[^"]*"/"compiler": "tcc"/' "$base" >"$BOX/counts"
gate_says 0 "^ok .* # SKIP can't compare: the baseline is for compiler .*, this is tcc"
sed '0,/^"kvm": {/s//"xen": {/' "$base" >"$BOX/counts"
gate_says 1 '^not ok .*: scripts/check/gate --update'

# ---- why did it change? ----

# commit MESSAGE: a baseline that is another one, in a repository of its own.
commit() {
	sed -i 's/\("CPUID instructions": \)\([0-9]*\)/\11\2/' "$BOX/tree/bench/baseline.json"
	git -C "$BOX/tree" -c user.name=t -c user.email=t@example.org commit -qam "$1"
	cp "$BOX/tree/bench/baseline.json" "$BOX/counts"
}

mkdir -p "$BOX/tree"
(cd "$TREE" && cp -r --parents scripts lab/lib bench "$BOX/tree/")
git -C "$BOX/tree" init -q
git -C "$BOX/tree" add .
git -C "$BOX/tree" -c user.name=t -c user.email=t@example.org commit -qm begin
gate=$BOX/tree/scripts/check/gate
base=$BOX/tree/bench/baseline.json
cp "$base" "$BOX/counts"
gate_says 0 '^ok .*each change of the baseline says why'
commit "bench: Slower

Baseline: the answer has two words more"
gate_says 0 '^ok .*each change of the baseline says why'
commit "bench: Slower still"
gate_says 1 "^# commit [0-9a-f]+ changes bench/baseline.json without a line 'Baseline: why'"
exit $bad
