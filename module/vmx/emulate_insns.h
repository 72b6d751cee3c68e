/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how emulate.c calls the instructions, family by family: each finds its operands,
 * reads, computes and writes, or ends at whatever comes in between. Pure; selftests/unit
 * compiles them in user space.
 */
#ifndef VMR_VMX_EMULATE_INSNS_H
#define VMR_VMX_EMULATE_INSNS_H

#include "vmx/emulate.h"

/* emulate_alu.c */
enum vmr_emulate_verdict vmr_emulate_alu(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_bit(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_exchange(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_compare_exchange(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_compare_exchange_pair(struct vmr_emulation *e);

/* emulate_move.c */
enum vmr_emulate_verdict vmr_emulate_move(struct vmr_emulation *e);

/* emulate_stack.c */
enum vmr_emulate_verdict vmr_emulate_push(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_pop(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_call(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_jump(struct vmr_emulation *e);
enum vmr_emulate_verdict vmr_emulate_ret(struct vmr_emulation *e);

/* emulate_string.c */
enum vmr_emulate_verdict vmr_emulate_string(struct vmr_emulation *e);

/* emulate_vector.c */
enum vmr_emulate_verdict vmr_emulate_vector(struct vmr_emulation *e);

#endif
