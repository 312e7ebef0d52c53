/* The place where boards written for QEMU look for core/resettable.h. */
/* SPDX-License-Identifier: MIT */
#include "core/resettable.h"
