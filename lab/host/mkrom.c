// SPDX-License-Identifier: GPL-2.0
/* Owns the ROM's checksum: copies a ROM image, its bytes then add up to zero. */

#include <stdio.h>

#include "../lib/port.h"

int main(void)
{
	unsigned char rom[LAB_ROM_SIZE + 1], sum = 0;
	size_t size = fread(rom, 1, sizeof(rom), stdin);

	if (size != LAB_ROM_SIZE) {
		fprintf(stderr, "mkrom: the ROM must have %d bytes, not %zu\n", LAB_ROM_SIZE, size);
		return 1;
	}
	for (size_t i = 0; i < size; i++)
		sum += rom[i];
	rom[size - 1] -= sum;
	return fwrite(rom, 1, size, stdout) != size;
}
