/*
 * What the PC's CPUs see in system management mode: all that they see otherwise, with the host
 * bridge's SMRAM before it.
 *
 * All CPUs see the same, and share the address space.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i386/pc.h"
#include "system/address-spaces.h"

void pc_give_smm(PCState *s, X86CPU *cpu)
{
    if (!s->smm_memory.name) {
        memory_region_init(&s->smm_memory, OBJECT(s), "memory", UINT64_MAX);
        memory_region_init_alias(&s->smm_system, OBJECT(s), "memory", get_system_memory(), 0,
                                 UINT64_MAX);
        memory_region_add_subregion(&s->smm_memory, 0, &s->smm_system);
        address_space_init(&s->smm_space, &s->smm_memory, "cpu-smm");
    }
    CPU(cpu)->spaces[X86_SPACE_MEMORY] = &address_space_memory;
    CPU(cpu)->spaces[X86_SPACE_SMM] = &s->smm_space;
}

void pc_show_smram(PCState *s, MemoryRegion *smram)
{
    if (pc_has_smm(s)) {
        memory_region_init_alias(&s->smm_smram, OBJECT(s), "smram", smram, 0,
                                 memory_region_size(smram));
        memory_region_add_subregion_overlap(&s->smm_memory, 0, &s->smm_smram, 1);
    }
}
