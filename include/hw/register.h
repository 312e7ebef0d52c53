/* The place where boards written for QEMU look for core/register.h. */
/* SPDX-License-Identifier: MIT */
#include "core/register.h"
