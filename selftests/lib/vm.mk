# SPDX-License-Identifier: GPL-2.0
# Owns how the library of virtual machines is built, and linked to each program
# of a collection that includes this after collection.mk.

VM_LIB := $(LIBOUT)/libvm.a
VM_OBJECTS := $(patsubst %,$(LIBOUT)/%.o,vm vm_vmring vm_kvm vm_move vm_record vm_guest guest_traps)

$(LIBOUT)/%.o: $(SELFTESTS)/lib/%.c $(LOCAL_HDRS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(LIBOUT)/%.o: $(SELFTESTS)/lib/%.S $(LOCAL_HDRS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(VM_LIB): $(VM_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

$(TEST_GEN_PROGS) $(filter-out %/compat,$(TEST_GEN_FILES)): $(VM_LIB)
LDLIBS += -lpthread
