/* The place where boards written for QEMU look for system/device_tree.h. */
/* SPDX-License-Identifier: MIT */
#include "system/device_tree.h"
