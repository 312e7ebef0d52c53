/* The place where boards written for QEMU look for core/irq.h. */
/* SPDX-License-Identifier: MIT */
#include "core/irq.h"
