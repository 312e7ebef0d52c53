/*
 * Properties of a machine that have members: boot, memory, smp. The command line takes them apart
 * ("smp.cpus=1"); here they are listed and read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "machine-internal.h"
#include "qapi/error.h"

static void add_uint(QValue *v, const char *name, uint64_t number)
{
    g_auto(QValue) member = QVALUE_INIT;

    qvalue_set_uint(&member, number);
    qvalue_add_member(v, name, &member);
}

static void get_boot(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    g_auto(QValue) order = QVALUE_INIT;

    qvalue_set_str(&order, MACHINE(obj)->boot_config.order);
    qvalue_add_member(v, "order", &order);
}

static void get_memory(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    add_uint(v, "size", MACHINE(obj)->ram_size);
}

static void get_smp(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const CPUTopology *smp = &MACHINE(obj)->smp;

    add_uint(v, "cpus", smp->cpus);
    add_uint(v, "sockets", smp->sockets);
    add_uint(v, "cores", smp->cores);
    add_uint(v, "threads", smp->threads);
    add_uint(v, "maxcpus", smp->max_cpus);
}

static void set_struct(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    error_setg(errp, "'%s' is set by its members: -machine %s.MEMBER=VALUE", name, name);
}

static const struct {
    const char *name;
    const char *type;
    const char *description;
    ObjectPropertyAccessor *get;
} struct_properties[] = {
    { "boot", "BootConfiguration", "Boot configuration", get_boot },
    { "memory", "MemorySizeConfiguration", "Memory size configuration", get_memory },
    { "smp", "SMPConfiguration", "CPU topology", get_smp },
};

void machine_add_struct_properties(ObjectClass *oc)
{
    for (size_t i = 0; i < ARRAY_SIZE(struct_properties); i++) {
        object_class_property_add(oc, struct_properties[i].name, struct_properties[i].type,
                                  struct_properties[i].get, set_struct, NULL, NULL);
        object_class_property_set_description(oc, struct_properties[i].name,
                                              struct_properties[i].description);
    }
}
