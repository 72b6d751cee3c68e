# SPDX-License-Identifier: GPL-2.0
# Stage bios: the firmware images of the simulated machine. Its BIOS ORs a value
# into IA32_FEATURE_CONTROL on every CPU (5: VT-x on and locked); the variants
# leave VT-x unlocked, locked off, or locked off on the second CPU only.

BIOS_VERSION=3.0+dfsg-1
# mov ecx, 0x3a; rdmsr; or eax, VALUE; wrmsr: in 32-bit code on the first CPU,
# in 16-bit code on the others. VALUE is the tenth and the twelfth byte.
BIOS_FIRST='\xb9\x3a\x00\x00\x00\x0f\x32\x83\xc8\x05\x0f\x30'
BIOS_OTHERS='\x66\xb9\x3a\x00\x00\x00\x0f\x32\x66\x83\xc8\x05\x0f\x30'

bios_key() { echo "$BIOS_VERSION"; cat "$LAB_TREE/lab/stages/bios.sh"; }
bios_build() {
	apt_lists "the firmware"
	apt_fetch unpacked "bochsbios=$BIOS_VERSION" vgabios
	cp -L unpacked/usr/share/bochs/BIOS-bochs-latest bios.bin
	cp -L unpacked/usr/share/vgabios/vgabios.bin vga.bin
	rm -rf unpacked
	bios_variant unlocked '\0' '\0'
	bios_variant off '\1' '\1'
	bios_variant off-cpu1 '\5' '\1'
}

# bios_variant NAME FIRST OTHERS: the values as printf escapes.
bios_variant() {
	cp bios.bin "bios-$1.bin"
	bios_patch "bios-$1.bin" "$BIOS_FIRST" 9 "$2"
	bios_patch "bios-$1.bin" "$BIOS_OTHERS" 11 "$3"
}

# bios_patch FILE PATTERN OFFSET BYTE
bios_patch() {
	at=$(LC_ALL=C grep -obUaP "$2" "$1" | cut -d: -f1)
	[ -n "$at" ] || die "the firmware doesn't write IA32_FEATURE_CONTROL where it used to"
	# shellcheck disable=SC2059  # an escape is what it is
	printf "$4" | dd of="$1" bs=1 seek=$((at + $3)) conv=notrunc status=none
}
