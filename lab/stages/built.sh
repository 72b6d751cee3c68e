# SPDX-License-Identifier: GPL-2.0
# Stages built-small and built-debug: the lab's own kernels, from Debian's
# source with the options of lab/kernel/. The build folder is kept: it is what a
# module is built against (kdir), and an interrupted build goes on in it.

built_small_needs() { echo source; }
built_debug_needs() { echo source; }
built_small_key() { built_key small.config; }
built_debug_key() { built_key small.config debug.config; }
built_small_build() { built_build small.config; }
built_debug_build() { built_build small.config debug.config; }

built_key() {
	cat "$LAB_TREE/lab/lib/kernel.sh"
	cat "$(stage_dir source)/version" 2>/dev/null || :	# not there yet
	(cd "$LAB_TREE/lab/kernel" && cat "$@")
}

built_build() {
	host_packages gcc-12 make flex bison bc lz4 cpio perl libelf-dev libssl-dev xz-utils kmod
	need_space 3000 "building a kernel"
	source=$(stage_dir source)/tree
	mkdir -p kdir
	[ -f kdir/.config ] || built_configure "$@"
	built_make bzImage modules
	built_make INSTALL_MOD_PATH="$PWD" INSTALL_MOD_STRIP=1 modules_install
	release=$(cat kdir/include/config/kernel.release)
	rm -f "lib/modules/$release/build" "lib/modules/$release/source"
	cp kdir/arch/x86/boot/bzImage bzImage
	kernel_flatten bzImage
	kernel_modules "$release"
	rm -rf lib
	echo "$release" >release
}

built_configure() {
	for fragment; do
		set -- "$@" "$LAB_TREE/lab/kernel/$fragment"
		shift
	done
	logged kernel-config make -C "$source" O="$PWD/kdir" CC=gcc-12 tinyconfig
	(cd kdir && logged kernel-config "$source/scripts/kconfig/merge_config.sh" -m .config "$@")
	logged kernel-config make -C "$source" O="$PWD/kdir" CC=gcc-12 olddefconfig
	for fragment; do
		built_check_taken "$fragment" "$@"
	done
}

# built_check_taken FRAGMENT ALL...: every wanted option must have survived.
built_check_taken() {
	sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=.*/&/p; s/^# \(CONFIG_[A-Z0-9_]*\) is not set/\1=n/p' "$1" |
	while IFS='=' read -r option value; do
		# A later fragment may have changed its mind.
		last=$(cat "$@" | sed -n "s/^$option=//p; s/^# $option is not set/n/p" | tail -n 1)
		[ "$last" = "$value" ] || continue
		taken=$(sed -n "s/^$option=//p" kdir/.config)
		[ "${taken:-n}" = "$value" ] || {
			rm -f kdir/.config
			die "kernel option $option=$value was not taken: see what it depends on (${1##*/})"
		}
	done
}

# built_make ARG...: make, with a line of progress every hundred files.
built_make() {
	make_log=$LAB_CACHE/log/kernel-$(basename "$PWD").log
	{
		nice make -C "$source" O="$PWD/kdir" CC=gcc-12 -j"$(nproc)" "$@" 2>&1 </dev/null
		echo "exit $?"
	} | tee "$make_log" | awk -v name="$LAB_NAME" '
		$1 == "CC" || $1 == "AR" { if (++n % 200 == 0) { printf "%s: %d files compiled\n", name, n; fflush() } }
	' >&2
	grep -qx 'exit 0' "$make_log" && return 0
	tail -n 15 "$make_log" >&2
	die "the kernel could not be built; the whole log is $make_log"
}
