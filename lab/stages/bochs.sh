# SPDX-License-Identifier: GPL-2.0
# Stage bochs: the simulator, Bochs 3.0 of Debian 13 with the patches of
# lab/bochs/patches. Stage bochs-unpatched: the same with the lab port only, to
# prove that the simulator's tests notice what the other patches mend. Stage
# bochs-profile: with all patches and a library that watches, for lab/profile.

BOCHS_VERSION=3.0+dfsg-1

bochs_key()   { echo "$BOCHS_VERSION"; cat "$LAB_TREE/lab/bochs/build" "$LAB_TREE"/lab/bochs/patches/*; }
bochs_needs() { echo bochs-source; }
bochs_build() { bochs_build_with; }

bochs_unpatched_key()   { bochs_key; }
bochs_unpatched_needs() { echo bochs-source; }
bochs_unpatched_build() { bochs_build_with --only '24-*'; }

bochs_profile_key()   { bochs_key; cat "$LAB_TREE"/lab/bochs/instrument/instrument.* "$LAB_TREE/lab/lib/port.h"; }
bochs_profile_needs() { echo bochs-source; }
bochs_profile_build() { bochs_build_with --instrument; }

# bochs_build_with OPTION...
bochs_build_with() {
	host_packages g++ make patch xz-utils
	need_space 400 "building Bochs"
	sh "$LAB_TREE/lab/bochs/build" "$@" "$(stage_dir bochs-source)"/*.orig.tar.xz "$PWD" >&2
}

bochs_source_key()   { echo "$BOCHS_VERSION"; }
bochs_source_build() {
	apt_lists "the source of Bochs"
	apt_fetch_source "bochs=$BOCHS_VERSION"
}
