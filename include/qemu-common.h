/* The place where boards written for QEMU look for qemu/osdep.h. */
/* SPDX-License-Identifier: MIT */
#include "qemu/osdep.h"
