# SPDX-License-Identifier: GPL-2.0
# Owns the way from a kernel package to what the simulator loads: the flat
# image (its decompression would cost seconds of simulated time), and the few
# modules that go along.

# KVM is the yardstick; the others serve tests. Missing ones are built in.
KERNEL_MODULES='kvm kvm-intel kvm-amd irqbypass ccp msr zram zsmalloc lzo lzo-rle'

# kernel_flatten BZIMAGE: write flat and entry beside it.
kernel_flatten() {
	sectors=$(kernel_field "$1" 497 1)
	start=$((($sectors + 1) * 512 + $(kernel_field "$1" 584 4)))
	# The last four bytes hold the size, which no decompressor expects.
	length=$(($(kernel_field "$1" 588 4) - 4))
	tail -c +$((start + 1)) "$1" | head -c $length >payload
	case $(od -An -tx1 -N4 payload | tr -d ' ') in
	fd377a58) xz -dc --single-stream <payload >vmlinux.elf ;;
	02214c18) lz4 -dc <payload >vmlinux.elf ;;
	28b52ffd) zstd -dcq <payload >vmlinux.elf ;;
	1f8b*) gzip -dc <payload >vmlinux.elf ;;
	*) die "$1 is compressed in a way that the lab doesn't know" ;;
	esac
	readelf -h vmlinux.elf | awk '/Entry point/ { print $NF }' >entry
	objcopy -O binary vmlinux.elf flat
	rm -f payload vmlinux.elf
}

kernel_field() { od -An -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# kernel_modules RELEASE: copy what a test may load into guest/, unpacked and
# without debug data and signature (the kernel would spend seconds on them).
kernel_modules() {
	to=guest/lib/modules/$1
	rm -rf guest
	mkdir -p "$to"
	for name in $KERNEL_MODULES; do
		found=$(find "lib/modules/$1" -name "$name.ko" -o -name "$name.ko.xz" | head -n 1)
		case $found in
		'') continue ;;
		*.xz) xz -dc "$found" >"$to/$name.ko" ;;
		*) cp "$found" "$to/$name.ko" ;;
		esac
		objcopy -g "$to/$name.ko"
	done
	cp "lib/modules/$1/modules.builtin" "lib/modules/$1/modules.order" "$to/"
}
