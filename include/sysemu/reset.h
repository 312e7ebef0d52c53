/* The place where boards written for QEMU look for system/reset.h. */
/* SPDX-License-Identifier: MIT */
#include "system/reset.h"
