/*
 * Names of structures that many headers mention and few need to see inside.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_TYPEDEFS_H
#define QEMU_TYPEDEFS_H

/* Guest physical and guest virtual addresses: 64 bits wide for every target. */
typedef uint64_t hwaddr;
typedef uint64_t vaddr;
typedef uint64_t ram_addr_t;

#define HWADDR_MAX   UINT64_MAX
#define HWADDR_PRIx  PRIx64
#define HWADDR_FMT_plx "%016" PRIx64
#define VADDR_PRIx   PRIx64
#define RAM_ADDR_FMT "%" PRIx64

/* The core's page size; guests with smaller pages take the slow path. */
#define TARGET_PAGE_BITS 12
#define TARGET_PAGE_SIZE (1ULL << TARGET_PAGE_BITS)
#define TARGET_PAGE_MASK (~(TARGET_PAGE_SIZE - 1))

typedef struct AccelState AccelState;
typedef struct AddressSpace AddressSpace;
typedef struct AudioDev AudioDev;
typedef struct BlockBackend BlockBackend;
typedef struct BusClass BusClass;
typedef struct BusState BusState;
typedef struct Chardev Chardev;
typedef struct CharBackend CharBackend;
typedef struct CPUArchState CPUArchState;
typedef struct CPUClass CPUClass;
typedef struct CPUDebugState CPUDebugState;
typedef struct CPUJitState CPUJitState;
typedef struct CPUState CPUState;
typedef struct CPUTcgState CPUTcgState;
typedef struct DeviceClass DeviceClass;
typedef struct DeviceState DeviceState;
typedef struct DisasContextBase DisasContextBase;
typedef struct TranslatorInput TranslatorInput;
typedef struct Error Error;
typedef struct FlatView FlatView;
typedef struct MachineClass MachineClass;
typedef struct MachineState MachineState;
typedef struct MemoryListener MemoryListener;
typedef struct MemoryRegion MemoryRegion;
typedef struct MemoryRegionOps MemoryRegionOps;
typedef struct MemoryRegionSection MemoryRegionSection;
typedef struct Monitor Monitor;
typedef struct Object Object;
typedef struct ObjectClass ObjectClass;
typedef struct ObjectProperty ObjectProperty;
typedef struct PCIBus PCIBus;
typedef struct PCIDevice PCIDevice;
typedef struct Property Property;
typedef struct QemuOpts QemuOpts;
typedef struct RAMBlock RAMBlock;
typedef struct SysBusDevice SysBusDevice;
typedef struct TCGContext TCGContext;
typedef struct TranslationBlock TranslationBlock;
typedef struct TypeInfo TypeInfo;
typedef struct TypeImpl TypeImpl, *Type;
typedef struct VMStateDescription VMStateDescription;
typedef struct IRQState *qemu_irq;

#endif
