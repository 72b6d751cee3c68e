// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the folder vmrprobe in debugfs, which shows tests what the hardware says
 * of itself, apart from vmring. Read and written by root, in process context.
 *
 * cr4: one line for each online CPU, "cpu N cr4 0x... vmxe 0|1".
 * state: one line for each online CPU and register, "cpu N NAME 0x...": what a
 *	guest may have changed, and the host needs.
 * nmi: a period in microseconds, at which each CPU gets an NMI from another one;
 *	0 ends that. Read, one line for each CPU: "cpu N nmis COUNT".
 * memory: to be mapped, shared, a page at a time: always the same page of ordinary
 *	memory, with the memory type that the offset in pages tells: WRITE_BACK and so on.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/nmi.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

static struct dentry *folder;

/* IPI. The register itself: the kernel's copy of it is what is in doubt. */
static void read_here(void *cr4)
{
	*(unsigned long *)cr4 = __read_cr4();
}

static int cr4_show(struct seq_file *file, void *unused)
{
	unsigned long cr4;
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_here, &cr4, true);
		seq_printf(file, "cpu %u cr4 0x%lx vmxe %d\n", cpu, cr4,
			   !!(cr4 & X86_CR4_VMXE));
	}
	cpus_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cr4);

/* ---- state ---- */

static const struct {
	const char *name;
	u32 index;
} msrs[] = {
	{ "spec_ctrl", 0x48 },
	{ "sysenter_cs", 0x174 },
	{ "sysenter_esp", 0x175 },
	{ "sysenter_eip", 0x176 },
	{ "debugctl", 0x1d9 },
	{ "pat", 0x277 },
	{ "efer", 0xc0000080 },
	{ "star", 0xc0000081 },
	{ "lstar", 0xc0000082 },
	{ "cstar", 0xc0000083 },
	{ "fmask", 0xc0000084 },
	{ "gs_base", 0xc0000101 },
	{ "tsc_aux", 0xc0000103 },
};

struct probe_state {
	u64 msr[ARRAY_SIZE(msrs)];
	unsigned long cr0;
	unsigned long cr4;
	struct desc_ptr gdt;
	struct desc_ptr idt;
	u16 tr;
	u32 tss_limit;
};

/* IPI. */
static void read_state(void *to)
{
	struct probe_state *state = to;
	unsigned long tr, limit;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		if (rdmsrl_safe(msrs[i].index, &state->msr[i]))
			state->msr[i] = 0;
	state->cr0 = read_cr0();
	state->cr4 = __read_cr4();
	native_store_gdt(&state->gdt);
	store_idt(&state->idt);
	state->tr = native_store_tr();
	tr = state->tr;
	asm volatile("lsl %1, %0" : "=r" (limit) : "r" (tr));
	state->tss_limit = limit;
}

static void show_state(struct seq_file *file, unsigned int cpu,
		       const struct probe_state *state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		seq_printf(file, "cpu %u %s 0x%llx\n", cpu, msrs[i].name,
			   state->msr[i]);
	seq_printf(file, "cpu %u cr0 0x%lx\n", cpu, state->cr0 & ~X86_CR0_TS);
	seq_printf(file, "cpu %u cr4 0x%lx\n", cpu, state->cr4);
	seq_printf(file, "cpu %u gdt_base 0x%lx\n", cpu, state->gdt.address);
	seq_printf(file, "cpu %u gdt_limit 0x%x\n", cpu, state->gdt.size);
	seq_printf(file, "cpu %u idt_base 0x%lx\n", cpu, state->idt.address);
	seq_printf(file, "cpu %u idt_limit 0x%x\n", cpu, state->idt.size);
	seq_printf(file, "cpu %u tr 0x%x\n", cpu, state->tr);
	seq_printf(file, "cpu %u tss_limit 0x%x\n", cpu, state->tss_limit);
}

static int state_show(struct seq_file *file, void *unused)
{
	struct probe_state state;
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_state, &state, true);
		show_state(file, cpu, &state);
	}
	cpus_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

/* ---- NMIs ---- */

static DEFINE_PER_CPU(atomic_t, wanted);
static DEFINE_PER_CPU(unsigned long, nmis);
static unsigned int period_us;
static DEFINE_MUTEX(nmi_mutex);

static void send_nmis(struct work_struct *work);
static DECLARE_DELAYED_WORK(nmi_work, send_nmis);

/* NMI. Counts those that this module has asked for, and takes no other. */
static int take_nmi(unsigned int type, struct pt_regs *regs)
{
	if (atomic_dec_if_positive(this_cpu_ptr(&wanted)) < 0)
		return NMI_DONE;
	this_cpu_inc(nmis);
	return NMI_HANDLED;
}

static void send_nmis(struct work_struct *work)
{
	unsigned int cpu, here;

	cpus_read_lock();
	here = get_cpu();
	for_each_online_cpu(cpu) {
		if (cpu == here)
			continue;
		/* One at a time: two that are on their way become one. */
		if (atomic_cmpxchg(per_cpu_ptr(&wanted, cpu), 0, 1))
			continue;
		apic->send_IPI_mask(cpumask_of(cpu), NMI_VECTOR);
	}
	put_cpu();
	cpus_read_unlock();
	if (READ_ONCE(period_us))
		schedule_delayed_work(&nmi_work, usecs_to_jiffies(period_us));
}

static int nmi_show(struct seq_file *file, void *unused)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		seq_printf(file, "cpu %u nmis %lu\n", cpu, per_cpu(nmis, cpu));
	return 0;
}

static void set_period(unsigned int us)
{
	mutex_lock(&nmi_mutex);
	WRITE_ONCE(period_us, us);
	if (us)
		schedule_delayed_work(&nmi_work, 0);
	else
		cancel_delayed_work_sync(&nmi_work);
	mutex_unlock(&nmi_mutex);
}

static ssize_t nmi_write(struct file *file, const char __user *from, size_t size,
			 loff_t *at)
{
	unsigned int us;
	int err;

	err = kstrtouint_from_user(from, size, 0, &us);
	if (err)
		return err;
	set_period(us);
	return size;
}

static int nmi_open(struct inode *inode, struct file *file)
{
	return single_open(file, nmi_show, NULL);
}

static const struct file_operations nmi_fops = {
	.owner = THIS_MODULE,
	.open = nmi_open,
	.read = seq_read,
	.write = nmi_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- memory ---- */

static struct page *page;

enum { WRITE_BACK, UNCACHED, WRITE_COMBINING, WRITE_THROUGH };

static int memory_mmap(struct file *file, struct vm_area_struct *vma)
{
	pgprot_t prot = vma->vm_page_prot;

	if (vma_pages(vma) != 1 || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	switch (vma->vm_pgoff) {
	case WRITE_BACK:
		break;
	case UNCACHED:
		prot = pgprot_noncached(prot);
		break;
	case WRITE_COMBINING:
		prot = pgprot_writecombine(prot);
		break;
	case WRITE_THROUGH:
		prot = pgprot_writethrough(prot);
		break;
	default:
		return -EINVAL;
	}
	vma->vm_page_prot = prot;
	return vm_insert_page(vma, vma->vm_start, page);
}

static const struct file_operations memory_fops = {
	.owner = THIS_MODULE,
	.mmap = memory_mmap,
};

static int __init vmrprobe_init(void)
{
	int err;

	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return -ENOMEM;
	err = register_nmi_handler(NMI_LOCAL, take_nmi, 0, "vmrprobe");
	if (err) {
		__free_page(page);
		return err;
	}
	folder = debugfs_create_dir("vmrprobe", NULL);
	debugfs_create_file("cr4", 0400, folder, NULL, &cr4_fops);
	debugfs_create_file("state", 0400, folder, NULL, &state_fops);
	debugfs_create_file("nmi", 0600, folder, NULL, &nmi_fops);
	/* Others can't be mapped. An open file keeps this module, as a mapping does. */
	debugfs_create_file_unsafe("memory", 0600, folder, NULL, &memory_fops);
	return 0;
}
module_init(vmrprobe_init);

static void __exit vmrprobe_exit(void)
{
	debugfs_remove(folder);
	set_period(0);
	unregister_nmi_handler(NMI_LOCAL, "vmrprobe");
	__free_page(page);
}
module_exit(vmrprobe_exit);

MODULE_DESCRIPTION("Shows vmring's tests what the hardware says");
MODULE_AUTHOR("vmring developers");
MODULE_LICENSE("GPL");
