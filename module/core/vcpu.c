// SPDX-License-Identifier: GPL-2.0
/*
 * Owns vCPUs: their files, their life, their ioctls. Called by user space, in process
 * context; everything but VMR_INJECT, VMR_KICK and VMR_WAIT takes vcpu->mutex without waiting.
 */
#include <linux/anon_inodes.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/fpu/api.h>

#include <vmring.h>

#include "core/abi.h"
#include "core/regs.h"
#include "core/stats.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vmring.h"
#include "core/wait.h"
#include "core/xsave.h"
#include "ept/dirty.h"
#include "ept/fault.h"
#include "ept/tlb.h"
#include "ring/area.h"
#include "ring/drain.h"
#include "ring/wake.h"
#include "vmcs/vmcs.h"
#include "vmx/burst.h"
#include "vmx/caps.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/msr.h"
#include "vmx/run.h"
#include "vmx/setup.h"
#include "vmx/state.h"
#include "vmx/trace.h"

static void free_vcpu(struct vmr_vcpu *vcpu)
{
	vmr_vmcs_destroy(&vcpu->vmcs);
	vmr_vpid_put(vcpu->vpid);
	vmr_dirty_buffer_destroy(&vcpu->dirty_buffer);
	vmr_ept_cache_destroy(&vcpu->ept_cache);
	fpu_free_guest_fpstate(&vcpu->fpu);
	vmr_drain_destroy(vcpu);
	vmr_area_destroy(&vcpu->area);
	vmr_wake_destroy(&vcpu->wake);
	kvfree(vcpu->cpuid);
	mutex_destroy(&vcpu->mutex);
	kfree(vcpu);
}

void vmr_vcpus_free(struct vmr_vm *vm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vm->vcpus); i++)
		if (vm->vcpus[i])
			free_vcpu(vm->vcpus[i]);
}

/* The registers first: the reply finishes the instruction on what they are then. */
static int take_registers(struct vmr_vcpu *vcpu, u64 groups)
{
	struct vmr_state state;
	int err;

	/* RUN is about to end the exit that waits: there can't be another. */
	if (groups & ~VMR_STATE_ALL || groups & VMR_STATE_EXIT)
		return -EINVAL;
	memcpy(&state, &vcpu->area.rw->state.state, sizeof(state));
	/* Checked is the copy: user space may write the original meanwhile. */
	barrier();
	err = vmr_regs_set(vcpu, groups, &state);
	if (!err)
		WRITE_ONCE(vcpu->area.rw->state.dirty, 0);
	return err;
}

static int take_reply(struct vmr_vcpu *vcpu, struct vmr_reply *reply)
{
	int err;

	err = vmr_area_take_reply(&vcpu->area, reply);
	if (err)
		return err;
	if (reply->flags & ~vcpu->outstanding.reply_flags ||
	    reply->flags & (reply->flags - 1))
		return -EPROTO;
	if (reply->flags & VMR_REPLY_SKIP &&
	    (reply->length < 1 || reply->length > 15))
		return -EPROTO;
	return 0;
}

/* If the exit isn't answered as it has to be, nothing has happened. */
static int take_answers(struct vmr_vcpu *vcpu)
{
	struct vmr_outstanding *outstanding = &vcpu->outstanding;
	struct vmr_reply reply __uninitialized;
	u64 dirty;
	int err;

	err = vmr_area_look_for_room(&vcpu->area);
	if (likely(!err && outstanding->needs_reply))
		err = take_reply(vcpu, &reply);
	else
		memset(&reply, 0, sizeof(reply));
	if (err)
		return err;
	dirty = READ_ONCE(vcpu->area.rw->state.dirty);
	if (outstanding->needs_reply)
		trace_vmring_reply(vcpu->id, reply.seq, reply.flags);
	if (unlikely(dirty)) {
		err = take_registers(vcpu, dirty);
		if (err)
			return err;
	}
	if (outstanding->complete)
		outstanding->complete(vcpu, &reply);
	outstanding->complete = NULL;
	outstanding->needs_reply = false;
	outstanding->served = false;
	return 0;
}

/* Where VMX has gone meanwhile, the exit comes without registers. */
static void give_state(struct vmr_vcpu *vcpu)
{
	struct vmr_state_area *area = &vcpu->area.rw->state;
	u64 wanted = READ_ONCE(area->wanted) & VMR_STATE_ALL;

	if (wanted && vmr_burst_fetch(vcpu, wanted))
		wanted = 0;
	if (wanted)
		vmr_regs_copy(vcpu, wanted, &area->state);
	WRITE_ONCE(area->valid, wanted);
}

static long run_alone(struct vmr_vcpu *vcpu)
{
	long err;

	vmr_run_begin(vcpu);
	err = vmr_run(vcpu);
	vmr_run_end(vcpu);
	return err;
}

static __always_inline long run_and_publish(struct vmr_vcpu *vcpu, bool served)
{
	const struct vmr_exit *exit;
	long err = 0;

	vcpu->ran = true;
	if (READ_ONCE(vcpu->area.rw->control.immediate_exit) &&
	    !vcpu->mmio.accesses)
		vmr_exit_to_user(vcpu, VMR_EXIT_INTERRUPTED, NULL, 0);
	else
		err = served ? vmr_run(vcpu) : run_alone(vcpu);
	if (err)
		return err;
	exit = vmr_area_last(&vcpu->area);
	give_state(vcpu);
	trace_vmring_user_exit(vcpu->id, exit->reason, exit->addr, exit->seq);
	vmr_area_publish(&vcpu->area);
	if (vmr_wake_is_due(&vcpu->wake, vcpu->area.rw))
		vmr_wake_consumer(vcpu);
	return exit->reason == VMR_EXIT_INTERRUPTED ? -EINTR : 0;
}

static long run(struct vmr_vcpu *vcpu)
{
	long err = take_answers(vcpu);

	if (err)
		return err;
	vmr_drain_begin(vcpu, true);
	return run_and_publish(vcpu, false);
}

/* Whether the exit is for the thread that serves, not for the one in RUN. */
static bool goes_on(struct vmr_vcpu *vcpu)
{
	switch (vmr_area_last(&vcpu->area)->reason) {
	case VMR_EXIT_SHUTDOWN:
	case VMR_EXIT_FAILED_ENTRY:
	case VMR_EXIT_KICKED:
	case VMR_EXIT_INTERRUPTED:
		return false;
	default:
		vcpu->outstanding.served = true;
		return true;
	}
}

static int await_answers(struct vmr_vcpu *vcpu)
{
	if (!vcpu->outstanding.needs_reply && !vcpu->outstanding.served)
		return 0;
	return vmr_wake_await_answer(vcpu);
}

static long run_served(struct vmr_vcpu *vcpu)
{
	long err;

	vmr_drain_begin(vcpu, false);
	vmr_run_begin(vcpu);
	do {
		err = await_answers(vcpu) ?: take_answers(vcpu) ?:
		      run_and_publish(vcpu, true);
	} while (!err && goes_on(vcpu));
	vmr_run_end(vcpu);
	return err;
}

static long set_ring(struct vmr_vcpu *vcpu, void __user *arg)
{
	struct vmr_ring ring = {};
	int err;

	err = vmr_abi_get(arg, VMR_RING_EVENTFD, &ring, sizeof(ring));
	if (!err)
		err = vmr_drain_check(vcpu, &ring);
	if (!err)
		err = vmr_wake_set(&vcpu->wake, &ring);
	if (err)
		return err;
	vmr_drain_set(vcpu, &ring);
	return 0;
}

/* From any thread, at any time. */
static long inject(struct vmr_vcpu *vcpu, void __user *arg)
{
	struct vmr_inject event = {};
	int err;

	err = vmr_abi_get(arg, VMR_INJECT_ERROR_CODE, &event, sizeof(event));
	if (err)
		return err;
	if (event.reserved)
		return -EINVAL;
	return vmr_events_bring(vcpu, &event);
}

/* From any thread, at any time. */
static long kick(struct vmr_vcpu *vcpu, void __user *arg)
{
	switch ((unsigned long)arg) {
	case 0:
		vmr_kick_request(&vcpu->kick, VMR_REQ_KICK);
		return 0;
	case VMR_KICK_WAKE:
		vmr_wake_vcpu(vcpu);
		return 0;
	default:
		return -EINVAL;
	}
}

static const struct vcpu_ioctl {
	unsigned int cmd;
	bool anytime;
	long (*handler)(struct vmr_vcpu *vcpu, void __user *arg);
} ioctls[] = {
	{ VMR_INJECT, true, inject },
	{ VMR_KICK, true, kick },
	{ VMR_WAIT, true, vmr_wait },
	{ VMR_GET_STATE, false, vmr_regs_get_state },
	{ VMR_SET_STATE, false, vmr_regs_set_state },
	{ VMR_GET_MSRS, false, vmr_regs_get_msrs },
	{ VMR_SET_MSRS, false, vmr_regs_set_msrs },
	{ VMR_SET_CPUID, false, vmr_regs_set_cpuid },
	{ VMR_GET_XSAVE, false, vmr_xsave_get },
	{ VMR_SET_XSAVE, false, vmr_xsave_set },
	{ VMR_SET_RING, false, set_ring },
};

static long call(struct vmr_vcpu *vcpu, const struct vcpu_ioctl *ioctl,
		 void __user *arg)
{
	long err;

	if (!vmr_vm_is_ours(vcpu->vm))
		return -EPERM;
	if (ioctl->anytime)
		return ioctl->handler(vcpu, arg);
	if (!mutex_trylock(&vcpu->mutex))
		return -EBUSY;
	err = ioctl->handler(vcpu, arg);
	mutex_unlock(&vcpu->mutex);
	return err;
}

/* The one that is called once an exit. */
static long call_run(struct vmr_vcpu *vcpu, unsigned long arg)
{
	long err;

	if (!vmr_vm_is_ours(vcpu->vm))
		return -EPERM;
	if (!mutex_trylock(&vcpu->mutex))
		return -EBUSY;
	if (likely(!arg))
		err = run(vcpu);
	else
		err = arg == VMR_RUN_SERVED ? run_served(vcpu) : -EINVAL;
	mutex_unlock(&vcpu->mutex);
	return err;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int i;

	if (likely(cmd == VMR_RUN))
		return call_run(file->private_data, arg);
	for (i = 0; i < ARRAY_SIZE(ioctls); i++)
		if (vmr_abi_is(cmd, ioctls[i].cmd))
			return call(file->private_data, &ioctls[i],
				    (void __user *)arg);
	return -ENOTTY;
}

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vmr_vcpu *vcpu = file->private_data;

	if (!vmr_vm_is_ours(vcpu->vm))
		return -EPERM;
	return vmr_area_mmap(&vcpu->area, vma);
}

/* The vCPU itself goes with its VM: others may be about to kick it. */
static int vcpu_release(struct inode *inode, struct file *file)
{
	struct vmr_vcpu *vcpu = file->private_data;

	vmr_vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.release = vcpu_release,
	.unlocked_ioctl = vcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = vcpu_mmap,
	.poll = vmr_wait_poll,
	.uring_cmd = vmr_wait_uring,
	.llseek = noop_llseek,
};

static struct vmr_vcpu *make(struct vmr_vm *vm, const struct vmr_create_vcpu *wanted)
{
	struct vmr_vcpu *vcpu;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return NULL;
	vcpu->vm = vm;
	vcpu->id = wanted->id;
	mutex_init(&vcpu->mutex);
	spin_lock_init(&vcpu->inbox.lock);
	vmr_kick_init(&vcpu->kick);
	vmr_wake_init(&vcpu->wake);
	vmr_ept_cache_init(&vcpu->ept_cache);
	vmr_run_prepare(vcpu);

	vcpu->cpuid = kvzalloc(vmr_cpuid_table_size(0), GFP_KERNEL_ACCOUNT);
	if (!vcpu->cpuid)
		goto err_free;
	if (vmr_area_create(&vcpu->area, wanted->ring_entries, &vm->stamps))
		goto err_free_cpuid;
	vcpu->stats = vmr_area_stats(&vcpu->area);
	vmr_drain_init(vcpu);
	if (!fpu_alloc_guest_fpstate(&vcpu->fpu))
		goto err_destroy_area;
	if (vmr_dirty_buffer_create(&vm->ept, &vcpu->dirty_buffer))
		goto err_free_fpu;
	if (vmr_vmcs_create(&vcpu->vmcs))
		goto err_destroy_buffer;
	vcpu->vpid = vmr_vpid_get();

	vmr_msr_reset(&vcpu->msrs, !wanted->id);
	vmr_cpuid_build(vcpu->cpuid, NULL, 0, vmr_setup_cpuid_host());
	vmr_cr_limits_init(&vcpu->limits, vcpu->cpuid, vmr_caps);
	vmr_state_reset(vcpu);
	return vcpu;

err_destroy_buffer:
	vmr_dirty_buffer_destroy(&vcpu->dirty_buffer);
err_free_fpu:
	fpu_free_guest_fpstate(&vcpu->fpu);
err_destroy_area:
	vmr_area_destroy(&vcpu->area);
err_free_cpuid:
	kvfree(vcpu->cpuid);
err_free:
	kfree(vcpu);
	return NULL;
}

static struct file *make_file(struct vmr_vcpu *vcpu)
{
	struct file *file;

	file = anon_inode_getfile("[vmring-vcpu]", &vcpu_fops, vcpu, O_RDWR);
	if (!IS_ERR(file))
		vmr_vm_get(vcpu->vm);
	return file;
}

/* Once the file is installed another thread may use it: everything else is first. */
static void install(struct vmr_vm *vm, struct vmr_vcpu *vcpu, int fd,
		    struct file *file)
{
	vm->vcpus[vcpu->id] = vcpu;
	vm->vcpu_count++;
	vmr_kick_join(&vm->kicks, &vcpu->kick);
	vmr_dirty_buffer_join(&vm->ept, &vcpu->dirty_buffer);
	vmr_stats_add_vcpu(vcpu);
	fd_install(fd, file);
}

static int add(struct vmr_vm *vm, const struct vmr_create_vcpu *wanted)
{
	struct vmr_vcpu *vcpu;
	struct file *file;
	int fd;

	if (vm->vcpus[wanted->id])
		return -EEXIST;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	vcpu = make(vm, wanted);
	file = vcpu ? make_file(vcpu) : ERR_PTR(-ENOMEM);
	if (IS_ERR(file))
		goto err_put_fd;
	install(vm, vcpu, fd, file);
	return fd;

err_put_fd:
	if (vcpu)
		free_vcpu(vcpu);
	put_unused_fd(fd);
	return PTR_ERR(file);
}

long vmr_vcpu_create(struct vmr_vm *vm, void __user *arg)
{
	struct vmr_create_vcpu wanted = {};
	int err;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	if (wanted.id >= VMR_MAX_VCPUS)
		return -E2BIG;
	err = vmr_area_entries(&wanted.ring_entries);
	if (err)
		return err;
	wanted.area_ro_size = vmr_area_ro_size(wanted.ring_entries);
	wanted.area_rw_size = vmr_area_rw_size();
	err = vmr_abi_put_back(arg, &wanted, sizeof(wanted));
	if (err)
		return err;

	mutex_lock(&vm->mutex);
	err = add(vm, &wanted);
	mutex_unlock(&vm->mutex);
	return err;
}
