/*
 * Helpers of SSE and AVX.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_SSE_H
#define TARGET_I386_HELPER_SSE_H

#include "tcg/helper.h"

#endif
