// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the definitions of the trace events.
 */
#define CREATE_TRACE_POINTS
#include "vmx/trace.h"
