# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Owns what the checks have in common: where the tree is, where their own files
# go, and how kernels are found. Sourced by every script of this folder; a check
# is quiet when clean, says what it found on stdout when not, and exits 1. One
# that can't be made on this machine says "1..0 # SKIP reason" and exits 4.

set -eu
TREE=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
OUT=$TREE/build/check
CHECK=${0##*/}
export LC_ALL=C

# Where the lab keeps its files, and host_packages() to install what is missing.
LAB_TREE=$TREE
LAB_NAME=check/$CHECK
# shellcheck source=lab/lib/common.sh
. "$TREE/lab/lib/common.sh"

# setup STAGE...: see to it that these parts of the lab are there.
setup() { "$TREE/lab/setup" "$@"; }

# our_files FIND-EXPRESSION...: sources of the tree, relative to it.
our_files() {
	(cd "$TREE" && find . \( -path ./build -o -path ./.git -o -name out \) -prune -o \
		-type f \( "$@" \) -print | sed 's|^\./||' | sort)
}

# mirror DIR SOURCE...: links in DIR to these files and folders of the tree, so
# that kbuild can work there without touching it. What is linked already stays.
mirror() {
	mirror=$1
	shift
	mkdir -p "$mirror"
	find "$mirror" -type l ! -exec test -e {} \; -exec rm -f {} +
	(cd "$TREE" && find "$@" -type f \( -name '*.[chS]' -o -name '*.inc' -o -name 'Kbuild' -o -name '*.mk' -o -name VERSION \)) |
		while read -r file; do
			[ ! -L "$mirror/$file" ] || continue
			mkdir -p "$mirror/$(dirname "$file")"
			ln -s "$TREE/$file" "$mirror/$file"
		done
}

# quietly COMMAND...: show its output only if it fails, and fail then.
quietly() {
	quiet_log=$OUT/$CHECK.$$.log
	mkdir -p "$OUT"
	if "$@" >"$quiet_log" 2>&1 </dev/null; then
		rm -f "$quiet_log"
		return 0
	fi
	cat "$quiet_log"
	rm -f "$quiet_log"
	return 1
}

# kbuild KDIR DIR [ARG...]: build a module there, warnings are errors. Type
# information for BPF needs a tool that a bare machine lacks, and says nothing
# about us.
kbuild() {
	kbuild_kdir=$1 kbuild_dir=$2
	shift 2
	make -C "$kbuild_kdir" M="$kbuild_dir" CONFIG_DEBUG_INFO_BTF_MODULES= VMR_WERROR=1 "$@"
}
