# SPDX-License-Identifier: GPL-2.0
# Owns what is found out about a kernel before the module is compiled for it;
# included by Kbuild. Sets vmr-probed, the VMR_HAVE_ macros for compat.h.
# Versions are compared for the supported range alone, everything else is
# looked up in the kernel's headers.

vmr-oldest := 6.1
vmr-newest := 6.18

vmr-number = $(shell echo $$(($(word 1,$(subst ., ,$(1))) * 1000 + $(word 2,$(subst ., ,$(1))))))
vmr-kernel := $(call vmr-number,$(VERSION).$(PATCHLEVEL))

ifneq ($(shell test $(vmr-kernel) -ge $(call vmr-number,$(vmr-oldest)) -a \
	$(vmr-kernel) -le $(call vmr-number,$(vmr-newest)) && echo y),y)
$(error vmring builds for Linux $(vmr-oldest) to $(vmr-newest), this is $(VERSION).$(PATCHLEVEL) (docs/kernel-support.md says why))
endif
ifeq ($(CONFIG_KVM_INTEL)$(CONFIG_KVM_AMD),)
$(error vmring needs a kernel that is configured with KVM (CONFIG_KVM_INTEL=m will do): others lack the hooks for a crash and for preemption)
endif
ifneq ($(CONFIG_X86_64),y)
$(error vmring builds for 64-bit x86 kernels only)
endif
ifneq ($(CONFIG_PREEMPT_RT),)
$(error vmring needs a kernel without CONFIG_PREEMPT_RT: it takes locks with interrupts off, where a real-time kernel's would sleep)
endif

# $(call vmr-has,MACRO,REGEX,HEADER)
vmr-has = $(shell grep -qsE '$(2)' $(srctree)/$(3) && echo -DVMR_HAVE_$(1))

vmr-probed := \
	$(call vmr-has,CPUHP_AP_KVM_ONLINE,CPUHP_AP_KVM_ONLINE,include/linux/cpuhotplug.h) \
	$(call vmr-has,STRUCT_SYSCORE,^struct syscore {,include/linux/syscore_ops.h) \
	$(call vmr-has,RDMSRQ,rdmsrq_safe,arch/x86/include/asm/msr.h) \
	$(call vmr-has,EMERGENCY_VIRT_CALLBACK,cpu_emergency_register_virt_callback,arch/x86/include/asm/reboot.h) \
	$(call vmr-has,ENTRY_VIRT_H,xfer_to_guest_mode_handle_work,include/linux/entry-virt.h) \
	$(call vmr-has,SWITCH_VCPU_IBPB,switch_vcpu_ibpb,arch/x86/include/asm/nospec-branch.h) \
	$(call vmr-has,IBPB_EXIT_TO_USER,x86_ibpb_exit_to_user,arch/x86/include/asm/nospec-branch.h) \
	$(call vmr-has,EVENTFD_SIGNAL_ONE,eventfd_signal\(struct eventfd_ctx \*ctx\)$$,include/linux/eventfd.h) \
	$(call vmr-has,HRTIMER_SETUP,hrtimer_setup.struct hrtimer,include/linux/hrtimer.h) \
	$(call vmr-has,IO_URING_CMD_H,struct io_uring_cmd {,include/linux/io_uring/cmd.h) \
	$(call vmr-has,IO_URING_CMD_CMD,const void[[:space:]]+\*cmd;,include/linux/io_uring.h) \
	$(call vmr-has,IO_URING_CMD_DONE32,io_uring_cmd_done32,include/linux/io_uring/cmd.h) \
	$(call vmr-has,FOLL_INTERRUPTIBLE,FOLL_INTERRUPTIBLE,include/linux/mm_types.h) \
	$(call vmr-has,FOLL_HONOR_NUMA_FAULT,FOLL_HONOR_NUMA_FAULT,include/linux/mm_types.h) \
	$(call vmr-has,XFER_TO_GUEST_VCPU,xfer_to_guest_mode_handle_work.struct kvm_vcpu,include/linux/entry-kvm.h) \
	$(call vmr-has,VM_FLAGS_SET,vm_flags_clear,include/linux/mm.h) \
	$(call vmr-has,VM_CLEAR_CPU_BUFFERS,define VM_CLEAR_CPU_BUFFERS,arch/x86/include/asm/nospec-branch.h) \
	$(call vmr-has,CLEAR_CPU_BUFFERS,define CLEAR_CPU_BUFFERS,arch/x86/include/asm/nospec-branch.h) \
	$(call vmr-has,CLEAR_BRANCH_HISTORY_VMEXIT,macro CLEAR_BRANCH_HISTORY_VMEXIT,arch/x86/include/asm/nospec-branch.h) \
	$(call vmr-has,CLEAR_BRANCH_HISTORY,macro CLEAR_BRANCH_HISTORY,arch/x86/include/asm/nospec-branch.h) \

