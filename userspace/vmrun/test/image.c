// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of how files are read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "image.h"

#define SIZE	20000

static char folder[32], path[48];

static void set_up(void)
{
	strcpy(folder, "/tmp/vmrun-test.XXXXXX");
	EXPECT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void tear_down(void)
{
	unlink(path);
	rmdir(folder);
}

static void make_file(void)
{
	FILE *to = fopen(path, "w");
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		fputc(i * 7, to);
	fclose(to);
}

/* What somebody does to the file from now on is nothing to the guest. */
TEST(image_is_read)
{
	struct image image;
	unsigned int i;

	set_up();
	make_file();
	EXPECT_EQ(image_open(&image, path), 0);
	EXPECT_EQ(truncate(path, 0), 0);
	EXPECT_EQ(image.size, SIZE);
	for (i = 0; i < SIZE; i++)
		EXPECT_EQ(image.data[i], (uint8_t)(i * 7));
	image_close(&image);
	tear_down();
}

static void refused(const char *words)
{
	struct image image;

	EXPECT_EQ(image_open(&image, path), -1ull);
	EXPECT_SAID(words);
	image_close(&image);
}

/* A FIFO isn't waited for. */
TEST(image_refused)
{
	set_up();
	refused("No such file");
	EXPECT_EQ(mkfifo(path, 0600), 0);
	refused("is not a regular file");
	unlink(path);
	EXPECT_EQ(mkdir(path, 0700), 0);
	refused("is not a regular file");
	rmdir(path);
	make_file();
	EXPECT_EQ(truncate(path, 0), 0);
	refused("is empty");
	EXPECT_EQ(truncate(path, 1ull << 43), 0);
	refused("can't be read");
	tear_down();
}
