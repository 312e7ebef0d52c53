/* The place where boards written for QEMU look for system/block-backend.h. */
/* SPDX-License-Identifier: MIT */
#include "system/block-backend.h"
