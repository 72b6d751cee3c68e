#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Samples of KTAP, and what count_ktap must make of each.

set -u
. "$TREE/selftests/e2e/case.sh"
DIR=$BOX
CASE=$BOX/case
echo 'skip there is one CPU only' >"$CASE"
bad=0

# counts "PASSED FAILED SKIPPED": of standard input.
counts() {
	cat >"$BOX/stdout"
	: >"$BOX/failures"
	got=$(count_ktap)
	[ "$got" = "$1" ] || { echo "counted '$got', not '$1', in:"; cat "$BOX/stdout"; bad=1; }
}

counts '0 1 0' </dev/null
counts '0 1 0' <<-END
	TAP version 13
	1..1
END
counts '2 0 0' <<-END
	TAP version 13
	1..1
	# selftests: x: y
	# TAP version 13
	# 1..2
	# ok 1 one
	# ok 2 two
	ok 1 selftests: x: y
END
counts '1 1 0' <<-END
	1..1
	# selftests: x: y
	# ok 1 one
	# not ok 2 two
	not ok 1 selftests: x: y # exit=1
END
# It passed its tests, then crashed.
counts '1 1 0' <<-END
	1..1
	# selftests: x: y
	# ok 1 one
	not ok 1 selftests: x: y # exit=139
END
counts '0 1 0' <<-END
	1..1
	# selftests: x: y
	not ok 1 selftests: x: y # TIMEOUT 45 seconds
END
# The second program never ended.
counts '1 1 0' <<-END
	1..2
	# selftests: x: y
	# ok 1 one
	ok 1 selftests: x: y
	# selftests: x: z
END
counts '1 1 1' <<-END
	1..1
	# selftests: x: y
	# ok 1 one
	# ok 2 two # SKIP there is one CPU only
	# ok 3 three # SKIP no idea
	ok 1 selftests: x: y
END
counts '1 0 1' <<-END
	1..2
	# selftests: x: y
	# 1..0 # SKIP there is one CPU only
	ok 1 selftests: x: y # SKIP
	# selftests: x: z
	# ok 1 one
	ok 2 selftests: x: z
END
counts '0 1 0' <<-END
	1..1
	# selftests: x: y
	# 1..0 # SKIP vmring is not loaded
	ok 1 selftests: x: y # SKIP
END
# Everything that was skipped was excused, and yet nothing was shown.
counts '0 1 1' <<-END
	1..1
	# selftests: x: y
	# 1..0 # SKIP there is one CPU only
	ok 1 selftests: x: y # SKIP
END
exit $bad
