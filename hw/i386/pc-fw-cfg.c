/*
 * PC boards: what firmware is told by fw_cfg about CPUs and memory.
 *
 * Reference: ACPI specification 6.4, 15 (address ranges, whose layout the file etc/e820 has);
 * SeaBIOS's documentation, "Runtime config".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/i386/pc.h"
#include "hw/mem/pc-dimm.h"
#include "qemu/bswap.h"
#include "qapi/error.h"
#include "system/address-spaces.h"

/* Keys of this architecture. */
enum { FW_CFG_IRQ0_OVERRIDE = FW_CFG_ARCH_LOCAL + 2 };

enum { E820_RAM = 1 };
enum { E820_ENTRY_SIZE = 20 };

void pc_fw_cfg_give_file(PCState *s, const char *name, GByteArray *contents)
{
    size_t size = contents->len;

    fw_cfg_add_file(s->fw_cfg, name, g_byte_array_free(contents, false), size);
}

static void add_range(GByteArray *map, uint64_t start, uint64_t size)
{
    uint8_t entry[E820_ENTRY_SIZE];

    if (size) {
        stq_le_p(entry, start);
        stq_le_p(entry + 8, size);
        stl_le_p(entry + 16, E820_RAM);
        g_byte_array_append(map, entry, sizeof(entry));
    }
}

static void add_memory_map(PCState *s)
{
    GByteArray *map = g_byte_array_new();

    add_range(map, 0, s->below_4g);
    add_range(map, 4 * GiB, s->above_4g);
    pc_fw_cfg_give_file(s, "etc/e820", map);
}

/* Firmware places nothing of PCI's below this. */
static void add_memory_end(PCState *s)
{
    uint8_t end[8];

    if (MACHINE(s)->device_memory) {
        stq_le_p(end, ROUND_UP(machine_memory_end(MACHINE(s), 0), GiB));
        pc_fw_cfg_give_file(s, "etc/reserved-memory-end",
                            g_byte_array_append(g_byte_array_new(), end, sizeof(end)));
    }
}

bool pc_has_s3(const PCState *s)
{
    return s->pm && !object_property_get_uint(OBJECT(s->pm), "disable_s3", &error_abort);
}

/* For each of S0 to S5: bit 7, it is there; the value of SLP_TYP. */
void pc_fw_cfg_add_sleep_states(PCState *s)
{
    const uint8_t states[6] = { 0x80, [3] = (pc_has_s3(s) ? 0x80 : 0) | ACPI_PM_SLEEP_RAM, [4] = 2,
                                [5] = 0x80 };

    if (s->pm) {
        pc_fw_cfg_give_file(s, "etc/system-states",
                            g_byte_array_append(g_byte_array_new(), states, sizeof(states)));
    }
}

void pc_fw_cfg_set_cpus(PCState *s, unsigned count)
{
    fw_cfg_modify_i16(s->fw_cfg, FW_CFG_NB_CPUS, count);
}

void pc_fw_cfg_setup(PCState *s)
{
    const CPUTopology *smp = &s->parent_obj.smp;

    s->fw_cfg = fw_cfg_init_io_dma(PC_FW_CFG_PORT, PC_FW_CFG_DMA, &address_space_memory);
    fw_cfg_add_i16(s->fw_cfg, FW_CFG_NB_CPUS, smp->cpus);
    fw_cfg_add_i16(s->fw_cfg, FW_CFG_MAX_CPUS, smp->max_cpus);
    fw_cfg_add_i64(s->fw_cfg, FW_CFG_RAM_SIZE, s->parent_obj.ram_size);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1);
    add_memory_map(s);
    add_memory_end(s);
}
