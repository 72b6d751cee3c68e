/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the trace events: system vmring. For everyone; trace.c makes the definitions.
 * An event that is off costs a nop.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmring

#if !defined(VMR_VMX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMR_VMX_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(vmring_entry,
	TP_PROTO(u32 vcpu),
	TP_ARGS(vcpu),
	TP_STRUCT__entry(
		__field(u32, vcpu)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
	),
	TP_printk("vcpu %u", __entry->vcpu)
);

TRACE_EVENT(vmring_exit,
	TP_PROTO(u32 vcpu, u16 reason),
	TP_ARGS(vcpu, reason),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u16, reason)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->reason = reason;
	),
	TP_printk("vcpu %u reason %u", __entry->vcpu, __entry->reason)
);

TRACE_EVENT(vmring_ept_fault,
	TP_PROTO(u32 vcpu, u64 gpa, u32 access, u32 level),
	TP_ARGS(vcpu, gpa, access, level),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u64, gpa)
		__field(u32, access)
		__field(u32, level)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->gpa = gpa;
		__entry->access = access;
		__entry->level = level;
	),
	TP_printk("vcpu %u gpa 0x%llx access 0x%x level %u", __entry->vcpu,
		  __entry->gpa, __entry->access, __entry->level)
);

TRACE_EVENT(vmring_inject,
	TP_PROTO(u32 vcpu, u32 event),
	TP_ARGS(vcpu, event),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, event)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->event = event;
	),
	TP_printk("vcpu %u vector %u type %u", __entry->vcpu,
		  __entry->event & 0xff, __entry->event >> 8 & 7)
);

TRACE_EVENT(vmring_post,
	TP_PROTO(u32 vcpu, u32 region, u64 addr, u32 seq),
	TP_ARGS(vcpu, region, addr, seq),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, region)
		__field(u64, addr)
		__field(u32, seq)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->region = region;
		__entry->addr = addr;
		__entry->seq = seq;
	),
	TP_printk("vcpu %u region %u addr 0x%llx seq %u", __entry->vcpu,
		  __entry->region, __entry->addr, __entry->seq)
);

TRACE_EVENT(vmring_user_exit,
	TP_PROTO(u32 vcpu, u16 reason, u64 addr, u32 seq),
	TP_ARGS(vcpu, reason, addr, seq),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u16, reason)
		__field(u64, addr)
		__field(u32, seq)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->reason = reason;
		__entry->addr = addr;
		__entry->seq = seq;
	),
	TP_printk("vcpu %u reason %u addr 0x%llx seq %u", __entry->vcpu,
		  __entry->reason, __entry->addr, __entry->seq)
);

TRACE_EVENT(vmring_wait,
	TP_PROTO(u32 vcpu, u32 seq),
	TP_ARGS(vcpu, seq),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, seq)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->seq = seq;
	),
	TP_printk("vcpu %u seq %u", __entry->vcpu, __entry->seq)
);

TRACE_EVENT(vmring_reply,
	TP_PROTO(u32 vcpu, u32 seq, u32 flags),
	TP_ARGS(vcpu, seq, flags),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, seq)
		__field(u32, flags)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->seq = seq;
		__entry->flags = flags;
	),
	TP_printk("vcpu %u seq %u flags 0x%x", __entry->vcpu, __entry->seq,
		  __entry->flags)
);

TRACE_EVENT(vmring_wake,
	TP_PROTO(u32 vcpu, u32 whom),
	TP_ARGS(vcpu, whom),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, whom)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->whom = whom;
	),
	TP_printk("vcpu %u %s", __entry->vcpu,
		  __print_symbolic(__entry->whom, { 0, "eventfd" },
				   { 1, "waiters" }, { 2, "vcpu" }))
);

#endif

/* Found by way of -I.../module. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH vmx
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
