/* The place where boards written for QEMU look for system/ramblock.h. */
/* SPDX-License-Identifier: MIT */
#include "system/ramblock.h"
