/* The place where boards written for QEMU look for system/memory.h. */
/* SPDX-License-Identifier: MIT */
#include "system/memory.h"
