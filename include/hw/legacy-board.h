/*
 * The board interface of QEMU 0.14, for boards that were written then. One adapter over today's
 * types, machines and regions: hw/core/legacy-board.c. New boards don't include this.
 *
 * A board registers a QEMUMachine from machine_init(); its init() makes CPUs with cpu_init(), RAM
 * with qemu_ram_alloc(), registers with cpu_register_io_memory(), maps both with
 * cpu_register_physical_memory(), and devices with qdev_create(), qdev_prop_set_*() and
 * qdev_init(). Everything happens under the big lock; nothing is freed while the machine runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_LEGACY_BOARD_H
#define HW_LEGACY_BOARD_H

#include "core/cpu.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "core/sysbus.h"
#include "hw/boards.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/ramblock.h"

typedef hwaddr target_phys_addr_t;
#define TARGET_FMT_plx HWADDR_FMT_plx

/* Never NULL. */
#define qemu_malloc(size)       g_malloc(size)
#define qemu_mallocz(size)      g_malloc0(size)
#define qemu_realloc(ptr, size) g_realloc(ptr, size)
#define qemu_strdup(s)          g_strdup(s)
#define qemu_free(ptr)          g_free(ptr)

/*
 * cpu_model is NULL without -cpu; the other strings are NULL where the option isn't given,
 * kernel_cmdline and boot_device "".
 */
typedef void QEMUMachineInitFunc(ram_addr_t ram_size, const char *boot_device,
                                 const char *kernel_filename, const char *kernel_cmdline,
                                 const char *initrd_filename, const char *cpu_model);

typedef struct QEMUMachine {
    const char *name;
    const char *alias;
    const char *desc;
    QEMUMachineInitFunc *init;
    int max_cpus; /* 0: 1 */
    unsigned no_serial : 1, no_parallel : 1, no_floppy : 1, no_cdrom : 1, no_sdcard : 1;
    int is_default;
} QEMUMachine;

#define machine_init(function) type_init(function)

/* `m` stays the caller's and must live on. Always 0. */
int qemu_register_machine(QEMUMachine *m);

/* A CPU of that model, realized; NULL if there is no such model. */
CPUState *cpu_init(const char *cpu_model);

/* ---- Physical memory. ---- */

/* Where ROM and RAM are: a ram_addr_t, for ROM or-ed with IO_MEM_ROM. */
#define IO_MEM_SHIFT      3
#define IO_MEM_RAM        (0 << IO_MEM_SHIFT)
#define IO_MEM_ROM        (1 << IO_MEM_SHIFT)
#define IO_MEM_UNASSIGNED (2 << IO_MEM_SHIFT)

/* Exits with a message if the host can't provide it. `dev` (may be NULL) owns it. */
ram_addr_t legacy_ram_alloc(DeviceState *dev, const char *name, ram_addr_t size);
void *qemu_get_ram_ptr(ram_addr_t addr);
#define qemu_ram_alloc legacy_ram_alloc

typedef uint32_t CPUReadMemoryFunc(void *opaque, target_phys_addr_t addr);
typedef void CPUWriteMemoryFunc(void *opaque, target_phys_addr_t addr, uint32_t value);

/*
 * Three functions each, for 1, 2 and 4 bytes (NULL: not supported); addr is the offset from where
 * the memory is mapped. The result is for cpu_register_physical_memory().
 */
int cpu_register_io_memory(CPUReadMemoryFunc *const *mem_read, CPUWriteMemoryFunc *const *mem_write,
                           void *opaque, enum device_endian endian);

/*
 * Shows `size` bytes of phys_offset at `start`, in front of what was registered before. Registering
 * the same range again replaces it.
 */
void cpu_register_physical_memory(target_phys_addr_t start, ram_addr_t size,
                                  ram_addr_t phys_offset);
/* The same; registers see addresses that start with region_offset. */
void cpu_register_physical_memory_offset(target_phys_addr_t start, ram_addr_t size,
                                         ram_addr_t phys_offset, ram_addr_t region_offset);

/* ---- Devices. ---- */

/* qdev_create(), qdev_init() and qdev_init_nofail() are declared in hw/qdev-core.h. */
#define sysbus_from_qdev(dev) SYS_BUS_DEVICE(dev)

#endif
