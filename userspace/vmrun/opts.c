// SPDX-License-Identifier: GPL-2.0
/* Owns the command line: a table, and a function for each option that has a value. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "opts.h"
#include "say.h"

#define MB		(1ull << 20)
#define MEMORY_DEFAULT	(256 * MB)

static const char usage[] =
	"usage: vmrun [OPTION...] --kernel FILE\n"
	"       vmrun [OPTION...] --flat FILE@ADDRESS\n"
	"\n"
	"  --kernel FILE         a Linux bzImage, an ELF file with a PVH entry, or a multiboot\n"
	"                        image\n"
	"  --initrd FILE         its initial RAM disk\n"
	"  --cmdline WORDS       its command line\n"
	"  --module FILE[ WORDS] a file and words for a multiboot image; as often as wanted\n"
	"  --flat FILE@ADDRESS   load a file as it is, and begin at its first byte\n"
	"  --entry 16|32|64      in which mode --flat begins (16)\n"
	"  --mem SIZE[M|G]       memory (256M)\n"
	"  --pages thp|small|hugetlb\n"
	"                        which pages of the host the memory is made of (thp)\n"
	"  --cpus N              virtual CPUs; one, for now\n"
	"  --console stdio|file:PATH|pty\n"
	"                        where the serial port leads (stdio)\n"
	"  --backend vmring|kvm  who runs the guest (vmring)\n"
	"  --exits inline|poll|eventfd|uring\n"
	"                        how the guest's exits are taken (inline)\n"
	"  --reboot              start again when the guest resets, instead of ending\n"
	"  --stats               say at the end how many exits there were, and why\n"
	"  --debug-exit PORT     the guest's write of V there ends vmrun with V * 2 + 1\n"
	"  --test-latch PORT     a port that keeps what is written to it\n"
	"  --test-mmio ADDRESS,SIZE\n"
	"                        memory that is reached as a device is\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 power-off or reset; 2 usage; 4 triple fault; 6 halted for ever; 8 failed\n"
	"entry; 10 internal error; 12 the host lacks something; 14 ended from the console; odd:\n"
	"--debug-exit.\n";

/* A number with nothing behind it but what end points to. */
static bool number(const char *text, uint64_t *value, const char **end)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &stop, 0);
	*end = stop;
	return !errno;
}

static int bad(const char *option, const char *wants, const char *got)
{
	return fail("--%s takes %s, not '%s'; see vmrun --help", option, wants, got);
}

static int set_backend(struct options *options, const char *value)
{
	static const struct backend *const all[] = { &backend_vmring, &backend_kvm };
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(value, all[i]->name))
			continue;
		options->backend = all[i];
		return 0;
	}
	return bad("backend", "vmring or kvm", value);
}

static int set_exits(struct options *options, const char *value)
{
	unsigned int i;

	for (i = 0; i < EXITS_MODES; i++) {
		if (strcmp(value, exits_mode_names[i]))
			continue;
		options->exits = i;
		return 0;
	}
	return bad("exits", "inline, poll, eventfd or uring", value);
}

static int set_kernel(struct options *options, const char *value)
{
	options->kernel = value;
	return 0;
}

static int set_initrd(struct options *options, const char *value)
{
	options->initrd = value;
	return 0;
}

static int set_cmdline(struct options *options, const char *value)
{
	options->cmdline = value;
	return 0;
}

static int set_module(struct options *options, const char *value)
{
	if (!*value || *value == ' ')
		return bad("module", "FILE, or FILE and words behind a blank", value);
	if (options->modules == MULTIBOOT_MODULES)
		return fail("--module: %u are the most that there can be", MULTIBOOT_MODULES);
	options->module[options->modules++] = value;
	return 0;
}

/* FILE may hold an @ itself: the last one counts. */
static int set_flat(struct options *options, const char *value)
{
	const char *at = strrchr(value, '@'), *end;

	if (!at || at == value || !number(at + 1, &options->flat_at, &end) || *end)
		return bad("flat", "FILE@ADDRESS", value);
	options->flat = strndup(value, at - value);
	return options->flat ? 0 : fail("no memory");
}

static int set_entry(struct options *options, const char *value)
{
	if (!strcmp(value, "16"))
		options->entry = ENTRY_16;
	else if (!strcmp(value, "32"))
		options->entry = ENTRY_32;
	else if (!strcmp(value, "64"))
		options->entry = ENTRY_64;
	else
		return bad("entry", "16, 32 or 64", value);
	return 0;
}

static int set_mem(struct options *options, const char *value)
{
	uint64_t size, unit = MB;
	const char *end;

	if (!number(value, &size, &end))
		return bad("mem", "a size such as 512M or 2G", value);
	if (*end == 'G' || *end == 'g')
		unit = 1024 * MB;
	if (*end && (!strchr("MmGg", *end) || end[1]))
		return bad("mem", "a size such as 512M or 2G", value);
	if (size > (1ull << 46) / unit)
		return fail("--mem: %s is more than a guest can address", value);
	options->memory = size * unit;
	if (options->memory < MEMORY_LEAST)
		return fail("--mem: a guest needs %llu MB at least", MEMORY_LEAST / MB);
	return 0;
}

static int set_pages(struct options *options, const char *value)
{
	if (!strcmp(value, "thp"))
		options->pages = MEMORY_THP;
	else if (!strcmp(value, "small"))
		options->pages = MEMORY_SMALL;
	else if (!strcmp(value, "hugetlb"))
		options->pages = MEMORY_HUGETLB;
	else
		return bad("pages", "thp, small or hugetlb", value);
	return 0;
}

static int set_cpus(struct options *options, const char *value)
{
	const char *end;
	uint64_t cpus;

	if (!number(value, &cpus, &end) || *end || !cpus)
		return bad("cpus", "a number", value);
	if (cpus == 1)
		return 0;
	return fail("--cpus %s: more than one need local APICs, and there are none yet", value);
}

static int set_console(struct options *options, const char *value)
{
	if (!strcmp(value, "stdio")) {
		options->console = CONSOLE_STDIO;
	} else if (!strcmp(value, "pty")) {
		options->console = CONSOLE_PTY;
	} else if (!strncmp(value, "file:", 5) && value[5]) {
		options->console = CONSOLE_FILE;
		options->console_path = value + 5;
	} else {
		return bad("console", "stdio, file:PATH or pty", value);
	}
	return 0;
}

/* The first of so many ports. */
static int set_port(const char *option, int *port, unsigned int ports, const char *value)
{
	const char *end;
	uint64_t first;

	if (!number(value, &first, &end) || *end || first > 0x10000 - ports)
		return bad(option, "a port such as 0xf4", value);
	*port = first;
	return 0;
}

static int set_debug_exit(struct options *options, const char *value)
{
	return set_port("debug-exit", &options->debug_exit, 4, value);
}

static int set_test_latch(struct options *options, const char *value)
{
	return set_port("test-latch", &options->test_latch, 8, value);
}

static int set_test_mmio(struct options *options, const char *value)
{
	const char *end;

	if (!number(value, &options->test_mmio, &end) || *end != ',' ||
	    !number(end + 1, &options->test_mmio_size, &end) || *end ||
	    !options->test_mmio_size || options->test_mmio_size > 16 * MB)
		return bad("test-mmio", "ADDRESS,SIZE with a size up to 16 MB", value);
	return 0;
}

static int set_reboot(struct options *options, const char *value)
{
	options->reboot = true;
	return 0;
}

static int set_stats(struct options *options, const char *value)
{
	options->stats = true;
	return 0;
}

static const struct {
	const char *name;
	int has_arg;
	int (*set)(struct options *options, const char *value);
} table[] = {
	{ "backend", required_argument, set_backend },
	{ "cmdline", required_argument, set_cmdline },
	{ "console", required_argument, set_console },
	{ "cpus", required_argument, set_cpus },
	{ "debug-exit", required_argument, set_debug_exit },
	{ "entry", required_argument, set_entry },
	{ "exits", required_argument, set_exits },
	{ "flat", required_argument, set_flat },
	{ "initrd", required_argument, set_initrd },
	{ "kernel", required_argument, set_kernel },
	{ "mem", required_argument, set_mem },
	{ "module", required_argument, set_module },
	{ "pages", required_argument, set_pages },
	{ "reboot", no_argument, set_reboot },
	{ "stats", no_argument, set_stats },
	{ "test-latch", required_argument, set_test_latch },
	{ "test-mmio", required_argument, set_test_mmio },
	{ "help", no_argument, NULL },
	{ "version", no_argument, NULL },
};

#define OPTIONS	(sizeof(table) / sizeof(table[0]))
#define FIRST	256	/* behind all letters: what getopt_long() calls the first one of them */

/* What only the whole line can be wrong about. */
static int check(const struct options *options)
{
	if (!options->kernel == !options->flat)
		return fail("one of --kernel and --flat says what to run; see vmrun --help");
	if (options->initrd && options->flat)
		return fail("--initrd goes with --kernel: a flat image would never find it");
	if (options->modules && options->flat)
		return fail("--module goes with --kernel: a flat image would never find it");
	if (options->exits != EXITS_INLINE && !options->backend->serve)
		return fail("--exits %s needs a ring of exits, which %s hasn't",
			    exits_mode_names[options->exits], options->backend->name);
	return 0;
}

static int tell(const char *what)
{
	printf("%s", what);
	return fflush(stdout) ? STATUS_HOST : STATUS_OFF;
}

static void long_options(struct option *options)
{
	unsigned int i;

	for (i = 0; i < OPTIONS; i++)
		options[i] = (struct option){
			.name = table[i].name, .has_arg = table[i].has_arg, .val = FIRST + i,
		};
	options[OPTIONS] = (struct option){ 0 };
}

/* -1: go on with the next. */
static int one(struct options *options, int index)
{
	if (!strcmp(table[index].name, "help"))
		return tell(usage);
	if (!strcmp(table[index].name, "version"))
		return tell("vmrun " VMRUN_VERSION "\n");
	return table[index].set(options, optarg) ? STATUS_USAGE : -1;
}

static bool is_ambiguous(const char *word, int length)
{
	unsigned int i, count = 0;

	for (i = 0; i < OPTIONS; i++)
		count += length > 2 && !strncmp(table[i].name, word + 2, length - 2);
	return count > 1;
}

static int unknown(int found, const char *word)
{
	int length = strcspn(word, "=");

	if (found == ':')
		fail("--%s needs a value; see vmrun --help", table[optopt - FIRST].name);
	else if (optopt >= FIRST)
		fail("--%s takes no value; see vmrun --help", table[optopt - FIRST].name);
	else if (optopt)
		fail("there is no option -%c; see vmrun --help", optopt);
	else if (is_ambiguous(word, length))
		fail("%.*s is the beginning of several options; see vmrun --help", length, word);
	else
		fail("there is no option %s; see vmrun --help", word);
	return STATUS_USAGE;
}

int opts_parse(struct options *options, int argc, char **argv)
{
	struct option all[OPTIONS + 1];
	int found, status;

	*options = (struct options){
		.backend = &backend_vmring, .cmdline = "", .memory = MEMORY_DEFAULT,
		.debug_exit = -1, .test_latch = -1,
	};
	long_options(all);
	optind = 0;	/* from the beginning, whoever called before */
	while ((found = getopt_long(argc, argv, ":", all, NULL)) != -1) {
		if (found < FIRST)
			return unknown(found, argv[optind - 1]);
		status = one(options, found - FIRST);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		fail("'%s' is no option; see vmrun --help", argv[optind]);
		return STATUS_USAGE;
	}
	return check(options) ? STATUS_USAGE : -1;
}
