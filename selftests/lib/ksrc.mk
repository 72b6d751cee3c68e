# SPDX-License-Identifier: GPL-2.0
# Owns where kselftest is: KSRC, a kernel source tree (the lab's, unless the
# caller names one), and KST, its selftests.

SELFTESTS := $(patsubst %/lib/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
KSRC ?= $(shell $(SELFTESTS)/../lab/path source 2>/dev/null)
KST := $(KSRC)/tools/testing/selftests

ifeq ($(wildcard $(KST)/lib.mk),)
$(error The selftests need kselftest from a kernel source tree: run lab/setup source, or say KSRC=TREE (Debian: package linux-source))
endif
