/* The place where boards written for QEMU look for core/split-irq.h. */
/* SPDX-License-Identifier: MIT */
#include "core/split-irq.h"
