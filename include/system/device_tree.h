/* The place where boards written for QEMU look for hw/loader/device-tree.h. */
/* SPDX-License-Identifier: MIT */
#include "hw/loader/device-tree.h"
