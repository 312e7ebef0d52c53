/*
 * Helpers of integer instructions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_INTEGER_H
#define TARGET_I386_HELPER_INTEGER_H

#include "tcg/helper.h"

#endif
