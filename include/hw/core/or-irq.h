/* The place where boards written for QEMU look for core/or-irq.h. */
/* SPDX-License-Identifier: MIT */
#include "core/or-irq.h"
