/* The place where boards written for QEMU look for hw/core/or-irq.h. */
/* SPDX-License-Identifier: MIT */
#include "hw/core/or-irq.h"
