# SPDX-License-Identifier: GPL-2.0
# Stage tools: our own small programs: the supervisor on the host, the loader
# ROM, the zero-page maker, and the simulated machine's first process.

tools_key() { cat "$LAB_TREE"/lab/host/* "$LAB_TREE"/lab/rom/* "$LAB_TREE"/lab/guest/init.c "$LAB_TREE"/lab/lib/port.h "$LAB_TREE"/lab/stages/tools.sh; }
tools_build() {
	host_packages gcc libc6-dev binutils cpio
	for program in supervise zeropage mkrom; do
		logged tools gcc -std=gnu11 -O2 -Wall -Wextra -o "$program" "$LAB_TREE/lab/host/$program.c"
	done
	logged tools gcc -c -o loader.o "$LAB_TREE/lab/rom/loader.S"
	logged tools ld -Ttext=0 --oformat binary -o loader.raw loader.o
	./mkrom <loader.raw >loader.rom
	rm -rf root && mkdir root
	logged tools gcc -std=gnu11 -O2 -Wall -Wextra -Wno-unused-result -static -s -o root/init "$LAB_TREE/lab/guest/init.c"
	(cd root && echo init | cpio -o -H newc -R 0:0 --quiet) >initrd.cpio
}
