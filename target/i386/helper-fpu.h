/*
 * Helpers of the x87 and MMX.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_FPU_H
#define TARGET_I386_HELPER_FPU_H

#include "tcg/helper.h"

#endif
