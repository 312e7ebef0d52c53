/* The place where boards written for QEMU look for these. */
/* SPDX-License-Identifier: MIT */
#include "hw/core/cpu.h"
#include "system/address-spaces.h"
