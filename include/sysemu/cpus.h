/* The place where boards written for QEMU look for system/cpus.h. */
/* SPDX-License-Identifier: MIT */
#include "system/cpus.h"
