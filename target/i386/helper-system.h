/*
 * Helpers of system instructions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_SYSTEM_H
#define TARGET_I386_HELPER_SYSTEM_H

#include "tcg/helper.h"

#endif
