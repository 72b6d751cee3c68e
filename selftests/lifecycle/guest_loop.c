// SPDX-License-Identifier: GPL-2.0
/*
 * Guests that go on for as long as nobody ends this program: two vCPUs, each in a
 * thread of its own, whose sums are looked at in every round. Tells "ready" when
 * both have begun, ends on SIGTERM, with 0 if all sums were right.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

#define VCPUS	2
#define COUNT	100000

GUEST64(sum,
	"	pxor	%xmm0, %xmm0;"
	"	mov	$1, %ebx; movd %ebx, %xmm1;"
	"	xor	%eax, %eax;"
	"	mov	$100000, %ecx;"
	"1:	add	%rcx, %rax;"
	"	paddq	%xmm1, %xmm0;"
	"	dec	%rcx;"
	"	jnz	1b;"
	"	movq	%xmm0, %rdx;"
	"	hlt");

static volatile sig_atomic_t stop;
static volatile int begun[VCPUS];
static volatile int wrong;

static void end(int signal)
{
	stop = 1;
}

static void one_round(struct vcpu *cpu)
{
	struct vmr_state state;
	const char *name;

	vcpu_start(cpu, GUEST_LONG, guest(sum));
	do
		name = vcpu_next(cpu);
	while (!strcmp("interrupted", name));
	vcpu_get(cpu, &state);
	if (!strcmp("hlt", name) && state.gpr[VMR_RDX] == COUNT &&
	    state.gpr[VMR_RAX] == (uint64_t)COUNT * (COUNT + 1) / 2)
		return;
	vcpu_tell(cpu);
	wrong = 1;
}

static void *rounds(void *data)
{
	struct vcpu *cpu = data;

	while (!stop && !wrong) {
		one_round(cpu);
		begun[cpu->id] = 1;
	}
	return NULL;
}

int main(void)
{
	const struct sigaction action = { .sa_handler = end };
	pthread_t threads[VCPUS];
	struct vcpu cpus[VCPUS];
	struct vm vm;
	int i;

	sigaction(SIGTERM, &action, NULL);
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	for (i = 0; i < VCPUS; i++) {
		vcpu_create(&vm, i, &cpus[i]);
		if (pthread_create(&threads[i], NULL, rounds, &cpus[i]))
			vm_die("pthread_create");
	}
	for (i = 0; i < VCPUS; i++)
		while (!begun[i])
			sched_yield();
	printf("ready\n");
	fflush(stdout);
	for (i = 0; i < VCPUS; i++)
		pthread_join(threads[i], NULL);
	return wrong;
}
