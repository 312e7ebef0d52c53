/*
 * PC boards: devices without a bus. CPUs and modules of memory come and go while it runs, and the
 * chipset's power management tells the guest of them, if it can; vmgenid is there from the start.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-ost.h"
#include "hw/i386/apic.h"
#include "hw/i386/pc.h"
#include "hw/mem/pc-dimm.h"
#include "qapi/error.h"
#include "system/cpus.h"

static bool is_module(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM);
}

static bool is_cpu(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_X86_CPU);
}

static bool is_vmgenid(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_VMGENID);
}

/*
 * Who tells the guest of devices; NULL with *errp set if the chipset can't, or there are no tables
 * to find the registers by.
 */
static HotplugHandler *teller(PCState *s, Error **errp)
{
    if (s->acpi == ON_OFF_AUTO_OFF || !s->pm) {
        error_setg(errp,
                   "this needs ACPI to tell the guest: a machine that has it, without acpi=off");
        return NULL;
    }
    return HOTPLUG_HANDLER(s->pm);
}

static bool teller_agrees(PCState *s, DeviceState *dev, Error **errp)
{
    HotplugHandler *next = teller(s, errp);
    Error *err = NULL;

    if (next) {
        hotplug_handler_pre_plug(next, dev, &err);
    }
    error_propagate(errp, err);
    return next && !err;
}

/* ---- CPUs ---- */

/* APIC IDs count up through threads, cores and sockets. */
static void get_cpu_slot(MachineState *machine, unsigned n, CPUSlot *slot)
{
    const CPUTopology *smp = &machine->smp;
    X86CPU *cpu = PC_MACHINE(machine)->cpus[n];

    *slot = (CPUSlot){
        .arch_id = n,
        .thread_id = n % smp->threads,
        .core_id = n / smp->threads % smp->cores,
        .socket_id = n / smp->threads / smp->cores,
        .cpu = cpu ? CPU(cpu) : NULL,
    };
}

static bool check_id(const char *name, int32_t value, unsigned count, Error **errp)
{
    if (value < 0) {
        error_setg(errp, "CPU %s is not set", name);
        return false;
    }
    if ((unsigned)value >= count) {
        error_setg(errp, "Invalid CPU %s: %d must be in range 0:%u", name, value, count - 1);
        return false;
    }
    return true;
}

/* By its APIC ID, or by its place in the topology; what of both is given has to agree. */
static bool find_place(const PCState *s, X86CPU *cpu, Error **errp)
{
    const CPUTopology *smp = &s->parent_obj.smp;
    CPUSlot slot;

    if (cpu->apic_id == UINT32_MAX) {
        if (!check_id("socket-id", cpu->socket_id, smp->sockets, errp) ||
            !check_id("core-id", cpu->core_id, smp->cores, errp) ||
            !check_id("thread-id", cpu->thread_id, smp->threads, errp)) {
            return false;
        }
        cpu->apic_id = (cpu->socket_id * smp->cores + cpu->core_id) * smp->threads +
                       cpu->thread_id;
    }
    if (cpu->apic_id >= smp->max_cpus) {
        error_setg(errp, "Invalid CPU with APIC ID %u, valid index range 0:%u", cpu->apic_id,
                   smp->max_cpus - 1);
        return false;
    }
    get_cpu_slot(MACHINE(s), cpu->apic_id, &slot);
    if ((cpu->socket_id >= 0 && (unsigned)cpu->socket_id != slot.socket_id) || cpu->die_id > 0 ||
        (cpu->core_id >= 0 && (unsigned)cpu->core_id != slot.core_id) ||
        (cpu->thread_id >= 0 && (unsigned)cpu->thread_id != slot.thread_id)) {
        error_setg(errp, "APIC ID %u is that of socket-id=%u,core-id=%u,thread-id=%u (and of "
                         "die-id=0), not what else was given",
                   cpu->apic_id, slot.socket_id, slot.core_id, slot.thread_id);
        return false;
    }
    if (slot.cpu) {
        error_setg(errp, "CPU[%u] with APIC ID %u exists", cpu->apic_id, cpu->apic_id);
        return false;
    }
    cpu->socket_id = slot.socket_id;
    cpu->die_id = 0;
    cpu->core_id = slot.core_id;
    cpu->thread_id = slot.thread_id;
    return true;
}

/*
 * APIC IDs say which CPUs share a package or a core where these have as many as a power of two;
 * others are shown as packages of their own.
 */
static void pre_plug_cpu(PCState *s, X86CPU *cpu, Error **errp)
{
    const CPUTopology *smp = &s->parent_obj.smp;
    const char *type = s->parent_obj.cpu_type;
    bool shown = is_power_of_2(smp->cores) && is_power_of_2(smp->threads);

    if (strcmp(object_get_typename(OBJECT(cpu)), type)) {
        error_setg(errp, "Invalid CPU type, expected cpu type: '%s'", type);
    } else if (find_place(s, cpu, errp)) {
        CPU(cpu)->cpu_index = cpu->apic_id;
        cpu->cores = shown ? smp->cores : 1;
        cpu->threads = shown ? smp->threads : 1;
        if (pc_has_smm(s)) {
            pc_give_smm(s, cpu);
        }
    }
}

static void count_cpus(PCState *s)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->parent_obj.smp.max_cpus; i++) {
        count += s->cpus[i] != NULL;
    }
    pc_cmos_set_cpus(s, count);
    pc_fw_cfg_set_cpus(s, count);
}

/* Those that are made with the board get what is missing there. */
static void plug_cpu(PCState *s, X86CPU *cpu)
{
    s->cpus[cpu->apic_id] = cpu;
    if (!s->gsis) {
        return;
    }
    apic_create(cpu, &error_abort);
    x86_cpu_set_a20(cpu, s->cpus[0]->env.a20_mask == UINT64_MAX);
    cpu->env.tsc_offset = s->cpus[0]->env.tsc_offset; /* they count together */
    count_cpus(s);
    hotplug_handler_plug(HOTPLUG_HANDLER(s->pm), DEVICE(cpu), &error_abort);
    cpu_begin(CPU(cpu));
}

static void unplug_cpu(PCState *s, X86CPU *cpu)
{
    cpu_end_thread(CPU(cpu));
    s->cpus[cpu->apic_id] = NULL;
    count_cpus(s);
    apic_destroy(cpu);
    qdev_unrealize(DEVICE(cpu));
}

/* ---- All of them ---- */

static void number_changed(void *opaque)
{
    PCState *s = opaque;

    ACPI_DEVICE_IF_GET_CLASS(s->pm)->raise_event(OBJECT(s->pm), PC_VMGENID_EVENT);
}

static void pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCState *s = PC_MACHINE(handler);

    if (is_cpu(dev)) {
        if (!s->gsis || teller_agrees(s, dev, errp)) { /* the board makes its own before these */
            pre_plug_cpu(s, X86_CPU(dev), errp);
        }
    } else if (teller(s, errp) && is_module(dev)) {
        pc_dimm_pre_plug(PC_DIMM(dev), MACHINE(s), errp);
    }
}

static void plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCState *s = PC_MACHINE(handler);

    if (is_cpu(dev)) {
        plug_cpu(s, X86_CPU(dev));
    } else if (is_vmgenid(dev)) {
        s->vmgenid = VMGENID(dev);
        vmgenid_connect(s->vmgenid, s->fw_cfg, number_changed, s);
    } else {
        pc_dimm_plug(PC_DIMM(dev), MACHINE(s));
        hotplug_handler_plug(HOTPLUG_HANDLER(s->pm), dev, errp);
    }
}

static void unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    HotplugHandler *next;

    if (is_cpu(dev) && X86_CPU(dev)->apic_id == 0) {
        error_setg(errp, "Boot CPU is unpluggable");
    } else if ((next = teller(PC_MACHINE(handler), errp))) {
        hotplug_handler_unplug_request(next, dev, errp);
    }
}

static void unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCState *s = PC_MACHINE(handler);

    hotplug_handler_unplug(HOTPLUG_HANDLER(s->pm), dev, errp);
    if (is_cpu(dev)) {
        unplug_cpu(s, X86_CPU(dev));
    } else {
        pc_dimm_unplug(PC_DIMM(dev), MACHINE(s));
    }
}

static HotplugHandler *handler_of(MachineState *machine, DeviceState *dev)
{
    return is_module(dev) || is_cpu(dev) || is_vmgenid(dev) ? HOTPLUG_HANDLER(machine) : NULL;
}

void pc_hotplug_class_init(ObjectClass *oc)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    mc->get_hotplug_handler = handler_of;
    mc->get_cpu_slot = get_cpu_slot;
    hc->pre_plug = pre_plug;
    hc->plug = plug;
    hc->unplug_request = unplug_request;
    hc->unplug = unplug;
}
