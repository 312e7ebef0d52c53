/* The place where boards written for QEMU look for their target's CPUs: all of ours. */
/* SPDX-License-Identifier: MIT */
#include "target/ppc/cpu.h"
