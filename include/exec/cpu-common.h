/* The place where boards written for QEMU look for these. */
/* SPDX-License-Identifier: MIT */
#include "core/cpu.h"
#include "system/address-spaces.h"
