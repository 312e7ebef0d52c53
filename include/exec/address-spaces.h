/* The place where boards written for QEMU look for system/address-spaces.h. */
/* SPDX-License-Identifier: MIT */
#include "system/address-spaces.h"
