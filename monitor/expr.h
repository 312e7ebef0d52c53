/*
 * Integer expressions of the monitor: 64-bit numbers, $registers, + - | & ^ * / % ~ and
 * parentheses.
 *
 * Loosest binding first: + and -; & | and ^; * / and %; then the unary + - ~.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_EXPR_H
#define MONITOR_EXPR_H

#include "qemu/osdep.h"

/* The value of register `name`; false if there is none. */
typedef bool (*ExprRegister)(void *opaque, const char *name, uint64_t *value);

/* Evaluates the expression at *pp and moves *pp behind it and the blanks after it. False with
 * *errp set on failure. */
bool monitor_expr(const char **pp, int64_t *value, ExprRegister get_register, void *opaque,
                  Error **errp);

#endif
