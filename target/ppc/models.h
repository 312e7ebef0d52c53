/*
 * CPU models by name.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_MODELS_H
#define TARGET_PPC_MODELS_H

#include "target/ppc/cpu.h"

typedef struct PPCModel {
    const char *name;
    uint32_t pvr;
    const PPCFamily *family; /* NULL for an alias */
    const char *alias_of;
} PPCModel;

/* Ends with a NULL name. */
extern const PPCModel ppc_models[];

/* The model (no alias) that `name` means: a name or alias in any case, or a PVR of eight
 * hexadecimal digits, with or without 0x. NULL if there is none. */
const PPCModel *ppc_model_find(const char *name);
/* One line of `-cpu help`, without newline. */
void ppc_model_describe(const PPCModel *model, char *buf, size_t size);

#endif
