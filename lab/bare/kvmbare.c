// SPDX-License-Identifier: GPL-2.0
/*
 * Owns one virtual machine of KVM that runs a bare image: the memory, the
 * tables and the registers are as lab/rom leaves them, and of the lab port
 * there is what an image needs to report. lab/selftest runs it in the simulated
 * machine, to see KVM work there.
 *
 *   kvmbare [--cpus N] IMAGE [ARG...]
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/port.h"

#define MEMORY (64ul << 20)
#define COMMAND_LINE (LAB_ZEROPAGE + 0x1000)
#define GDT 0x7000
#define STACK 0x7c00
#define MAX_CPUS 4

static int kvm, vm;
static uint8_t *memory;
static int vcpus[MAX_CPUS];

static _Noreturn void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("kvmbare: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static int checked(int result, const char *what)
{
	if (result < 0)
		die("%s: %s", what, strerror(errno));
	return result;
}

static void create_vm(void)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = MEMORY,
	};

	kvm = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vm = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	checked(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	checked(ioctl(vm, KVM_CREATE_IRQCHIP), "KVM_CREATE_IRQCHIP");
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("no memory for the guest");
	region.userspace_addr = (uintptr_t)memory;
	checked(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region),
		"KVM_SET_USER_MEMORY_REGION");
}

/* The first 4 GiB one to one, in pages of 2 MiB; a GDT; the command line. */
static void prepare_memory(const char *command_line)
{
	uint64_t *tables = (uint64_t *)(memory + LAB_TABLES);
	uint64_t *gdt = (uint64_t *)(memory + GDT);

	tables[0] = LAB_TABLES + 0x1000 + 3;
	for (uint64_t n = 0; n < 4; n++)
		tables[512 + n] = LAB_TABLES + 0x2000 + n * 4096 + 3;
	for (uint64_t n = 0; n < 2048; n++)
		tables[1024 + n] = n << 21 | 0x83;
	gdt[2] = 0x00af9b000000ffff;
	gdt[3] = 0x00cf93000000ffff;
	snprintf((char *)memory + COMMAND_LINE, 4096, "%s", command_line);
}

/* Returns the entry point. */
static uint64_t load_image(const char *path)
{
	int fd = checked(open(path, O_RDONLY), path);
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (read(fd, &header, sizeof(header)) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_machine != EM_X86_64)
		die("%s is not an x86-64 ELF file", path);
	for (int n = 0; n < header.e_phnum; n++) {
		off_t at = header.e_phoff + n * header.e_phentsize;

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			die("%s ends early", path);
		if (segment.p_type != PT_LOAD)
			continue;
		if (segment.p_paddr > MEMORY ||
		    segment.p_memsz > MEMORY - segment.p_paddr ||
		    segment.p_filesz > segment.p_memsz)
			die("%s doesn't fit into the guest's memory", path);
		if (pread(fd, memory + segment.p_paddr, segment.p_filesz,
			  segment.p_offset) != (ssize_t)segment.p_filesz)
			die("%s ends early", path);
	}
	close(fd);
	return header.e_entry;
}

static void set_cpuid(int vcpu, unsigned int cpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = 256 };

	checked(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid),
		"KVM_GET_SUPPORTED_CPUID");
	for (unsigned int n = 0; n < cpuid.head.nent; n++) {
		struct kvm_cpuid_entry2 *entry = &cpuid.entries[n];

		if (entry->function == 1) {
			entry->ebx = (entry->ebx & 0xffffff) | cpu << 24;
			entry->ecx |= 1u << 24;	/* TSC deadline: in-kernel APIC */
		}
		if (entry->function == 0xb)
			entry->edx = cpu;
	}
	checked(ioctl(vcpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
}

static void enter_64_bit(int vcpu, uint64_t entry)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 0x10, .type = 11,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 0x18, .type = 3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_regs regs = {
		.rip = entry, .rsp = STACK, .rsi = LAB_ZEROPAGE, .rflags = 2,
	};
	struct kvm_sregs sregs;

	checked(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.ss = data;
	sregs.gdt.base = GDT;
	sregs.gdt.limit = 31;
	sregs.cr0 = 0x80000011;
	sregs.cr3 = LAB_TABLES;
	sregs.cr4 = 0x20;
	sregs.efer = 0x500;
	checked(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	checked(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void port_access(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	size_t size = (size_t)run->io.size * run->io.count;

	if (run->io.direction == KVM_EXIT_IO_IN) {
		memset(data, 0xff, size);
		return;
	}
	switch (run->io.port) {
	case LAB_DATA(LAB_STDOUT):
		fwrite(data, 1, size, stdout);
		break;
	case LAB_DATA(LAB_CONTROL):
		break;		/* not ours to end the simulated machine */
	case LAB_FLUSH:
		fflush(stdout);
		break;
	case LAB_EXIT:
		fflush(stdout);
		_exit(*data);
	default:
		die("the guest writes to port %x", run->io.port);
	}
}

/* One thread per vCPU; the image's end is the end of the process. */
static void *run_vcpu(void *argument)
{
	int vcpu = *(int *)argument;
	int size = checked(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
			   "KVM_GET_VCPU_MMAP_SIZE");
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED, vcpu, 0);

	if (run == MAP_FAILED)
		die("no shared page of the vCPU");
	for (;;) {
		if (ioctl(vcpu, KVM_RUN, 0) < 0) {
			/* EAGAIN: it waits for its start-up IPI */
			if (errno == EINTR || errno == EAGAIN)
				continue;
			die("KVM_RUN: %s", strerror(errno));
		}
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			port_access(run);
			break;
		case KVM_EXIT_FAIL_ENTRY:
			die("VM entry failed, reason %llx", (unsigned long long)
			    run->fail_entry.hardware_entry_failure_reason);
		default:
			die("exit reason %u", run->exit_reason);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char command_line[4096] = "";
	pthread_t thread;
	int cpus = 1;
	uint64_t entry;

	if (argc > 2 && !strcmp(argv[1], "--cpus")) {
		cpus = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || cpus < 1 || cpus > MAX_CPUS)
		die("usage: kvmbare [--cpus N] IMAGE [ARG...]");
	for (int n = 2; n < argc; n++)
		snprintf(command_line + strlen(command_line),
			 sizeof(command_line) - strlen(command_line), "%s%s",
			 n > 2 ? " " : "", argv[n]);
	create_vm();
	prepare_memory(command_line);
	entry = load_image(argv[1]);
	for (int cpu = 0; cpu < cpus; cpu++) {
		vcpus[cpu] = checked(ioctl(vm, KVM_CREATE_VCPU, cpu),
				     "KVM_CREATE_VCPU");
		set_cpuid(vcpus[cpu], cpu);
	}
	enter_64_bit(vcpus[0], entry);
	for (int cpu = 1; cpu < cpus; cpu++)
		if (pthread_create(&thread, NULL, run_vcpu, &vcpus[cpu]))
			die("no thread for vCPU %d", cpu);
	run_vcpu(&vcpus[0]);
	return 2;
}
