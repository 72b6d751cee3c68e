# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns the way into a namespace of a test's own. A chroot and some containers
# permit none, to root neither: what needs one is skipped there. Sourced.

# namespace OPTION COMMAND...: unshare OPTION (-n, -m) for the command, as root
# where the user isn't; the command's exit status.
namespace() {
	namespace_of=$1
	shift
	if [ "$(id -u)" = 0 ] && unshare "$namespace_of" true 2>/dev/null; then
		unshare "$namespace_of" "$@"
	else
		unshare -r "$namespace_of" "$@"
	fi
}

# need_namespace OPTION COMMAND...: or the reason, in KTAP's words, and its exit
# status for what was skipped. COMMAND is tried there: a mount may be forbidden
# although the namespace isn't.
need_namespace() {
	! namespace "$@" >/dev/null 2>&1 || return 0
	echo "1..0 # SKIP this machine permits no namespaces of one's own"
	exit 4
}
