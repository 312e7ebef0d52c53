/*
 * What all CPU models have in common: the list of CPUs and the type "cpu".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "system/log-context.h"

CPUTailQ cpus = QTAILQ_HEAD_INITIALIZER(cpus);
CPUState *first_cpu;

static int next_cpu_index(void)
{
    CPUState *cpu;
    int index = 0;

    CPU_FOREACH(cpu) {
        index = MAX(index, cpu->cpu_index + 1);
    }
    return index;
}

static void cpu_list_add(CPUState *cpu)
{
    if (cpu->cpu_index < 0) {
        cpu->cpu_index = next_cpu_index();
    }
    QTAILQ_INSERT_TAIL(&cpus, cpu, node);
    first_cpu = QTAILQ_FIRST(&cpus);
}

static void cpu_list_remove(CPUState *cpu)
{
    QTAILQ_REMOVE(&cpus, cpu, node);
    first_cpu = QTAILQ_FIRST(&cpus);
    cpu->cpu_index = -1;
}

CPUState *qemu_get_cpu(int index)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->cpu_index == index) {
            return cpu;
        }
    }
    return NULL;
}

void cpu_reset(CPUState *cpu)
{
    device_cold_reset(DEVICE(cpu));
}

static void cpu_common_reset(DeviceState *dev)
{
    CPUState *cpu = CPU(dev);

    if (qemu_loglevel_mask(CPU_LOG_RESET)) {
        qemu_log("CPU Reset (CPU %d)\n", cpu->cpu_index);
        log_cpu_state(cpu);
    }
    cpu->interrupt_request = 0;
    cpu->halted = cpu->start_powered_off;
    cpu->exception_index = EXCP_NONE;
    cpu->crash_occurred = false;
    cpu->mem_io_pc = 0;
}

/* Models call this as their parent's realize, before qemu_init_vcpu(). */
static void cpu_common_realize(DeviceState *dev, Error **errp)
{
    if (current_machine) {
        CPU(dev)->ignore_memory_transaction_failures =
            MACHINE_GET_CLASS(current_machine)->ignore_memory_transaction_failures;
    }
    cpu_list_add(CPU(dev));
}

static void cpu_common_unrealize(DeviceState *dev)
{
    cpu_list_remove(CPU(dev));
}

CPUState *cpu_create(const char *type_name)
{
    DeviceState *dev = qdev_new(type_name);

    qdev_realize_and_unref(dev, NULL, &error_fatal);
    return CPU(dev);
}

static bool cpu_has_no_work(CPUState *cpu)
{
    return false;
}

static void cpu_initfn(Object *obj)
{
    CPUState *cpu = CPU(obj);

    cpu->cpu_index = -1;
    cpu->exception_index = EXCP_NONE;
    g_cond_init(&cpu->halt_cond);
    g_mutex_init(&cpu->work_mutex);
}

static void cpu_finalize(Object *obj)
{
    CPUState *cpu = CPU(obj);

    g_cond_clear(&cpu->halt_cond);
    g_mutex_clear(&cpu->work_mutex);
}

static bool start_powered_off_get(Object *obj, Error **errp)
{
    return CPU(obj)->start_powered_off;
}

static void start_powered_off_set(Object *obj, bool value, Error **errp)
{
    CPU(obj)->start_powered_off = value;
}

static void cpu_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    CPUClass *cc = CPU_CLASS(oc);

    cc->has_work = cpu_has_no_work;
    set_bit(DEVICE_CATEGORY_CPU, dc->categories);
    dc->realize = cpu_common_realize;
    dc->unrealize = cpu_common_unrealize;
    dc->reset = cpu_common_reset;
    dc->user_creatable = false; /* boards wire their CPUs */
    object_class_property_add_bool(oc, "start-powered-off", start_powered_off_get,
                                   start_powered_off_set);
}

static const TypeInfo cpu_types[] = {
    {
        .name = TYPE_CPU,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(CPUState),
        .instance_init = cpu_initfn,
        .instance_finalize = cpu_finalize,
        .abstract = true,
        .class_size = sizeof(CPUClass),
        .class_init = cpu_class_init,
    },
};

DEFINE_TYPES(cpu_types)
