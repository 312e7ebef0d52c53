/* The place where boards written for QEMU look for core/sysbus.h. */
/* SPDX-License-Identifier: MIT */
#include "core/sysbus.h"
