#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What "make demo" does in the simulated machine: show that the module drives
# VT-x on every CPU, and what it found.

say() { printf '\n== %s\n' "$*"; }

say "a simulated machine: Linux $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
say "vmring is loaded; what it told the kernel's log:"
dmesg | sed -n 's/.*\(vmring: VT-x.*\)/\1/p' | fold -s -w 78
say "CPU 1 goes offline and comes back, VMX is on again:"
echo 0 >/sys/devices/system/cpu/cpu1/online
grep '^cpu' /sys/kernel/debug/vmring/capabilities
echo 1 >/sys/devices/system/cpu/cpu1/online
grep '^cpu' /sys/kernel/debug/vmring/capabilities
say "the machine sleeps (suspend to RAM) and wakes up:"
echo mem >/sys/power/state && grep '^cpu' /sys/kernel/debug/vmring/capabilities
say "KVM can't load beside it, and can when vmring is gone:"
modprobe kvm_intel || echo "(refused, as it should be)"
rmmod vmring && modprobe kvm_intel && echo "kvm_intel is loaded"
