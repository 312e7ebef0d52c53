/*
 * Test cases of PowerPC instructions, as text: one line each.
 *
 *     word      instruction        | before              | after
 *     7c642a14  add r3,r4,r5       | r4=1 r5=2           | r3=3
 *
 * Values are hexadecimal. Names: r0-r31 f0-f31 cr xer lr ctr msr fpscr reserve, any SPR by name or
 * as sprNNN, sr0-sr15; [ADDRESS]=bytes for memory; vec= the exception that was taken, nip= where a
 * branch went. Everything not named after must be as before; `*` as a value: may have changed to
 * anything.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_PPC_CASE_H
#define TESTS_GUEST_PPC_CASE_H

#include "ppc-machine.h"

/* Reads settings into a state. `any` (may be NULL) gets those given as `*` set to all ones. False:
 * bad text, *bad says where. */
bool ppc_case_parse(const char *text, PPCTestState *s, PPCTestState *any, const char **bad);

/* Lists the differences between two states, one name=expected (is ...) each; NULL if there are
 * none. */
char *ppc_case_differences(const PPCTestState *expected, const PPCTestState *actual,
                           const PPCTestState *any);

#endif
