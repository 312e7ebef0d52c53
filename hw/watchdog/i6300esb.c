/*
 * i6300esb: the watchdog of Intel's 6300ESB I/O controller hub, as a PCI card.
 *
 * A counter of 35 bits goes down with PCI's clock, in two stages. The end of the first is said by an
 * interrupt; that of the second by the pin WDT_TOUT#, which here is the user's action. A preload
 * value of 20 bits gives the counter's upper bits, or, with the faster clock, middle ones.
 *
 * Registers 0 to 0d can be written once after 80h and then 86h have been written to the reload
 * register.
 *
 * Reference: Intel 6300ESB I/O Controller Hub Datasheet (300641-004), chapter 16.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/watchdog.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_ids.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

#define TYPE_I6300ESB "i6300esb"
OBJECT_DECLARE_SIMPLE_TYPE(EsbWatchdog, I6300ESB)

/* Configuration registers. */
enum { WDT_CONFIG = 0x60, WDT_LOCK = 0x68 };
enum { CONFIG_INTERRUPT = 0x03, CONFIG_IRQ = 0x00, CONFIG_FAST = 0x04, CONFIG_NO_OUTPUT = 0x20 };
enum { LOCK_LOCKED = 0x01, LOCK_ENABLED = 0x02, LOCK_FREE_RUNNING = 0x04 };

/* In memory. */
enum { PRELOAD_1 = 0x00, PRELOAD_2 = 0x04, INTERRUPT_STATUS = 0x08, RELOAD = 0x0c, MMIO_SIZE = 16 };
enum { INTERRUPT_ACTIVE = 0x01, RELOAD_NOW = 0x100, TIMED_OUT = 0x200 };
enum { UNLOCK_FIRST = 0x80, UNLOCK_SECOND = 0x86 };
#define PRELOAD_MASK 0xfffffu

#define PCI_HZ 33000000
/* A guest that wants it to run out more often gets it at this rate. */
#define SHORTEST_NS (10 * 1000)
/* Where a preload value is in the counter. */
enum { SLOW_SHIFT = 15, FAST_SHIFT = 5 };

struct EsbWatchdog {
    PCIDevice parent_obj;

    MemoryRegion mmio;
    QEMUTimer *timer;
    uint32_t preload[2];
    uint8_t unlocked; /* how many of the two writes have been seen */
    uint8_t stage;    /* 0: first */
    bool timed_out, interrupt;
};

static bool is_enabled(const EsbWatchdog *s)
{
    return s->parent_obj.config[WDT_LOCK] & LOCK_ENABLED;
}

static bool is_free_running(const EsbWatchdog *s)
{
    return s->parent_obj.config[WDT_LOCK] & LOCK_FREE_RUNNING;
}

/* Loads the counter; a value of 0 counts as 1, as the datasheet advises against less. */
static void enter_stage(EsbWatchdog *s, unsigned stage)
{
    bool fast = s->parent_obj.config[WDT_CONFIG] & CONFIG_FAST;
    uint64_t ticks = (uint64_t)MAX(s->preload[stage], 1) << (fast ? FAST_SHIFT : SLOW_SHIFT);

    s->stage = stage;
    timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                            MAX(muldiv64(ticks, NANOSECONDS_PER_SECOND, PCI_HZ), SHORTEST_NS));
}

static void update_interrupt(EsbWatchdog *s)
{
    pci_set_irq(&s->parent_obj, s->interrupt &&
                                    (s->parent_obj.config[WDT_CONFIG] & CONFIG_INTERRUPT) ==
                                        CONFIG_IRQ);
}

static void first_stage_over(EsbWatchdog *s)
{
    s->interrupt = true;
    update_interrupt(s);
    if ((s->parent_obj.config[WDT_CONFIG] & CONFIG_INTERRUPT) == 2) {
        qemu_log_dev(LOG_UNIMP, TYPE_I6300ESB, "WDT_CONFIG", "no SMI is raised");
    }
    enter_stage(s, 1);
}

/* The free-running timer has one stage, and begins anew. */
static void last_stage_over(EsbWatchdog *s)
{
    s->timed_out = true;
    if (!(s->parent_obj.config[WDT_CONFIG] & CONFIG_NO_OUTPUT)) {
        watchdog_perform_action(TYPE_I6300ESB);
    }
    if (is_free_running(s)) {
        enter_stage(s, 0);
    }
}

static void counter_ended(void *opaque)
{
    EsbWatchdog *s = opaque;

    if (s->stage == 0 && !is_free_running(s)) {
        first_stage_over(s);
    } else {
        last_stage_over(s);
    }
}

/* ---- Configuration: lock and enable can't be taken back once locked ---- */

static void config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    EsbWatchdog *s = I6300ESB(dev);
    uint8_t lock = dev->config[WDT_LOCK];

    pci_default_write_config(dev, address, value, len);
    if (lock & LOCK_LOCKED) {
        dev->config[WDT_LOCK] = lock;
    }
    if (is_enabled(s) && !(lock & LOCK_ENABLED)) {
        enter_stage(s, 0);
    } else if (!is_enabled(s)) {
        timer_del(s->timer);
    }
    update_interrupt(s);
}

/* ---- Registers in memory ---- */

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    EsbWatchdog *s = opaque;

    switch (addr) {
    case INTERRUPT_STATUS:
        return s->interrupt ? INTERRUPT_ACTIVE : 0;
    case RELOAD:
        return s->timed_out ? TIMED_OUT : 0;
    default:
        return 0; /* preload values can't be read back */
    }
}

static void reload_written(EsbWatchdog *s, uint64_t value)
{
    if (value & RELOAD_NOW && is_enabled(s)) {
        s->interrupt = false;
        update_interrupt(s);
        enter_stage(s, 0);
    }
    if (value & TIMED_OUT) {
        s->timed_out = false;
    }
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    EsbWatchdog *s = opaque;
    bool open = s->unlocked == 2;

    if (addr == RELOAD && value == UNLOCK_FIRST) {
        s->unlocked = 1;
        return;
    }
    if (addr == RELOAD && value == UNLOCK_SECOND && s->unlocked == 1) {
        s->unlocked = 2;
        return;
    }
    s->unlocked = 0;
    if (addr == INTERRUPT_STATUS) {
        s->interrupt &= !(value & INTERRUPT_ACTIVE);
        update_interrupt(s);
    } else if (!open) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_I6300ESB, "registers", "%02x is written without being "
                     "unlocked", (unsigned)addr);
    } else if (addr == RELOAD) {
        reload_written(s, value);
    } else if (addr == PRELOAD_1 || addr == PRELOAD_2) {
        s->preload[addr / 4] = value & PRELOAD_MASK;
    }
}

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- The device ---- */

static void i6300esb_reset(DeviceState *dev)
{
    EsbWatchdog *s = I6300ESB(dev);

    timer_del(s->timer);
    s->parent_obj.config[WDT_CONFIG] = s->parent_obj.config[WDT_LOCK] = 0;
    s->preload[0] = s->preload[1] = PRELOAD_MASK;
    s->unlocked = s->stage = 0;
    s->timed_out = s->interrupt = false;
    update_interrupt(s);
}

static void i6300esb_realize(PCIDevice *dev, Error **errp)
{
    EsbWatchdog *s = I6300ESB(dev);

    dev->wmask[WDT_CONFIG] = CONFIG_INTERRUPT | CONFIG_FAST | CONFIG_NO_OUTPUT;
    dev->wmask[WDT_LOCK] = LOCK_LOCKED | LOCK_ENABLED | LOCK_FREE_RUNNING;
    dev->config[PCI_INTERRUPT_PIN] = 1;
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, counter_ended, s);
    memory_region_init_io(&s->mmio, OBJECT(s), &mmio_ops, s, TYPE_I6300ESB, MMIO_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mmio);
}

static void i6300esb_exit(PCIDevice *dev)
{
    timer_free(I6300ESB(dev)->timer);
}

static int check_loaded(void *opaque, int version_id)
{
    const EsbWatchdog *s = opaque;

    return s->stage < 2 && s->unlocked < 3 ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_i6300esb = {
    .name = TYPE_I6300ESB,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = check_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, EsbWatchdog),
        VMSTATE_TIMER_PTR(timer, EsbWatchdog),
        VMSTATE_UINT32_ARRAY(preload, EsbWatchdog, 2),
        VMSTATE_UINT8(unlocked, EsbWatchdog),
        VMSTATE_UINT8(stage, EsbWatchdog),
        VMSTATE_BOOL(timed_out, EsbWatchdog),
        VMSTATE_BOOL(interrupt, EsbWatchdog),
        VMSTATE_END_OF_LIST()
    },
};

static void i6300esb_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = i6300esb_realize;
    pc->exit = i6300esb_exit;
    pc->config_write = config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x25ab;
    pc->class_id = 0x0880; /* system peripheral, other */
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    dc->desc = "Intel 6300ESB watchdog";
    dc->vmsd = &vmstate_i6300esb;
    device_class_set_legacy_reset(dc, i6300esb_reset);
    set_bit(DEVICE_CATEGORY_WATCHDOG, dc->categories);
}

static const TypeInfo i6300esb_types[] = {
    {
        .name = TYPE_I6300ESB,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(EsbWatchdog),
        .class_init = i6300esb_class_init,
    },
};

DEFINE_TYPES(i6300esb_types)
