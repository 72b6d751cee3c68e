// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the fuzzing of the devices: a machine with all of them, whose guest does anything
 * at any moment while time passes and bytes come in. UBSan and ASan look at each step, and
 * the harness compares what mirrored ports show.
 */
#include <endian.h>
#include <string.h>

#include "dev/debug.h"
#include "dev/fw_cfg.h"
#include "dev/i8042.h"
#include "dev/pit.h"
#include "dev/pm.h"
#include "dev/reset.h"
#include "dev/rtc.h"
#include "dev/test.h"
#include "dev/uart.h"
#include "dice.h"
#include "harness.h"
#include "memory.h"

#define ROUNDS		1000	/* machines */
#define STEPS		300	/* of each */
#define RAM		0x8000u
#define WINDOW		0xd0000000u
#define DAY_NS		(86400 * NS_PER_S)

static struct {
	struct bench bench;
	struct uart uart;
	struct pit pit;
	struct rtc rtc;
	struct i8042 i8042;
	struct pm pm;
	struct reset reset;
	struct debug debug;
	struct fw_cfg fw_cfg;
	struct test_device test;
	uint8_t ram[RAM];
	struct memory memory;
} vm;

static bool send(void *arg, uint8_t byte)
{
	return roll() & 7;
}

static void room(void *arg)
{
}

static void print(void *arg, uint8_t byte)
{
}

static void make(void)
{
	struct bench *bench = &vm.bench;
	struct bus *ports = &bench->ports;

	memset(&vm, 0, sizeof(vm));
	bench_init(bench);
	vm.uart = (struct uart){ .send = send, .room = room, .irq = &bench->irq, .line = 4 };
	vm.debug = (struct debug){ .print = print, .power = &bench->power };
	vm.memory = (struct memory){
		.part = { { .gpa = 0, .size = RAM, .host = vm.ram } }, .count = 1, .below_4g = RAM,
	};
	EXPECT(!pit_init(&vm.pit, ports, &bench->timers, &bench->irq));
	EXPECT(!rtc_init(&vm.rtc, ports, &bench->timers, &bench->irq, 1795355998 * NS_PER_S));
	EXPECT(!uart_init(&vm.uart, ports, 0x3f8));
	EXPECT(!i8042_init(&vm.i8042, ports, &bench->irq, &bench->power));
	EXPECT(!pm_init(&vm.pm, ports, &bench->timers, &bench->irq, &bench->power));
	EXPECT(!reset_init(&vm.reset, ports, &bench->power));
	EXPECT(!debug_init(&vm.debug, ports));
	EXPECT(!debug_add_exit(&vm.debug, ports, 0xf4));
	EXPECT(!fw_cfg_init(&vm.fw_cfg, ports, &vm.memory));
	EXPECT(!fw_cfg_add_file(&vm.fw_cfg, "file", "what is in it", 13));
	EXPECT(!test_add_latch(&vm.test, ports, 0x500));
	EXPECT(!test_add_window(&vm.test, &bench->mmio, WINDOW, 0x1000));
}

static uint64_t value(void)
{
	static const uint64_t nasty[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull,
	};

	if (roll() & 3)
		return (uint64_t)roll() << 32 | roll();
	return nasty[roll() % (sizeof(nasty) / sizeof(nasty[0]))];
}

/* At a device or just beside it, of any size. */
static void access_bus(struct bus *bus)
{
	const struct bus_region *region = &bus->region[roll() % bus->count];
	uint64_t addr = region->base - 1 + roll() % (region->size + 2);
	unsigned int size = roll() & 1 ? 1 : 1 + roll() % 8;
	uint64_t data = value();

	if (bus == &vm.bench.ports && size == 1 && roll() & 1)
		in8(&vm.bench, addr);
	else if (roll() & 1)
		bus_read(bus, addr, &data, size);
	else
		bus_write(bus, addr, &data, size);
}

/* A clock's register by its index, which chance alone would seldom find. */
static void access_clock(void)
{
	static const uint8_t registers[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b, 0x0c, 0x32,
	};

	out8(&vm.bench, 0x70, registers[roll() % sizeof(registers)]);
	if (roll() & 1)
		out8(&vm.bench, 0x71, value());
	in8(&vm.bench, 0x71);
}

static void dma(void)
{
	uint32_t at = roll() % (RAM + 16), control, length;
	uint64_t address = roll() & 3 ? roll() % RAM : value();

	control = htobe32(roll() & 1 ? value() : (roll() % 0x30) << 16 | roll() % 32);
	length = htobe32(roll() & 1 ? value() : roll() % 64);
	address = htobe64(address);
	if (at <= RAM - 16) {
		memcpy(vm.ram + at, &control, sizeof(control));
		memcpy(vm.ram + at + 4, &length, sizeof(length));
		memcpy(vm.ram + at + 8, &address, sizeof(address));
	}
	out32(&vm.bench, 0x514, roll() & 7 ? 0 : value());
	out32(&vm.bench, 0x518, htobe32(at));
}

/* A host that stood still for days makes up for nothing one by one. */
static void pass_time(void)
{
	if (roll() & 7) {
		bench_advance(&vm.bench, roll() % 100000);
		return;
	}
	vm.bench.now += roll() & 7 ? roll() : (roll() % 1000) * DAY_NS;
	timers_run(&vm.bench.timers);
}

static void step(void)
{
	switch (roll() % 10) {
	case 0:
		pass_time();
		break;
	case 1:
		uart_receive(&vm.uart, roll());
		break;
	case 2:
		if (roll() & 1)
			uart_receive_break(&vm.uart);
		else
			uart_writable(&vm.uart);
		break;
	case 3:
		if (roll() & 1)
			pm_power_button(&vm.pm);
		else
			irq_acknowledge(&vm.bench.irq);
		break;
	case 4:
		dma();
		break;
	case 5:
		access_bus(&vm.bench.mmio);
		break;
	case 6:
		access_clock();
		break;
	default:
		access_bus(&vm.bench.ports);
		break;
	}
}

static uint64_t writes(const struct bus *bus, const char *name)
{
	uint64_t count = 0;
	unsigned int i;

	for (i = 0; i < bus->count; i++)
		if (!strcmp(bus->region[i].name, name))
			count += bus->region[i].writes;
	return count;
}

TEST(fuzz_devices)
{
	uint64_t rounds = dice_rounds(ROUNDS), round;
	unsigned int i;

	for (round = 0; round < rounds; round++) {
		make();
		for (i = 0; i < STEPS; i++)
			step();
		EXPECT(writes(&vm.bench.ports, "rtc"));
		EXPECT(writes(&vm.bench.ports, "fw-cfg-dma"));
		test_destroy(&vm.test);
	}
}
