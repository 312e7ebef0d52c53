/*
 * Helpers of segments, far transfers and interrupts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_SEGMENT_H
#define TARGET_I386_HELPER_SEGMENT_H

#include "tcg/helper.h"

#endif
