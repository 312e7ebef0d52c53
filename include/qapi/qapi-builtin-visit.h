/* The place where boards written for QEMU look for qapi/visitor.h. */
/* SPDX-License-Identifier: MIT */
#include "qapi/visitor.h"
