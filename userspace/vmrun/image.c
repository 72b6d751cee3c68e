// SPDX-License-Identifier: GPL-2.0
/* Owns files that are put into a guest. Before the guest runs only. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "say.h"

/* Into memory of our own: a file that is mapped can be cut under one's feet. */
static int read_all(struct image *image, int fd, size_t size)
{
	uint8_t *data;
	ssize_t more;

	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return fail("%s can't be read: %s", image->name, strerror(errno));
	image->data = data;
	image->size = size;
	while (size) {
		more = read(fd, data, size);
		if (more < 0)
			return fail("%s can't be read: %s", image->name, strerror(errno));
		if (!more)
			return fail("%s was cut while it was read", image->name);
		data += more;
		size -= more;
	}
	return 0;
}

static int read_regular(struct image *image, int fd)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return fail("%s: %s", image->name, strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return fail("%s is not a regular file", image->name);
	if (!stat.st_size)
		return fail("%s is empty", image->name);
	return read_all(image, fd, stat.st_size);
}

/* To open a FIFO would be to wait for who writes into it. */
int image_open(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	*image = (struct image){ .name = path };
	if (fd < 0)
		return fail("%s: %s", path, strerror(errno));
	error = read_regular(image, fd);
	close(fd);
	if (error)
		image_close(image);
	return error;
}

void image_close(struct image *image)
{
	if (image->data)
		munmap((void *)image->data, image->size);
	image->data = NULL;
}

bool image_has(const struct image *image, uint64_t offset, uint64_t size)
{
	return offset <= image->size && size <= image->size - offset;
}

uint16_t image_u16(const struct image *image, size_t offset)
{
	uint16_t value;

	memcpy(&value, image->data + offset, sizeof(value));
	return value;
}

uint32_t image_u32(const struct image *image, size_t offset)
{
	uint32_t value;

	memcpy(&value, image->data + offset, sizeof(value));
	return value;
}

uint64_t image_u64(const struct image *image, size_t offset)
{
	uint64_t value;

	memcpy(&value, image->data + offset, sizeof(value));
	return value;
}
