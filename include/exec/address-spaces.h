/* The place where boards written for QEMU look for these. */
/* SPDX-License-Identifier: MIT */
#include "exec/memory.h"
#include "system/address-spaces.h"
