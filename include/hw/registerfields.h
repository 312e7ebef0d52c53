/* The place where boards written for QEMU look for core/registerfields.h. */
/* SPDX-License-Identifier: MIT */
#include "core/registerfields.h"
