# SPDX-License-Identifier: GPL-2.0
# Owns the lab's conventions: where the cache is, how a stage says what it
# does, and how it fails. Sourced by lab/setup, lab/run and every stage; the
# one who sources it has set LAB_TREE, the top folder of the source tree.

LAB_CACHE=${VMRING_LAB:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmring-lab}
: "${LAB_NAME:=lab}"

say() { printf '%s: %s\n' "$LAB_NAME" "$*" >&2; }
die() { say "$*"; exit 125; }

# Neither make nor kbuild can work in such a folder.
for folder in "$LAB_TREE" "$LAB_CACHE"; do
	case $folder in
	*[[:space:]]*) die "the path $folder has a blank in it: move it to one without (VMRING_LAB names another cache)" ;;
	esac
done

# need_space MEGABYTES WHAT: stop before a stage would fill the cache's disk.
need_space() {
	mkdir -p "$LAB_CACHE" 2>/dev/null ||
		die "can't create $LAB_CACHE; set VMRING_LAB to a folder that you may write to"
	free=$(df -Pm "$LAB_CACHE" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$1" ] ||
		die "$2 needs $1 MB in $LAB_CACHE but only $free MB are free; make room, or set VMRING_LAB to a folder on another disk"
}

# key_of FILE...: a short name for what these files (or standard input) hold.
key_of() { cat -- "$@" | sha256sum | cut -c1-12; }

# logged NAME COMMAND...: run with all output in a log; on failure show its end.
logged() {
	logged_name=$1
	shift
	mkdir -p "$LAB_CACHE/log"
	"$@" >"$LAB_CACHE/log/$logged_name.log" 2>&1 </dev/null && return 0
	tail -n 15 "$LAB_CACHE/log/$logged_name.log" >&2
	die "$logged_name failed; the whole log is $LAB_CACHE/log/$logged_name.log"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo -- "$@"
	else
		die "this needs root: run it as root, or install sudo: $*"
	fi
}

# host_packages PACKAGE...: see to it that these are installed on this machine.
host_packages() {
	missing=
	for package; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*' installed') ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null 2>&1 ||
		die "the lab installs its tools with apt-get, which is not here; it needs:$missing"
	say "installing Debian packages:$missing"
	# shellcheck disable=SC2086  # a list of package names
	logged packages install_packages $missing
}

install_packages() {
	set -- as_root env DEBIAN_FRONTEND=noninteractive apt-get -y \
		-o DPkg::Lock::Timeout=600 --no-install-recommends install "$@"
	"$@" && return 0
	# The package lists may be older than what the mirror holds now.
	as_root apt-get update && "$@"
}
