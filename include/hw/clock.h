/* The place where boards written for QEMU look for core/clock.h. */
/* SPDX-License-Identifier: MIT */
#include "core/clock.h"
