# SPDX-License-Identifier: GPL-2.0
# Stage clang: linux-source-6.1 prepared for building a module with clang, with
# the options of Debian's own kernel, which is built with gcc. Only for a
# compile check (scripts/check/clang): no part of the simulated machine.

clang_tools() { host_packages make gcc flex bison bc libelf-dev libssl-dev clang lld llvm; }
clang_needs() { echo source stock-6.1; }
clang_key() {
	cat "$LAB_TREE/lab/stages/clang.sh"
	stage_dir source
	stage_dir stock-6.1
	clang --version 2>/dev/null || :	# not there yet
}

clang_build() {
	need_space 500 "preparing the kernel source for clang"
	source=$(stage_dir source)/tree
	stock=$(stage_dir stock-6.1)/kdir
	# Type information for BPF needs tools, python3 among them, for nothing.
	sed 's/^CONFIG_DEBUG_INFO_BTF=y/# CONFIG_DEBUG_INFO_BTF is not set/' "$stock/.config" >.config
	logged clang-config make -C "$source" O="$PWD" LLVM=1 olddefconfig
	logged clang-prepare make -C "$source" O="$PWD" LLVM=1 -j2 modules_prepare
	cp "$stock/Module.symvers" .
}
