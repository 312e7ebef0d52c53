/* The place where boards written for QEMU look for system/hostmem.h. */
/* SPDX-License-Identifier: MIT */
#include "system/hostmem.h"
