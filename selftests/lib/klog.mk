# SPDX-License-Identifier: GPL-2.0
# Owns how klog is built: the reader of the kernel's log, which knows the lab's
# list of complaints. OUTPUT is the folder above the collections' own.

$(OUTPUT)/lib/complaints.h: $(SELFTESTS)/../lab/complaints
	@mkdir -p $(@D)
	sed 's/[\\"]/\\&/g; s/.*/"&",/' $< >$@

$(OUTPUT)/lib/klog: $(SELFTESTS)/lib/klog.c $(SELFTESTS)/lib/klog.h $(OUTPUT)/lib/complaints.h
	$(CC) -std=gnu11 -O2 -Wall -Wextra $(if $(filter 1,$(VMR_WERROR)),-Werror) -static -I$(OUTPUT)/lib -o $@ $<
