/* The place where boards written for QEMU look for these. */
/* SPDX-License-Identifier: MIT */
#include "qemu/int128.h"
#include "qemu/rcu.h"
#include "system/iommu.h"
#include "system/memory-cached.h"
#include "system/memory.h"
#include "system/ramblock.h"
