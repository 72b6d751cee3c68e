# SPDX-License-Identifier: GPL-2.0
# Stage bochs: the simulator, Bochs 3.0 of Debian 13 with the patches of
# lab/bochs/patches. Stage bochs-unpatched: the same with the lab's own two
# patches only, to prove that the tests notice what the others mend.

BOCHS_VERSION=3.0+dfsg-1

bochs_key()   { echo "$BOCHS_VERSION"; cat "$LAB_TREE/lab/bochs/build" "$LAB_TREE"/lab/bochs/patches/*; }
bochs_needs() { echo bochs-source; }
bochs_build() {
	host_packages g++ make patch xz-utils
	need_space 400 "building Bochs"
	sh "$LAB_TREE/lab/bochs/build" "$(stage_dir bochs-source)"/*.orig.tar.xz "$PWD" >&2
}

bochs_source_key()   { echo "$BOCHS_VERSION"; }
bochs_source_build() {
	apt_lists "the source of Bochs"
	apt_fetch_source "bochs=$BOCHS_VERSION"
}
