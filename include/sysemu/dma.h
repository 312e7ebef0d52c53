/* The place where boards written for QEMU look for system/dma.h. */
/* SPDX-License-Identifier: MIT */
#include "system/dma.h"
