# SPDX-License-Identifier: GPL-2.0
# Stage source: Debian's linux-source-6.1, from which the small and the debug
# kernel are built, and which brings checkpatch.pl and the kselftest headers.

source_key() { echo 1; }
source_build() {
	host_packages xz-utils
	need_space 1800 "unpacking the kernel source"
	apt_lists "the kernel source"
	rm -rf tree
	apt_fetch . linux-source-6.1
	say "unpacking the kernel source"
	tar xf usr/src/linux-source-6.1.tar.xz && rm -rf usr && mv linux-source-6.1 tree
	apt_version linux-source-6.1 >version
}
