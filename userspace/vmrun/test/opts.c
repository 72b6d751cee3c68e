// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the command line. */
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "harness.h"
#include "opts.h"
#include "say.h"

/* Words are separated by one blank. */
static int parse(struct options *options, const char *line)
{
	static char words[512];
	char *argv[32] = { "vmrun" };
	int argc = 1;
	char *word;

	snprintf(words, sizeof(words), "%s", line);
	for (word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return opts_parse(options, argc, argv);
}

TEST(opts_defaults)
{
	struct options options;

	EXPECT_EQ(parse(&options, "--kernel k"), -1);
	EXPECT(options.backend == &backend_vmring);
	EXPECT(!strcmp(options.kernel, "k"));
	EXPECT(!*options.cmdline);
	EXPECT_EQ(options.exits, EXITS_INLINE);
	EXPECT_EQ(options.memory, 256ull << 20);
	EXPECT_EQ(options.debug_exit, -1);
	EXPECT_EQ(options.test_latch, -1);
	EXPECT(!options.reboot && !options.stats && !options.initrd && !options.flat);
}

/* A blank before each */
#define ALL	" --kernel k --initrd i --cmdline c --cpus 1 --mem 2G --pages hugetlb"	\
		" --console file:/x --backend kvm --reboot --stats --debug-exit 0xf4"	\
		" --test-latch 0x500 --test-mmio 0xd0000000,0x1000"

TEST(opts_all)
{
	struct options options;

	EXPECT_EQ(parse(&options, ALL), -1);
	EXPECT(options.backend == &backend_kvm);
	EXPECT(!strcmp(options.initrd, "i"));
	EXPECT(!strcmp(options.cmdline, "c"));
	EXPECT_EQ(options.memory, 2ull << 30);
	EXPECT_EQ(options.pages, MEMORY_HUGETLB);
	EXPECT_EQ(options.console, CONSOLE_FILE);
	EXPECT(!strcmp(options.console_path, "/x"));
	EXPECT(options.reboot && options.stats);
	EXPECT_EQ(options.debug_exit, 0xf4);
	EXPECT_EQ(options.test_latch, 0x500);
	EXPECT_EQ(options.test_mmio, 0xd0000000);
	EXPECT_EQ(options.test_mmio_size, 0x1000);
	EXPECT_EQ(parse(&options, "--ker k --cmd words"), -1);	/* enough of a word will do */
	EXPECT(!strcmp(options.cmdline, "words"));
	EXPECT_EQ(parse(&options, "--kernel k --module one --module two"), -1);
	EXPECT_EQ(options.modules, 2);
	EXPECT(!strcmp(options.module[1], "two"));
	EXPECT_EQ(parse(&options, "--flat a@b@0x7c00 --entry 64 --mem 64 --console pty"), -1);
	EXPECT(!strcmp(options.flat, "a@b"));
	EXPECT_EQ(options.flat_at, 0x7c00);
	EXPECT_EQ(options.entry, ENTRY_64);
	EXPECT_EQ(options.memory, 64ull << 20);
	EXPECT_EQ(options.console, CONSOLE_PTY);
	free((void *)options.flat);
}

TEST(opts_exits)
{
	struct options options;

	EXPECT_EQ(parse(&options, "--kernel k --exits poll"), -1);
	EXPECT_EQ(options.exits, EXITS_POLL);
	EXPECT_EQ(parse(&options, "--kernel k --exits eventfd"), -1);
	EXPECT_EQ(options.exits, EXITS_EVENTFD);
	EXPECT_EQ(parse(&options, "--exits uring --kernel k"), -1);
	EXPECT_EQ(options.exits, EXITS_URING);
	EXPECT_EQ(parse(&options, "--kernel k --backend kvm --exits inline"), -1);
	EXPECT_EQ(options.exits, EXITS_INLINE);
}

/* One clear sentence each, and the status of bad usage. */
TEST(opts_refused)
{
	static const struct {
		const char *line, *words;
	} bad[] = {
		{ "", "one of --kernel and --flat" },
		{ "--kernel k --flat f@0", "one of --kernel and --flat" },
		{ "--flat f@0 --initrd i", "--initrd goes with --kernel" },
		{ "--flat f@0 --module m", "--module goes with --kernel" },
		{ "--kernel k --module", "--module needs a value" },
		{ "--kernel", "--kernel needs a value" },
		{ "--nonsense", "no option --nonsense" },
		{ "-xy", "no option -x" },
		{ "--kernel k -k", "no option -k" },
		{ "--c", "--c is the beginning of several" },
		{ "--c=x --kernel k", "--c is the beginning of several" },
		{ "--kernel k --reboot=now", "--reboot takes no value" },
		{ "--kernel k --cmdl", "--cmdline needs a value" },
		{ "--kernel k more", "'more' is no option" },
		{ "--kernel k --mem", "--mem needs a value" },
		{ "--kernel k --mem x", "--mem takes a size" },
		{ "--kernel k --mem -1", "--mem takes a size" },
		{ "--kernel k --mem 1MB", "--mem takes a size" },
		{ "--kernel k --mem 1", "2 MB at least" },
		{ "--kernel k --mem 0", "2 MB at least" },
		{ "--kernel k --mem 99999999999G", "more than a guest can address" },
		{ "--kernel k --mem 99999999999999999999G", "--mem takes a size" },
		{ "--kernel k --cpus 2", "--cpus 2: more than one" },
		{ "--kernel k --cpus 0", "--cpus takes a number" },
		{ "--kernel k --cpus many", "--cpus takes a number" },
		{ "--kernel k --backend qemu", "--backend takes vmring or kvm, not 'qemu'" },
		{ "--kernel k --exits served", "--exits takes inline, poll, eventfd or uring" },
		{ "--exits poll --kernel k --backend kvm", "--exits poll needs a ring of exits" },
		{ "--kernel k --console", "--console needs a value" },
		{ "--kernel k --console file:", "--console takes" },
		{ "--kernel k --pages big", "--pages takes" },
		{ "--flat f", "--flat takes FILE@ADDRESS" },
		{ "--flat @0", "--flat takes FILE@ADDRESS" },
		{ "--flat f@0x", "--flat takes FILE@ADDRESS" },
		{ "--flat f@-1", "--flat takes FILE@ADDRESS" },
		{ "--flat f@0 --entry 8", "--entry takes 16, 32 or 64" },
		{ "--kernel k --debug-exit 0x10000", "--debug-exit takes a port" },
		{ "--kernel k --debug-exit 0xfffd", "--debug-exit takes a port" },
		{ "--kernel k --test-latch 0xfff9", "--test-latch takes a port" },
		{ "--kernel k --test-mmio 0xd0000000", "--test-mmio takes ADDRESS,SIZE" },
		{ "--kernel k --test-mmio 0,0", "--test-mmio takes ADDRESS,SIZE" },
		{ "--kernel k --test-mmio 0,99999999", "--test-mmio takes ADDRESS,SIZE" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct options options;

		EXPECT_EQ(parse(&options, bad[i].line), STATUS_USAGE);
		EXPECT_SAID(bad[i].words);
		free((void *)options.flat);
	}
}
