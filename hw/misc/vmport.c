/*
 * vmport: VMware's "backdoor", a port whose accesses are calls. EAX has a magic number, CX the
 * command; the answer is in the registers of the CPU, whatever the size of the access and whether
 * it is IN or OUT.
 *
 * The commands of the mouse (39 to 41) are vmmouse's: without it they are answered as unknown ones
 * are.
 *
 * Reference: Ken Kato, "VMware Backdoor I/O Port" (the commands); open-vm-tools. What an unknown
 * command does was seen on QEMU 7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/isa/isa.h"
#include "hw/misc/vmport.h"
#include "hw/qdev-properties.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/system.h"
#include "target/i386/cpu.h"

OBJECT_DECLARE_SIMPLE_TYPE(VMPort, VMPORT)

#define PORT  0x5658
#define MAGIC 0x564d5868u

enum { NUM_COMMANDS = 0x45 };

struct VMPort {
    ISADevice parent_obj;

    MemoryRegion mr;
    uint32_t version; /* property */
    uint8_t product;  /* property: of VMware's, 2 is GSX server */
    struct {
        VMPortCommand *func;
        void *opaque;
    } others[NUM_COMMANDS]; /* those of other devices */
};

static void answer(uint64_t *regs, unsigned reg, uint32_t value)
{
    regs[reg] = value;
}

static void get_version(void *opaque, uint64_t *regs)
{
    VMPort *s = opaque;

    answer(regs, R_EAX, s->version);
    answer(regs, R_EBX, MAGIC);
    answer(regs, R_ECX, s->product);
}

/* As it stands in memory. */
static void get_uuid(void *opaque, uint64_t *regs)
{
    static const unsigned order[] = { R_EAX, R_EBX, R_ECX, R_EDX };
    uint8_t uuid[SYSTEM_UUID_SIZE];

    system_uuid_bytes(uuid);
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        answer(regs, order[i], ldl_le_p(uuid + 4 * i));
    }
}

/* In bytes, as QEMU has it. EBX: what Linux looks for as the sign that it is there. */
static void get_memory_size(void *opaque, uint64_t *regs)
{
    enum { SIGN = 0x1177 };

    answer(regs, R_EAX, current_machine->ram_size);
    answer(regs, R_EBX, SIGN);
}

/* The counter's frequency isn't told: CPUs without an invariant one have none to tell. */
static void get_frequency(void *opaque, uint64_t *regs)
{
    answer(regs, R_EBX, UINT32_MAX);
}

/* No bit of it is set: nothing is promised of SLC64, x2APIC without remapping or the like. */
static void get_cpu_info(void *opaque, uint64_t *regs)
{
    answer(regs, R_EAX, 0);
}

static VMPortCommand *const commands[NUM_COMMANDS] = {
    [0x0a] = get_version,   [0x13] = get_uuid,     [0x14] = get_memory_size,
    [0x2d] = get_frequency, [0x44] = get_cpu_info,
};

/* The EAX that the access leaves. Who isn't a CPU (the monitor) gets what nobody answers. */
static uint32_t call(VMPort *s)
{
    uint64_t *regs;
    unsigned command;

    if (!current_cpu) {
        return UINT32_MAX;
    }
    regs = X86_CPU(current_cpu)->env.regs;
    command = regs[R_ECX] & 0xffff;
    if ((uint32_t)regs[R_EAX] != MAGIC) {
        answer(regs, R_EAX, UINT32_MAX);
    } else if (command < NUM_COMMANDS && commands[command]) {
        commands[command](s, regs);
    } else if (command < NUM_COMMANDS && s->others[command].func) {
        s->others[command].func(s->others[command].opaque, regs);
    } else {
        qemu_log_dev(LOG_UNIMP, TYPE_VMPORT, "command", "%u isn't there", command);
        answer(regs, R_EAX, UINT32_MAX);
    }
    return regs[R_EAX];
}

Object *vmport_find(void)
{
    return object_resolve_path_type("", TYPE_VMPORT, NULL);
}

bool vmport_set_command(Object *vmport, unsigned command, VMPortCommand *func, void *opaque)
{
    VMPort *s = VMPORT(vmport);

    g_assert(command < NUM_COMMANDS && !commands[command]);
    if (func && s->others[command].func) {
        return false;
    }
    s->others[command].func = func;
    s->others[command].opaque = opaque;
    return true;
}

/* The ports behind it are VMware's for long messages, and not there. */
static uint64_t port_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr ? UINT32_MAX : call(opaque);
}

static void port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (!addr) {
        call(opaque);
    }
}

static const MemoryRegionOps port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void vmport_realize(DeviceState *dev, Error **errp)
{
    VMPort *s = VMPORT(dev);

    /* As wide as the widest access, which would be taken apart otherwise. */
    memory_region_init_io(&s->mr, OBJECT(s), &port_ops, s, TYPE_VMPORT, 4);
    isa_register_ioport(ISA_DEVICE(dev), &s->mr, PORT);
}

static Property vmport_properties[] = {
    DEFINE_PROP_UINT32("vmware-vmx-version", VMPort, version, 6),
    DEFINE_PROP_UINT8("vmware-vmx-type", VMPort, product, 2),
    DEFINE_PROP_END_OF_LIST(),
};

static void vmport_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "VMware's port by which guests ask about the machine",
        .realize = vmport_realize,
        .properties = vmport_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    DEVICE_CLASS(oc)->user_creatable = false;
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo vmport_types[] = {
    {
        .name = TYPE_VMPORT,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(VMPort),
        .class_init = vmport_class_init,
    },
};

DEFINE_TYPES(vmport_types)
