# SPDX-License-Identifier: GPL-2.0
# Owns a private apt: packages of the releases that the lab is made of,
# fetched into the cache whatever release this machine runs, from the mirror
# that its own apt configuration names. /etc/apt and the installed packages
# stay as they are. apt itself verifies signatures and checksums.

APT_DIR=$LAB_CACHE/apt

# apt_mirror LABEL: the site this machine gets Debian (or Debian-Security) from.
apt_mirror() {
	apt-get indextargets --format '$(LABEL)|$(SITE)' 'Created-By: Packages' |
		awk -F'|' -v label="$1" '$1 == label { print $2; exit }'
}

# apt_private TOOL ARG...: apt-get or apt-cache on the private state.
apt_private() {
	tool=$1
	shift
	"$tool" -c "$APT_DIR/apt.conf" "$@"
}

# apt_configure: the source list and configuration of the private apt.
apt_configure() {
	command -v apt-get >/dev/null 2>&1 ||
		die "the lab is made of Debian packages, and this machine has no apt-get"
	debian=$(apt_mirror Debian)
	if [ -z "$debian" ]; then
		logged apt-update as_root apt-get update
		debian=$(apt_mirror Debian)
	fi
	[ -n "$debian" ] ||
		die "apt on this machine names no Debian mirror; add one to /etc/apt/sources.list"
	security=$(apt_mirror Debian-Security)
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -f "$keyring" ] || host_packages debian-archive-keyring

	mkdir -p "$APT_DIR/lists/partial" "$APT_DIR/archives/partial" "$APT_DIR/parts"
	cat >"$APT_DIR/sources.list" <<-LIST
		deb [signed-by=$keyring] $debian bookworm main
		deb [signed-by=$keyring] ${security:-$debian-security} bookworm-security main
		deb [signed-by=$keyring] $debian trixie main
		deb-src [signed-by=$keyring] $debian trixie main
	LIST
	# Debian 12 unless a version is asked for; trixie is here for Bochs 3.0.
	cat >"$APT_DIR/preferences" <<-PIN
		Package: *
		Pin: release n=trixie
		Pin-Priority: 100
	PIN
	cat >"$APT_DIR/apt.conf" <<-CONF
		Dir::State "$APT_DIR";
		Dir::State::status "$APT_DIR/status";
		Dir::Cache "$APT_DIR";
		Dir::Etc::sourcelist "$APT_DIR/sources.list";
		Dir::Etc::sourceparts "$APT_DIR/parts";
		Dir::Etc::preferences "$APT_DIR/preferences";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
	: >"$APT_DIR/status"
}

apt_update() {
	apt_private apt-get -o APT::Update::Error-Mode=any update
}

apt_lists_fresh() { [ -n "$(find "$APT_DIR/ready" -mmin -1440 2>/dev/null)" ]; }

# apt_lists WHAT: have package lists that are at most a day old, to get WHAT.
apt_lists() {
	apt_lists_fresh || (
		need_space 500 "reading package lists"
		mkdir -p "$APT_DIR"
		exec 7>"$APT_DIR/lock"
		flock 7
		apt_lists_fresh || apt_lists_now "$1" 7>&-
	)
}

apt_lists_now() {
	apt_configure
	say "reading the package lists"
	if apt_update >"$APT_DIR/update.log" 2>&1 </dev/null; then
		: >"$APT_DIR/ready"
		return 0
	fi
	grep '^E:' "$APT_DIR/update.log" | head -n 3 >&2 || :
	die "the Debian mirror can't be reached, and $1 is not in the cache yet: connect this machine, and run the same command again"
}

# apt_version PACKAGE: the version that apt_fetch would get.
apt_version() {
	apt_private apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2 }'
}

# apt_depends PACKAGE REGEX: names of its direct dependencies that match.
apt_depends() {
	apt_private apt-cache show --no-all-versions "$1" |
		sed -n 's/^\(Pre-\)\{0,1\}Depends: //p' | tr ',|' '\n\n' |
		awk '{ print $1 }' | grep -E "^($2)" | sort -u
}

# apt_fetch DIR PACKAGE[=VERSION]...: download and unpack into DIR.
apt_fetch() {
	into=$1
	shift
	mkdir -p "$into"
	box=$(mktemp -d "$APT_DIR/download.XXXXXX")
	say "fetching $*"
	if ! (cd "$box" && apt_private apt-get download "$@") >"$box/log" 2>&1 </dev/null; then
		grep '^E:' "$box/log" | head -n 3 >&2 || :
		rm -rf "$box"
		# A version that the mirror has replaced since is found next time.
		rm -f "$APT_DIR/ready"
		die "could not fetch $*: connect this machine, and run the same command again"
	fi
	for deb in "$box"/*.deb; do
		dpkg -x "$deb" "$into"
	done
	rm -rf "$box"
}

# apt_fetch_source PACKAGE=VERSION: its upstream tarball into the current folder,
# checked by apt. A mirror may lack the .dsc, which makes apt fail although it
# has fetched the tarball.
apt_fetch_source() {
	say "fetching the source of ${1%%=*}"
	apt_private apt-get source --download-only "$1" \
		>"$LAB_CACHE/log/source-${1%%=*}.log" 2>&1 </dev/null || :
	for tarball in *.orig.tar.*; do
		[ ! -f "$tarball" ] || return 0
	done
	tail -n 5 "$LAB_CACHE/log/source-${1%%=*}.log" >&2
	die "the source of ${1%%=*} could not be fetched"
}
