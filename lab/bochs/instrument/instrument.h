/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns which of the simulator's instrumentation hooks lab/profile's library
 * (instrument.cc) takes; the others are nothing. Included by the simulator's own
 * sources, which tell that they were configured for instrumentation.
 */

#if BX_INSTRUMENTATION

class bxInstruction_c;

void profile_instruction(unsigned int cpu, bxInstruction_c *i);
void profile_call(unsigned int cpu, unsigned int what, bx_address from);
void profile_event(unsigned int cpu);
void profile_vmexit(unsigned int cpu, Bit32u reason, Bit64u qualification);
void profile_port(Bit16u port, unsigned int size, unsigned int value);

#define BX_INSTR_BEFORE_EXECUTION(cpu, i)			profile_instruction(cpu, i)
#define BX_INSTR_UCNEAR_BRANCH(cpu, what, from, to)		profile_call(cpu, what, from)
#define BX_INSTR_INTERRUPT(cpu, vector)				profile_event(cpu)
#define BX_INSTR_EXCEPTION(cpu, vector, error_code)		profile_event(cpu)
#define BX_INSTR_VMEXIT(cpu, reason, info)			profile_vmexit(cpu, reason, info)
#define BX_INSTR_OUTP(port, size, value)			profile_port(port, size, value)

#else

#define BX_INSTR_BEFORE_EXECUTION(cpu, i)
#define BX_INSTR_UCNEAR_BRANCH(cpu, what, from, to)
#define BX_INSTR_INTERRUPT(cpu, vector)
#define BX_INSTR_EXCEPTION(cpu, vector, error_code)
#define BX_INSTR_VMEXIT(cpu, reason, qualification)
#define BX_INSTR_OUTP(port, size, value)

#endif

#define BX_INSTR_INIT_ENV()
#define BX_INSTR_EXIT_ENV()
#define BX_INSTR_INITIALIZE(cpu)
#define BX_INSTR_EXIT(cpu)
#define BX_INSTR_RESET(cpu, type)
#define BX_INSTR_HLT(cpu)
#define BX_INSTR_MWAIT(cpu, addr, len, flags)
#define BX_INSTR_DEBUG_PROMPT()
#define BX_INSTR_DEBUG_CMD(cmd)
#define BX_INSTR_CNEAR_BRANCH_TAKEN(cpu, from, to)
#define BX_INSTR_CNEAR_BRANCH_NOT_TAKEN(cpu, from)
#define BX_INSTR_FAR_BRANCH(cpu, what, from_cs, from, to_cs, to)
#define BX_INSTR_OPCODE(cpu, i, opcode, len, is32, is64)
#define BX_INSTR_HWINTERRUPT(cpu, vector, cs, eip)
#define BX_INSTR_CLFLUSH(cpu, linear, physical)
#define BX_INSTR_CACHE_CNTRL(cpu, what)
#define BX_INSTR_TLB_CNTRL(cpu, what, cr3)
#define BX_INSTR_PREFETCH_HINT(cpu, what, seg, offset)
#define BX_INSTR_AFTER_EXECUTION(cpu, i)
#define BX_INSTR_REPEAT_ITERATION(cpu, i)
#define BX_INSTR_LIN_ACCESS(cpu, linear, physical, len, memtype, rw)
#define BX_INSTR_PHY_ACCESS(cpu, physical, len, memtype, rw)
#define BX_INSTR_INP(port, size)
#define BX_INSTR_INP2(port, size, value)
#define BX_INSTR_WRMSR(cpu, msr, value)
