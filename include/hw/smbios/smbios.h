/*
 * SMBIOS: tables that tell the guest what machine it runs on, handed to firmware by fw_cfg.
 *
 * A board says once what it is; the tables are made when the machine is complete, from that and from
 * what the user asks for with -smbios. Everything happens under the big lock.
 *
 * Reference: DMTF DSP0134, System Management BIOS Reference Specification 3.6.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SMBIOS_SMBIOS_H
#define HW_SMBIOS_SMBIOS_H

#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"

#define SMBIOS_MAX_RANGES 2

typedef struct SMBIOSBoard {
    const char *product;   /* table 1 */
    uint64_t processor_id; /* table 4: on x86 CPUID 1's EAX and, above it, EDX; 0: none */
    bool entry_64;         /* the entry point of version 3.0 instead of 2.1 */
    struct {
        uint64_t start, size; /* bytes of RAM; size 0: none */
    } ranges[SMBIOS_MAX_RANGES];
} SMBIOSBoard;

/* Once, while the board is made; `board` is copied. */
void smbios_init(FWCfgState *fw_cfg, const SMBIOSBoard *board);

/*
 * -smbios's argument: file=FILE, or type=N,KEY=VALUE... The board is there. false and *errp: the
 * machine has no such tables, a key or value is wrong, or the file isn't made of tables.
 */
bool smbios_add_option(const char *arg, Error **errp);

#endif
