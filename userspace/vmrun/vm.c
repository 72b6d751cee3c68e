// SPDX-License-Identifier: GPL-2.0
/* Owns the machine: what is wired to what. */
#include <string.h>
#include <time.h>

#include "backend.h"
#include "boot.h"
#include "dev/acpi.h"
#include "vm.h"

#define COM1	0x3f8

/* ---- the wires ---- */

static void power_event(void *arg, enum power_event event, uint32_t value)
{
	struct vm *vm = arg;

	if (event == POWER_RESET && !vm->ended)
		vm->begins_again = vm->options->reboot;
	vm_end(vm, event == POWER_DEBUG_EXIT ? (int)(value << 1 | 1) & 0xff : STATUS_OFF);
}

static void pic_output(void *arg, bool level)
{
	struct vm *vm = arg;

	vcpu_set_intr(&vm->vcpu, level);
}

static bool uart_send(void *arg, uint8_t byte)
{
	struct vm *vm = arg;

	return console_write(vm->console, byte);
}

static void uart_room(void *arg)
{
	struct vm *vm = arg;

	console_more(vm->console);
}

static void debug_print(void *arg, uint8_t byte)
{
	struct vm *vm = arg;

	console_write(vm->console, byte);
}

static bool console_input(void *arg, uint8_t byte)
{
	struct vm *vm = arg;

	return uart_receive(&vm->uart, byte);
}

static void console_writable(void *arg)
{
	struct vm *vm = arg;

	uart_writable(&vm->uart);
}

static void console_asks(void *arg, enum console_command command)
{
	struct vm *vm = arg;

	switch (command) {
	case CONSOLE_QUIT:
		vm_end(vm, STATUS_QUIT);
		break;
	case CONSOLE_RESET:	/* whatever --reboot says of the guest's own */
		if (!vm->ended)
			vm->begins_again = true;
		vm_end(vm, STATUS_OFF);
		break;
	case CONSOLE_BUTTON:
		pm_power_button(&vm->pm);
		break;
	case CONSOLE_BREAK:
		uart_receive_break(&vm->uart);
		break;
	}
}

static void wire(struct vm *vm)
{
	vm->power = (struct power){ .event = power_event, .arg = vm };
	vm->irq.pic = &vm->pic;
	vm->pic.output = pic_output;
	vm->pic.arg = vm;
	vm->uart.send = uart_send;
	vm->uart.room = uart_room;
	vm->uart.arg = vm;
	vm->uart.irq = &vm->irq;
	vm->uart.line = IRQ_COM1;
	vm->debug.print = debug_print;
	vm->debug.arg = vm;
	vm->debug.power = &vm->power;
	vm->console->input = console_input;
	vm->console->writable = console_writable;
	vm->console->command = console_asks;
	vm->console->arg = vm;
}

/* ---- its life ---- */

static int64_t time_of_day(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * (int64_t)NS_PER_S + ts.tv_nsec;
}

static int add_test_devices(struct vm *vm)
{
	const struct options *options = vm->options;

	if (options->debug_exit >= 0 &&
	    debug_add_exit(&vm->debug, &vm->ports, options->debug_exit))
		return -1;
	if (options->test_latch >= 0 &&
	    test_add_latch(&vm->test, &vm->ports, options->test_latch))
		return -1;
	if (!options->test_mmio_size)
		return 0;
	if (memory_overlaps(&vm->memory, options->test_mmio, options->test_mmio_size))
		return fail("--test-mmio: the guest has memory in these %#llx bytes at %#llx",
			    (unsigned long long)options->test_mmio_size,
			    (unsigned long long)options->test_mmio);
	return test_add_window(&vm->test, &vm->mmio, options->test_mmio, options->test_mmio_size);
}

static int add_fw_cfg(struct vm *vm)
{
	struct fw_cfg *fw = &vm->fw_cfg;
	size_t cmdline = strlen(vm->options->cmdline) + 1;
	unsigned int entries = memory_e820(&vm->memory, vm->e820);

	if (fw_cfg_init(fw, &vm->ports, &vm->memory))
		return -1;
	fw_cfg_add_number(fw, FW_CFG_RAM_SIZE, vm->options->memory, 8);
	fw_cfg_add_number(fw, FW_CFG_CPUS, 1, 2);
	fw_cfg_add_number(fw, FW_CFG_MAX_CPUS, 1, 2);
	fw_cfg_add_number(fw, FW_CFG_CMDLINE_SIZE, cmdline, 4);
	fw_cfg_add(fw, FW_CFG_CMDLINE, vm->options->cmdline, cmdline);
	return fw_cfg_add_file(fw, "etc/e820", vm->e820, entries * sizeof(vm->e820[0]));
}

static int add_devices(struct vm *vm)
{
	struct timers *timers = loop_timers(vm->loop);

	if (pic_init(&vm->pic, &vm->ports) ||
	    pit_init(&vm->pit, &vm->ports, timers, &vm->irq) ||
	    rtc_init(&vm->rtc, &vm->ports, timers, &vm->irq, time_of_day()) ||
	    uart_init(&vm->uart, &vm->ports, COM1) ||
	    i8042_init(&vm->i8042, &vm->ports, &vm->irq, &vm->power) ||
	    pm_init(&vm->pm, &vm->ports, timers, &vm->irq, &vm->power) ||
	    reset_init(&vm->reset, &vm->ports, &vm->power) || debug_init(&vm->debug, &vm->ports))
		return -1;
	rtc_set_memory(&vm->rtc, vm->memory.below_4g, vm->memory.above_4g);
	if (add_fw_cfg(vm))
		return -1;
	return add_test_devices(vm);
}

static int map_memory(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->memory.count; i++) {
		const struct memory_part *part = &vm->memory.part[i];

		if (vm->options->backend->map(vm->backend, i, part->gpa, part->host, part->size))
			return -1;
	}
	return 0;
}

static int create_vcpu(struct vm *vm)
{
	if (map_memory(vm) ||
	    consumer_create(&vm->consumer, vm->options->exits, &vm->exitq, vm->loop))
		return -1;
	vm->has_vcpu = true;
	return vcpu_create(&vm->vcpu, vm);
}

/* ---- what needs no exit ---- */

static int use_policies_of(struct vm *vm, struct bus *bus, bool is_mmio, unsigned int *number)
{
	const struct backend *backend = vm->options->backend;
	unsigned int i;

	for (i = 0; i < bus->policies; i++)
		if (backend->set_policy(vm->backend, ++*number, is_mmio, &bus->policy[i]))
			return -1;
	return 0;
}

static int use_policies(struct vm *vm)
{
	const struct backend *backend = vm->options->backend;
	unsigned int number = 0;
	uint8_t *mirror;

	if (backend->mirror) {
		mirror = backend->mirror(vm->backend);
		if (!mirror)
			return -1;
		bus_use_mirror(&vm->ports, mirror);
	}
	return use_policies_of(vm, &vm->ports, false, &number) ||
	       use_policies_of(vm, &vm->mmio, true, &number) ? -1 : 0;
}

/* ---- its beginning and end ---- */

static int load(struct vm *vm)
{
	const struct backend *backend = vm->options->backend;
	struct vmr_state state;

	acpi_build(memory_at(&vm->memory, BOOT_ACPI, ACPI_SIZE), BOOT_ACPI);
	if (backend->get_state(vm->vcpu.backend, &state) ||
	    boot_load(vm->options, &vm->memory, &state))
		return -1;
	return backend->set_state(vm->vcpu.backend, BOOT_STATE, &state);
}

static enum status create(struct vm *vm)
{
	if (memory_create(&vm->memory, vm->options->memory, vm->options->pages) ||
	    vm->options->backend->create(&vm->backend) || create_vcpu(vm))
		return STATUS_HOST;
	if (add_devices(vm) || load(vm))
		return STATUS_USAGE;
	return use_policies(vm) ? STATUS_HOST : STATUS_OFF;
}

enum status vm_create(struct vm *vm, const struct options *options, struct loop *loop,
		      struct console *console)
{
	enum status status;

	memset(vm, 0, sizeof(*vm));
	vm->options = options;
	vm->loop = loop;
	vm->console = console;
	wire(vm);
	pthread_mutex_lock(loop_lock(loop));
	status = create(vm);
	pthread_mutex_unlock(loop_lock(loop));
	return status;
}

int vm_run(struct vm *vm)
{
	if (consumer_start(&vm->consumer))
		return STATUS_HOST;
	if (vcpu_start(&vm->vcpu)) {
		consumer_stop(&vm->consumer);
		return STATUS_HOST;
	}
	if (loop_run(vm->loop)) {
		pthread_mutex_lock(loop_lock(vm->loop));
		vm_end(vm, STATUS_INTERNAL);
		pthread_mutex_unlock(loop_lock(vm->loop));
	}
	vcpu_join(&vm->vcpu);
	consumer_stop(&vm->consumer);
	return vm->status;
}

void vm_end(struct vm *vm, int status)
{
	if (vm->ended)
		return;
	vm->ended = true;
	vm->status = status;
	vcpu_kick(&vm->vcpu);
	loop_stop(vm->loop);
}

/* Deadlines that devices left are no one's any more. */
void vm_destroy(struct vm *vm)
{
	struct timers *timers = loop_timers(vm->loop);

	pthread_mutex_lock(loop_lock(vm->loop));
	timer_clear(timers, &vm->pit.timer);
	timer_clear(timers, &vm->rtc.second);
	timer_clear(timers, &vm->rtc.rate);
	pthread_mutex_unlock(loop_lock(vm->loop));
	test_destroy(&vm->test);
	consumer_destroy(&vm->consumer);
	if (vm->has_vcpu)
		vcpu_destroy(&vm->vcpu);
	if (vm->backend)
		vm->options->backend->destroy(vm->backend);
	memory_destroy(&vm->memory);
}

/* ---- for people ---- */

static void bus_stats(const struct bus *bus, const char *name, FILE *to)
{
	unsigned int i;

	for (i = 0; i < bus->count; i++) {
		const struct bus_region *region = &bus->region[i];

		if (region->reads || region->writes)
			fprintf(to, "  %-12s %#-19llx %12llu %12llu\n", region->name,
				(unsigned long long)region->base,
				(unsigned long long)region->reads,
				(unsigned long long)region->writes);
	}
	if (bus->unassigned_reads || bus->unassigned_writes)
		fprintf(to, "  %-12s %#-19llx %12llu %12llu\n", name,
			(unsigned long long)bus->first_unassigned,
			(unsigned long long)bus->unassigned_reads,
			(unsigned long long)bus->unassigned_writes);
}

static void irq_stats(const struct irq *irq, FILE *to)
{
	unsigned int line;

	fprintf(to, "interrupt lines\n");
	for (line = 0; line < IRQ_LINES; line++)
		if (irq->raised[line])
			fprintf(to, "  %-32u %12llu\n", line,
				(unsigned long long)irq->raised[line]);
}

void vm_stats(struct vm *vm, FILE *to)
{
	vcpu_stats(&vm->vcpu, to);
	fprintf(to, "%-14s %-19s %12s %12s\n", "devices", "at", "reads", "writes");
	bus_stats(&vm->ports, "(no port)", to);
	bus_stats(&vm->mmio, "(no memory)", to);
	irq_stats(&vm->irq, to);
	if (vm->pit.late)
		fprintf(to, "  %-32s %12llu\n", "timer periods that were missed",
			(unsigned long long)vm->pit.late);
}
