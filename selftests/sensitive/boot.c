// SPDX-License-Identifier: GPL-2.0
/*
 * Boots a multiboot image as a guest, with as little of a machine around it as such
 * images need:
 *
 *	boot [-m MB] [-M MODULE]... IMAGE [ARG...]
 *
 * Ports: 0xe9 or the lab's standard output prints; 0xf4 (status 2n + 1) or the lab's
 * exit port (status n) ends it. The others read all ones and swallow what is written,
 * but for the first interrupt controller's: once IRQ 0 is unmasked there, it comes
 * whenever the guest waits in HLT. VMR_TEST_BACKEND=kvm runs it under KVM.
 *
 * The exit status is the image's; 100 and more, with a sentence on standard error,
 * when the image can't be loaded or the guest did what nothing here can answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lab/lib/port.h"
#include "../../userspace/vmrun/multiboot.h"
#include "vm.h"

#define DEBUG_CONSOLE	0xe9
#define DEBUG_EXIT	0xf4
#define PIC_COMMAND	0x20
#define PIC_DATA	0x21
#define PIC_BEGIN	0x10	/* of a command: three words of data follow it */
#define RFLAGS_IF	0x200

#define CANT_LOAD	100
#define CANT_GO_ON	101

#define DEFAULT_MB	64
#define MODULES		16

static struct multiboot_file modules[MODULES];
static unsigned int module_count;

/* The first interrupt controller, as far as IRQ 0 goes. */
static struct {
	unsigned int words;	/* of its beginning, still to come */
	uint8_t base;
	uint8_t masked;
} pic = { .masked = 0xff };

static void __attribute__((noreturn)) give_up(int status, const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "boot: %s: %s\n", what, why);
	exit(status);
}

static struct multiboot_file read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct multiboot_file file = { .text = path };
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		give_up(CANT_LOAD, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		give_up(CANT_LOAD, path, "it is no regular file");
	file.size = st.st_size;
	if (!file.size)
		return file;
	file.data = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file.data == MAP_FAILED)
		give_up(CANT_LOAD, path, strerror(errno));
	close(fd);
	return file;
}

/* The image's name and what follows it. */
static char *command_line(char **words)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&line, &size);

	if (!f)
		give_up(CANT_LOAD, *words, strerror(errno));
	for (; *words; words++)
		fprintf(f, "%s%s", *words, words[1] ? " " : "");
	fclose(f);
	return line;
}

/* "I386 machine state" of the multiboot specification. */
static void begin(struct vcpu *cpu, const struct multiboot_start *start)
{
	struct vmr_state state;
	int i;

	guest_state(cpu, GUEST_FLAT32, &state);
	memset(state.gpr, 0, sizeof(state.gpr));
	state.gpr[VMR_RAX] = MULTIBOOT_EAX;
	state.gpr[VMR_RBX] = start->ebx;
	state.rip = start->eip;
	state.cr4 = 0;
	/* Its tables are the image's to make. */
	memset(&state.gdtr, 0, sizeof(state.gdtr));
	memset(&state.idtr, 0, sizeof(state.idtr));
	for (i = VMR_ES; i <= VMR_TR; i++)
		state.segment[i].selector = 0;
	state.segment[VMR_CS].selector = 8;
	vcpu_set(cpu, VMR_STATE_ALL, &state);
}

static void write_pic(uint16_t port, uint8_t value)
{
	if (port == PIC_COMMAND) {
		if (value & PIC_BEGIN)
			pic.words = 3;
	} else if (!pic.words) {
		pic.masked = value;
	} else if (pic.words-- == 3) {
		pic.base = value;
	}
}

static void __attribute__((noreturn)) leave(struct vcpu *cpu, int status)
{
	fflush(stdout);
	vm_record_end(cpu);
	exit(status);
}

static void write_port(struct vcpu *cpu)
{
	const struct vmr_exit *exit_ = &cpu->exit;
	bool is_string = exit_->flags & VMR_EXIT_STRING;
	const void *data = is_string ? (const void *)cpu->bulk : exit_->data;
	size_t size = exit_->size * (is_string ? exit_->count : 1);
	uint8_t value = *(const uint8_t *)data;

	switch (exit_->addr) {
	case DEBUG_CONSOLE:
	case LAB_DATA(LAB_STDOUT):
		fwrite(data, 1, size, stdout);
		break;
	case DEBUG_EXIT:
		leave(cpu, value << 1 | 1);
	case LAB_EXIT:
		leave(cpu, value);
	case PIC_COMMAND:
	case PIC_DATA:
		write_pic(exit_->addr, value);
		break;
	}
	vcpu_answer(cpu, NULL, 0);
}

static void read_port(struct vcpu *cpu)
{
	static const uint32_t ones = 0xffffffff;

	if (cpu->exit.flags & VMR_EXIT_STRING)
		memset((void *)cpu->bulk, 0xff, cpu->exit.size * cpu->exit.count);
	vcpu_answer(cpu, &ones, sizeof(ones));
}

/* HLT: with nothing to wake it, the image is done for. */
static void wait_for_timer(struct vcpu *cpu)
{
	struct vmr_state state;

	vcpu_get(cpu, &state);
	if (pic.masked & 1 || !(state.rflags & RFLAGS_IF))
		give_up(CANT_GO_ON, "the guest", "it waits in HLT, and nothing will wake it");
	if (vcpu_inject(cpu, VMR_INJECT_INTERRUPT, pic.base))
		vm_die("VMR_INJECT");
}

static void __attribute__((noreturn)) run(struct vcpu *cpu)
{
	for (;;) {
		vcpu_next(cpu);
		switch (cpu->exit.reason) {
		case VMR_EXIT_IO:
			if (cpu->exit.flags & VMR_EXIT_WRITE)
				write_port(cpu);
			else
				read_port(cpu);
			break;
		case VMR_EXIT_HLT:
			wait_for_timer(cpu);
			break;
		case VMR_EXIT_INTERRUPTED:
			break;
		case VMR_EXIT_SHUTDOWN:
			vcpu_tell(cpu);
			give_up(CANT_GO_ON, "the guest", "triple fault");
		default:
			vcpu_tell(cpu);
			give_up(CANT_GO_ON, "the guest", "an exit that nothing here can answer");
		}
	}
}

static size_t memory_size(const char *text)
{
	char *end;
	unsigned long mb = strtoul(text, &end, 10);

	if (*end || mb < 1 || mb > 2048)
		give_up(CANT_LOAD, text, "-m takes 1 to 2048 megabytes");
	return mb << 20;
}

static void add_module(const char *path)
{
	if (module_count == MODULES)
		give_up(CANT_LOAD, path, "that is a module too many");
	modules[module_count++] = read_file(path);
}

int main(int argc, char **argv)
{
	size_t size = (size_t)DEFAULT_MB << 20;
	struct multiboot_memory memory = { 0 };
	struct multiboot_file image;
	char error[MULTIBOOT_ERROR];
	struct multiboot_start start;
	struct vcpu cpu;
	struct vm vm;
	int option;

	while ((option = getopt(argc, argv, "+m:M:")) != -1) {
		switch (option) {
		case 'm':
			size = memory_size(optarg);
			break;
		case 'M':
			add_module(optarg);
			break;
		default:
			return CANT_LOAD;
		}
	}
	if (optind == argc)
		give_up(CANT_LOAD, "usage", "boot [-m MB] [-M MODULE]... IMAGE [ARG...]");
	image = read_file(argv[optind]);
	image.text = command_line(argv + optind);
	if (vm_why_not())
		give_up(CANT_LOAD, argv[optind], vm_why_not());

	vm_create_with_ram(&vm, VMR_VM_HLT_EXITS, size);
	vcpu_create(&vm, 0, &cpu);
	memory.ram = vm.ram;
	memory.size = vm.ram_size;
	if (multiboot_load(&memory, &image, modules, module_count, &start, error))
		give_up(CANT_LOAD, argv[optind], error);
	begin(&cpu, &start);
	run(&cpu);
}
