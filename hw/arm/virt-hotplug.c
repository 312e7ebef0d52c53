/*
 * `virt` board: how far memory reaches, what lies behind it, and modules of memory that come and go
 * while it runs. The generic event device tells the guest of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/arm/virt.h"
#include "hw/mem/pc-dimm.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/address-spaces.h"

/* ---- The map above 4 GiB ---- */

#define MORE_REDISTRIBUTORS (64 * MiB)
#define ECAM_HIGH           (256 * MiB)

/* ID_AA64MMFR0_EL1.PARange; of AArch32, what LPAE has. */
static unsigned address_bits(const ARMCPU *cpu)
{
    static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52 };
    unsigned range = cpu->env.id.mmfr0 & 0xf;

    return arm_cpu_is_aarch32(cpu) ? 40 : bits[MIN(range, ARRAY_SIZE(bits) - 1)];
}

void virt_map_high(VirtState *s)
{
    MachineState *machine = MACHINE(s);
    uint64_t end = VIRT_RAM_BASE + machine->ram_size;
    uint64_t limit = s->highmem ? 1ull << address_bits(s->cpus[0]) : VIRT_LOW_END, last;

    machine_map_device_memory(machine, get_system_memory(), end);
    end = ROUND_UP(machine_memory_end(machine, end), 1 * GiB);
    s->pcie_ecam_high = ROUND_UP(MAX(end, VIRT_HIGH) + MORE_REDISTRIBUTORS, ECAM_HIGH);
    s->pcie_high = ROUND_UP(s->pcie_ecam_high + ECAM_HIGH, VIRT_PCIE_HIGH_SIZE);
    last = !s->highmem ? end
           : s->highmem_mmio ? s->pcie_high + VIRT_PCIE_HIGH_SIZE
           : s->highmem_ecam ? s->pcie_ecam_high + ECAM_HIGH
                             : end;
    if (last > limit) {
        error_report("-m: memory ends at 0x%" PRIx64 " and what has to lie behind it at 0x%" PRIx64
                     ": the CPUs' addresses end at 0x%" PRIx64,
                     end, last, limit);
        exit(1);
    }
}

/* ---- Modules ---- */

static void pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    VirtState *s = VIRT_MACHINE(handler);

    if (!s->events) {
        error_setg(errp, "pc-dimm: this needs ACPI to tell the guest: 64-bit CPUs and firmware "
                         "(-bios, -drive if=pflash), without acpi=off");
    } else if (s->mte) {
        error_setg(errp, "pc-dimm: modules have no allocation tags: mte=on has no room for them");
    } else {
        pc_dimm_pre_plug(PC_DIMM(dev), MACHINE(s), errp);
    }
}

static void plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    pc_dimm_plug(PC_DIMM(dev), MACHINE(handler));
    hotplug_handler_plug(HOTPLUG_HANDLER(VIRT_MACHINE(handler)->events), dev, errp);
}

static void unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    hotplug_handler_unplug_request(HOTPLUG_HANDLER(VIRT_MACHINE(handler)->events), dev, errp);
}

static void unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    hotplug_handler_unplug(HOTPLUG_HANDLER(VIRT_MACHINE(handler)->events), dev, errp);
    pc_dimm_unplug(PC_DIMM(dev), MACHINE(handler));
}

static HotplugHandler *handler_of(MachineState *machine, DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM) ? HOTPLUG_HANDLER(machine) : NULL;
}

void virt_hotplug_class_init(MachineClass *mc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(mc);

    mc->get_hotplug_handler = handler_of;
    hc->pre_plug = pre_plug;
    hc->plug = plug;
    hc->unplug_request = unplug_request;
    hc->unplug = unplug;
}
