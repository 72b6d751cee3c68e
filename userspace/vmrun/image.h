/* SPDX-License-Identifier: GPL-2.0 */
/* Owns a file's contents, read to be put into a guest. */
#ifndef VMRUN_IMAGE_H
#define VMRUN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
	const char *name;
	const uint8_t *data;
	size_t size;
};

/**
 * image_open() - read a file
 * @image: what is filled in
 * @path: a regular file that isn't empty
 *
 * Return: 0, or -1 (said why).
 */
int image_open(struct image *image, const char *path);

/**
 * image_close() - forget it
 * @image: from image_open(), or zeroed
 */
void image_close(struct image *image);

/**
 * image_has() - is a range within the file?
 * @image: the file
 * @offset: where the range begins
 * @size: and its length; no sum of the two is too large
 *
 * Return: whether it is.
 */
bool image_has(const struct image *image, uint64_t offset, uint64_t size);

/* Little-endian numbers; the caller has asked image_has(). */
uint16_t image_u16(const struct image *image, size_t offset);
uint32_t image_u32(const struct image *image, size_t offset);
uint64_t image_u64(const struct image *image, size_t offset);

#endif
