# SPDX-License-Identifier: GPL-2.0
# Stages stock-6.1 and stock-6.12: Debian's cloud kernels as they are, each with
# its image, its modules and the headers to build a module for it (kdir).

stock_6_1_key()   { stock_key; }
stock_6_12_key()  { stock_key; }
stock_key() { cat "$LAB_TREE/lab/stages/stock.sh" "$LAB_TREE/lab/lib/kernel.sh"; }
stock_6_1_build()  { stock_build linux-image-cloud-amd64 linux-headers-cloud-amd64; }
stock_6_12_build() { stock_build linux-image-6.12-cloud-amd64 linux-headers-6.12-cloud-amd64; }

stock_build() {
	host_packages gcc-12 make libelf1 binutils xz-utils lz4 zstd kmod
	need_space 700 "unpacking a Debian kernel"
	apt_lists "a Debian kernel"
	image=$(apt_depends "$1" linux-image-)
	headers=$(apt_depends "$2" linux-headers-)
	# shellcheck disable=SC2046  # a list of package names
	apt_fetch . "$image" "$headers" $(apt_depends "$headers" 'linux-headers-|linux-kbuild-')
	apt_version "$1" >version

	release=${image#linux-image-}
	mv "boot/vmlinuz-$release" bzImage
	rm -rf boot usr/share
	# Debian's folder refers to its installed place once.
	sed -i "s|^include /usr/src|include $PWD/usr/src|" "usr/src/linux-headers-$release/Makefile"
	# Without it kbuild leaves out BTF, which needs pahole and slows insmod.
	rm -f "usr/src/linux-headers-$release/vmlinux"
	ln -sfn "usr/src/linux-headers-$release" kdir
	kernel_flatten bzImage
	kernel_modules "$release"
	rm -rf lib/modules
	echo "$release" >release
}
