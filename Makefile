# SPDX-License-Identifier: GPL-2.0
# Owns the commands that a person types; each says what it needs and gets it.
# How the module is made is in Kbuild, how the lab works in lab/.

ifneq ($(words $(CURDIR)),1)
$(error the path $(CURDIR) has a blank in it, where neither make nor kbuild can work: move this folder to a path without)
endif

# The kernel to build the module for: its build folder.
KDIR ?= /lib/modules/$(shell uname -r)/build
VERSION := $(shell cat VERSION)
PREFIX ?= /usr/local
DKMS_TREE := /usr/src/vmring-$(VERSION)
MAKEFLAGS += --no-print-directory
# What the kernel calls itself, under which its modules are installed.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

.PHONY: help demo check check-fast check-debug check-long module vmrun selftests \
	bench install uninstall install-udev dkms-install dkms-uninstall clean

help:
	@echo 'In the simulated machine (nothing touches this machine'"'"'s kernel):'
	@echo '  make demo          see it work: Debian 6.1 as a guest of vmring (KERNEL=6.12)'
	@echo '  make check         what every change must pass (15 minutes, 35 the first time)'
	@echo '  make check-fast    the part without simulated machines (a minute)'
	@echo '  make check-debug   a short run on the debug kernel: lockdep, KASAN'
	@echo '  make check-long    storms, long loops, leaks, everything on the debug kernel'
	@echo '  make lab-KERNEL    a shell in the simulated machine: lab-small, lab-6.1, lab-6.12, lab-debug'
	@echo '  make lab-setup     fetch and build all that the lab is made of'
	@echo '  make lab-selftest  is the simulator right?'
	@echo '  make bench         what VM exits cost, vmring beside KVM'
	@echo 'On this machine:'
	@echo '  make module        vmring.ko for the running kernel (KDIR=... for another)'
	@echo '  make vmrun         the program that runs guests (needs liburing-dev)'
	@echo '  make selftests     the selftests; make -C selftests run_tests runs them here'
	@echo '  make install       install the module (root); make uninstall'
	@echo '  make install-udev  /dev/vmring for the group vmring instead of root alone'
	@echo '  make dkms-install  have DKMS build it for every kernel; make dkms-uninstall'
	@echo '  make clean         remove what was built in this folder'

# ---- the simulated machine ----

demo:
	@lab/demo $(if $(KERNEL),--kernel $(KERNEL))

check:
	@scripts/tally 'scripts/check/fast' 'scripts/check/fast clang dkms' lab/selftest 'selftests/run --tier check'

check-fast:
	@scripts/check/fast

check-debug:
	@selftests/run --tier debug

check-long:
	@scripts/tally 'scripts/check/fast' 'UNIT_ROUNDS=50 MODEL_DEEP=1 RING_ROUNDS=50 VMRUN_FUZZ_ROUNDS=100000 scripts/check/fast unit model ring-threads vmrun' lab/selftest 'lab/selftest --unpatched' 'selftests/run --tier long'

lab-setup:
	@lab/setup

lab-selftest:
	@lab/selftest

lab-small lab-6.1 lab-6.12 lab-debug: lab-%:
	@lab/run --kernel $*

# ---- this machine ----

module: kdir
	@$(MAKE) -C $(KDIR) M=$(CURDIR) modules

selftests:
	@$(MAKE) -C selftests

bench:
	@bench/run

vmrun:
	@$(MAKE) -C userspace/vmrun
	@echo 'build/vmrun/root/bin/vmrun is there; vmrun --help tells the rest'

install: module
	@$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	install -D -m 644 uapi/vmring.h $(DESTDIR)$(PREFIX)/include/vmring.h
	depmod -a $(if $(DESTDIR),-b $(DESTDIR)) $(release)

uninstall: kdir
	rm -f $(DESTDIR)$(PREFIX)/include/vmring.h
	rm -f $(DESTDIR)/lib/modules/$(release)/*/vmring.ko*
	depmod -a $(if $(DESTDIR),-b $(DESTDIR)) $(release)

install-udev:
	install -D -m 644 udev/60-vmring.rules $(DESTDIR)/etc/udev/rules.d/60-vmring.rules
	@echo 'Create the group with "groupadd --system vmring", then load vmring again.'

dkms-install:
	@command -v dkms >/dev/null || { echo 'make dkms-install needs the package dkms' >&2; exit 2; }
	mkdir -p $(DKMS_TREE)
	cp -r Kbuild VERSION dkms.conf module uapi COPYING $(DKMS_TREE)/
	dkms add -m vmring -v $(VERSION)
	dkms install -m vmring -v $(VERSION)

dkms-uninstall:
	dkms remove -m vmring -v $(VERSION) --all
	rm -rf $(DKMS_TREE)

kdir:
	@[ -f $(KDIR)/Makefile ] || { \
		echo 'There is no kernel build folder $(KDIR): install the linux-headers package of your kernel, or name one with KDIR=' >&2; \
		exit 2; }
.PHONY: kdir lab-setup lab-selftest lab-small lab-6.1 lab-6.12 lab-debug

clean:
	@rm -rf build
	@! [ -f $(KDIR)/Makefile ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

.DEFAULT:
	@echo 'There is no target "$@"; make help lists them.' >&2; exit 2
