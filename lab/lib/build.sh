# SPDX-License-Identifier: GPL-2.0
# Owns build/: for each kernel a folder of links to the module's sources, in
# which kbuild can work without touching the tree or another kernel's objects.

BUILD=$LAB_TREE/build

# What is built for the machine besides the module, where the tree has it;
# LAB_PROGRAMS says less, for those who need less and don't want to wait for it.
PROGRAMS=${LAB_PROGRAMS-selftests userspace/vmrun bench}

# build_newer OUTPUT SOURCE...: is any source newer than the output?
build_newer() {
	output=$1
	shift
	[ ! -e "$output" ] || [ -n "$(find "$@" -newer "$output" \( -type f -o -type d \) -print -quit)" ]
}

# build_mirror DIR SOURCE...: links in DIR to all files below these of the tree.
build_mirror() {
	mirror=$1
	shift
	mkdir -p "$mirror"
	find "$mirror" -type l ! -exec test -e {} \; -delete
	(cd "$LAB_TREE" && find "$@" -type d) | while read -r dir; do
		mkdir -p "$mirror/$dir"
	done
	(cd "$LAB_TREE" && find "$@" -type f) | while read -r file; do
		[ -L "$mirror/$file" ] || ln -sf "$LAB_TREE/$file" "$mirror/$file"
	done
}

# build_locked NAME COMMAND...: one build of a kind at a time, its output shown
# only when it fails.
build_locked() {
	build_name=$1
	shift
	mkdir -p "$BUILD"
	[ -z "${LAB_PROGRESS-}" ] || say "building $build_name"
	(
		flock 8
		"$@" >"$BUILD/$build_name.log" 2>&1 </dev/null
	) 8>"$BUILD/$build_name.lock" && return 0
	cat "$BUILD/$build_name.log" >&2
	die "$build_name could not be built"
}

kernel_stage() {
	case $1 in
	small|debug) echo "built-$1" ;;
	*) echo "stock-$1" ;;
	esac
}

# build_module KERNEL: vmring.ko, its debug variant and the tests' own modules.
build_module() {
	kernel_dir=$(stage_dir "$(kernel_stage "$1")")
	sources="$LAB_TREE/Kbuild $LAB_TREE/module $LAB_TREE/uapi $LAB_TREE/selftests/modules $LAB_TREE/VERSION"
	# shellcheck disable=SC2086  # a list of folders
	build_newer "$BUILD/$1/guest.files" $sources "$kernel_dir/.done" "$LAB_TREE/lab/lib/build.sh" || return 0
	build_locked "module-$1" build_module_now "$1" "$kernel_dir"
}

build_module_now() {
	into=$BUILD/$1
	# Another run may have built it while this one waited for the lock.
	# shellcheck disable=SC2086  # a list of folders
	build_newer "$into/guest.files" $sources "$2/.done" "$LAB_TREE/lab/lib/build.sh" || return 0
	mkdir -p "$into"
	: >"$into/began"
	for variant in release debug; do
		build_mirror "$into/$variant" Kbuild VERSION module uapi
		debug=
		[ $variant = release ] || debug=VMR_DEBUG=1
		# shellcheck disable=SC2086  # nothing, or one variable
		make -C "$2/kdir" M="$into/$variant" VMR_WERROR=1 $debug modules || return
	done
	build_mirror "$into/tests" selftests/modules
	for helper in "$into"/tests/selftests/modules/*/; do
		make -C "$2/kdir" M="${helper%/}" VMR_WERROR=1 modules || return
	done
	build_guest_files "$into" "$2" || return
	# As old as the sources it was made from, should one change meanwhile.
	touch -r "$into/began" "$into/guest.files.new"
	mv "$into/guest.files.new" "$into/guest.files"
}

# build_guest_files DIR KERNEL-DIR: the modules as the simulated machine gets them.
build_guest_files() {
	release=$(cat "$2/release")
	rm -rf "$1/root"
	mkdir -p "$1/root/lib/modules/$release/extra" "$1/root/lab/debug"
	cp "$2/guest/lib/modules/$release"/* "$1/root/lib/modules/$release/" || return
	[ -f "$1/root/lib/modules/$release/kvm-intel.ko" ] || {
		echo "the kernel $release has come without KVM's modules: $2/guest"
		return 1
	}
	for ko in "$1"/release/vmring.ko "$1"/tests/selftests/modules/*/*.ko; do
		objcopy -g "$ko" "$1/root/lib/modules/$release/extra/${ko##*/}" || return
	done
	objcopy -g "$1/debug/vmring.ko" "$1/root/lab/debug/vmring.ko" || return
	depmod -b "$1/root" "$release" || return
	send_tree "$1/root" >"$1/guest.files.new"
}

# build_programs: what runs in the simulated machine, where it exists in the tree.
build_programs() {
	for program in $PROGRAMS; do
		[ -f "$LAB_TREE/$program/Makefile" ] || continue
		[ "$program" != userspace/vmrun ] || host_packages liburing-dev
		build_locked "${program##*/}" build_program_now "$program" "$BUILD/${program##*/}"
	done
}

# build_program_now PROGRAM DIR: and its files as the simulated machine gets them.
build_program_now() {
	make -C "$LAB_TREE/$1" lab VMR_WERROR=1 OUTPUT="$2" || return
	build_newer "$2/guest.files" "$2/root" || return 0
	send_tree "$2/root" >"$2/guest.files.new" || return
	mv "$2/guest.files.new" "$2/guest.files"
}
