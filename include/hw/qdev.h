/* The place where boards written for QEMU look for these. */
/* SPDX-License-Identifier: MIT */
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
