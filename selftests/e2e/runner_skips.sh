#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Where namespaces aren't permitted, the cases that need one are skipped with
# that reason, and dkms too; a case that must not be skipped has failed.

set -u
. "$TREE/selftests/e2e/case.sh"
mkdir "$BOX/bin"
printf '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n' >"$BOX/bin/unshare"
chmod 755 "$BOX/bin/unshare"
PATH=$BOX/bin:$PATH
bad=0

# result FILE NAME WANTED: what a case comes to.
result() {
	sh "$TREE/selftests/e2e/case.sh" "$1" "$2" small "$BOX/$2" 3>/dev/null
	got=$(cut -d' ' -f1-3 "$BOX/$2/result")
	[ "$got" = "$3" ] || { echo "$2: '$got', not '$3'"; cat "$BOX/$2/stdout" "$BOX/$2/failures"; bad=1; }
}

case_split "$BOX/cases" "$TREE/selftests/e2e/lab.cases"
for name in lab-no-network lab-no-network-cold lab-no-space; do
	result "$BOX/cases"/*-"$name" $name '0 0 1'
done
sed '/^skip/d' "$BOX/cases"/*-lab-no-space >"$BOX/unexcused"
result "$BOX/unexcused" unexcused '0 1 0'

"$TREE/scripts/check/fast" dkms >"$BOX/dkms" 2>&1
status=$?
[ $status != 0 ] && grep -qx 'skip   dkms: this machine permits no namespaces of .*' "$BOX/dkms" &&
	[ "$(tail -n 1 "$BOX/dkms")" = '0 passed, 0 failed, 1 skipped' ] ||
	{ echo "dkms: status $status:"; cat "$BOX/dkms"; bad=1; }
exit $bad
