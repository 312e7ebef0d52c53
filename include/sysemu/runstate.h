/* The place where boards written for QEMU look for system/runstate.h. */
/* SPDX-License-Identifier: MIT */
#include "system/runstate.h"
