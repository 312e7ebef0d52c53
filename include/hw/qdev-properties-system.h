/* The place where boards written for QEMU look for hw/qdev-properties.h. */
/* SPDX-License-Identifier: MIT */
#include "hw/qdev-properties.h"
