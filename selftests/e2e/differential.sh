# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# differential.sh TEST...: these tests of guests (guest:modes), and the suite of sensitive
# instructions, on vmring, then on KVM, in one machine: the same exits in the same order,
# and the same registers at the end. What may differ is in selftests/guest/differences and
# selftests/sensitive/differences-kvm, a row each.

set -eu
cat >"$BOX/both" <<'BOTH'
# both TEST...: what they print is told only if one fails.
tests=$*
run() {
	name=$1
	export VMR_TEST_RECORD=/tmp/$name VMR_TEST_CPUID=/tmp/cpuid
	# shellcheck disable=SC2086  # a list of tests
	/selftests/run $tests >/tmp/told 2>&1 ||
		{ echo "the tests fail on $name:"; cat /tmp/told; exit 1; } >&2
	/selftests/sensitive/boot /selftests/sensitive/suite >"/tmp/$name.text"
	echo "== record of $name"
	cat "/tmp/$name"
	echo "== text of $name"
	cat "/tmp/$name.text"
}
set -e
run vmring
rmmod vmring
modprobe kvm_intel
export VMR_TEST_BACKEND=kvm
run KVM
BOTH
"$LAB" --kernel "$KERNEL" --mem 768 --timeout 900 --add "$BOX/both" -- sh both "$@" >"$BOX/output"
for part in record text; do
	for name in vmring KVM; do
		sed -n "/^== $part of $name\$/,/^== /p" "$BOX/output" | grep -v '^== ' >"$BOX/$part.$name"
	done
done
status=0
"$TREE/scripts/compare-records" --console 0x8914 "$TREE/selftests/guest/differences" \
	"vmring:$BOX/record.vmring" "KVM:$BOX/record.KVM" || status=1
"$TREE/scripts/gen-sensitive" --kvm "$BOX/text.KVM" "$BOX/text.vmring" >"$BOX/document" || status=1
echo "$(wc -l <"$BOX/text.KVM") results compared"
exit $status
