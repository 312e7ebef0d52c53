/*
 * What all CPU models have in common: the type "cpu".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "system/cpus.h"
#include "system/log-context.h"
#include "system/memory.h"

/* --- life --- */

CPUState *cpu_create(const char *type_name)
{
    CPUState *cpu = CPU(qdev_new(type_name));

    qdev_realize_and_unref(&cpu->parent_obj, NULL, &error_fatal);
    return cpu;
}

/* Models call this as their parent's realize, before qemu_init_vcpu(). */
static void join_machine(DeviceState *dev, Error **errp)
{
    cpus_add(CPU(dev));
    memory_set_native_big_endian(CPU_GET_CLASS(CPU(dev))->native_big_endian);
}

static void leave_machine(DeviceState *dev)
{
    cpus_remove(CPU(dev));
}

static void cpu_init_common(Object *obj)
{
    CPUState *cpu = CPU(obj);

    g_mutex_init(&cpu->work_mutex);
    g_cond_init(&cpu->halt_cond);
    cpu->exception_index = EXCP_NONE;
    cpu->cpu_index = -1;
}

static void cpu_finalize_common(Object *obj)
{
    g_mutex_clear(&CPU(obj)->work_mutex);
    g_cond_clear(&CPU(obj)->halt_cond);
}

/* --- reset --- */

void cpu_reset(CPUState *cpu)
{
    device_cold_reset(&cpu->parent_obj);
}

static void reset_common(DeviceState *dev)
{
    CPUState *cpu = CPU(dev);

    if (qemu_loglevel_mask(CPU_LOG_RESET)) {
        qemu_log("CPU Reset (CPU %d)\n", cpu->cpu_index);
        log_cpu_state(cpu);
    }
    cpu->exception_index = EXCP_NONE;
    cpu->interrupt_request = 0;
    cpu->mem_io_pc = 0;
    cpu->crash_occurred = false;
    cpu->halted = cpu->start_powered_off;
}

/* --- the type --- */

static bool never_has_work(CPUState *cpu)
{
    return false;
}

static Property cpu_properties[] = {
    DEFINE_PROP_BOOL("start-powered-off", CPUState, start_powered_off, false),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits cpu_traits = {
    .realize = join_machine,
    .unrealize = leave_machine,
    .reset = reset_common,
    .properties = cpu_properties,
    .board_only = true, /* boards wire their CPUs */
};

static void cpu_class(ObjectClass *oc, void *data)
{
    device_class_init_traits(oc, (void *)&cpu_traits);
    set_bit(DEVICE_CATEGORY_CPU, DEVICE_CLASS(oc)->categories);
    CPU_CLASS(oc)->has_work = never_has_work;
}

static const TypeInfo cpu_types[] = {
    { TYPE_CPU, TYPE_DEVICE, .abstract = true, .instance_size = sizeof(CPUState),
      .class_size = sizeof(CPUClass), .instance_init = cpu_init_common,
      .instance_finalize = cpu_finalize_common, .class_init = cpu_class },
};

DEFINE_TYPES(cpu_types)
