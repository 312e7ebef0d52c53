/* The place where boards written for QEMU look for core/cpu.h. */
/* SPDX-License-Identifier: MIT */
#include "core/cpu.h"
