/* The place where boards written for QEMU look for system/system.h. */
/* SPDX-License-Identifier: MIT */
#include "system/system.h"
