// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a VM with one vCPU by KVM, says how far it came, and holds it until
 * standard input ends if told to ("kvm_vm hold"). The exit status is 0 or 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

static int failed(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	int kvm, vm, vcpu;
	char byte;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return failed("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return failed("KVM_CREATE_VM");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return failed("KVM_CREATE_VCPU");
	puts("a VM with a vCPU");
	fflush(stdout);
	if (argc == 2 && !strcmp(argv[1], "hold"))
		while (read(STDIN_FILENO, &byte, 1) == 1)
			;
	return 0;
}
