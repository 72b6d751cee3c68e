# SPDX-License-Identifier: GPL-2.0
# Owns what the collections have in common: each one's Makefile names its tests,
# then includes this. `make run_tests` in a collection works as in the kernel.

include $(dir $(lastword $(MAKEFILE_LIST)))ksrc.mk

COLLECTION := $(notdir $(CURDIR))
OUTPUT ?= $(abspath $(SELFTESTS)/../build/selftests/$(COLLECTION))
LIBOUT := $(abspath $(OUTPUT)/../lib)
export VMR_TEST_LIB := $(LIBOUT)

CFLAGS += -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter $(if $(filter 1,$(VMR_WERROR)),-Werror) \
	  -D_GNU_SOURCE -isystem $(KST) -I$(LIBOUT) -I$(SELFTESTS)/lib -I$(SELFTESTS)/../uapi
LDFLAGS += -static
LOCAL_HDRS += $(wildcard $(SELFTESTS)/../uapi/*.h) $(wildcard $(SELFTESTS)/lib/*.h) $(wildcard *.h)

all:
include $(KST)/lib.mk

$(TEST_GEN_PROGS) $(TEST_GEN_FILES): | $(OUTPUT)/.ready
$(OUTPUT)/.ready:
	@mkdir -p $(OUTPUT)
	@$(MAKE) --no-print-directory -f $(SELFTESTS)/lib/klog-only.mk SELFTESTS=$(SELFTESTS) OUTPUT=$(abspath $(OUTPUT)/..)
	@touch $@

list-files:
	@echo $(abspath $(TEST_GEN_PROGS) $(TEST_GEN_FILES) $(TEST_PROGS) $(TEST_FILES) $(wildcard settings))

.PHONY: list-files
