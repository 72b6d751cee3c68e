# SPDX-License-Identifier: GPL-2.0
# Builds klog alone, for a collection that is built by itself.

all: $(OUTPUT)/lib/klog
include $(SELFTESTS)/lib/klog.mk
