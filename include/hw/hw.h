/* The place where boards written for QEMU look for hw/qdev-core.h. */
/* SPDX-License-Identifier: MIT */
#include "hw/qdev-core.h"
