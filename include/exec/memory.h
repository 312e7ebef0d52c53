/* The place where boards and devices written for QEMU look for system/memory.h. */
/* SPDX-License-Identifier: MIT */
#include "system/iommu.h"
#include "system/memory-cached.h"
#include "system/memory.h"
