/*
 * ICH9's SMIs: see ich9-smi.h.
 *
 * An SMI is an event here, not a line: a cause that the handler leaves standing in SMI_STS causes
 * none again when it writes EOS. The timer behind PERIODIC_STS runs while PERIODIC_EN is set.
 *
 * Not there: USB's legacy support, the traps of ports 62 and 66, and what SMI_STS gathers of GPIO,
 * SMBus, serial IRQs and device monitors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ich9-smi.h"
#include "qemu/bswap.h"

enum { SMI_EN, SMI_STS };
enum { BIOS_RELEASE = 1u << 7, USB_LEGACY = 0x00060008, MICROCONTROLLER = 1u << 11 };
enum { ENABLES = ICH9_SMI_GLOBAL | ICH9_SMI_BIOS | ICH9_SMI_SLEEP | ICH9_SMI_APM |
                 ICH9_SMI_SOFTWARE_TIMER | ICH9_SMI_TCO | ICH9_SMI_PERIODIC | USB_LEGACY |
                 MICROCONTROLLER };

bool ich9_smi_is_enabled(const Ich9Smi *s, uint32_t cause)
{
    uint64_t enabled = register_get(&s->regs, SMI_EN);

    return (enabled & ICH9_SMI_GLOBAL) && (enabled & cause);
}

static void raise_if_enabled(Ich9Smi *s, uint32_t causes)
{
    if (ich9_smi_is_enabled(s, causes)) {
        s->ops->raise(s->opaque, s->features & ICH9_SMI_BROADCAST);
    }
}

void ich9_smi_request(Ich9Smi *s, uint32_t cause)
{
    register_set(&s->regs, SMI_STS, register_get(&s->regs, SMI_STS) | cause);
    raise_if_enabled(s, cause);
}

/* ---- Timers ---- */

static void start(Ich9Smi *s, QEMUTimer *timer, uint32_t cause)
{
    timer_mod(timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + s->ops->period(s->opaque, cause));
}

static void period_over(void *opaque)
{
    Ich9Smi *s = opaque;

    start(s, s->periodic, ICH9_SMI_PERIODIC);
    ich9_smi_request(s, ICH9_SMI_PERIODIC);
}

/* Once: software sets its bit again for another time. */
static void software_timer_over(void *opaque)
{
    ich9_smi_request(opaque, ICH9_SMI_SOFTWARE_TIMER);
}

static void enable_timer(Ich9Smi *s, QEMUTimer *timer, uint32_t cause, uint64_t before)
{
    uint64_t enabled = register_get(&s->regs, SMI_EN);

    if (!(enabled & cause)) {
        timer_del(timer);
    } else if (!(before & cause)) {
        start(s, timer, cause);
    }
}

/* ---- Registers ---- */

/* EOS and BIOS_RLS are read as 0. */
static uint64_t write_enable(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Ich9Smi *s = container_of(block, Ich9Smi, regs);
    uint64_t before = *register_value(block, reg), kept = s->ops->locked(s->opaque);
    uint64_t after = (value & ENABLES & ~kept) | (before & kept);

    *register_value(block, reg) = after;
    enable_timer(s, s->periodic, ICH9_SMI_PERIODIC, before);
    enable_timer(s, s->software, ICH9_SMI_SOFTWARE_TIMER, before);
    if (value & BIOS_RELEASE) {
        s->ops->release(s->opaque);
    }
    return after;
}

static const RegisterField enable_fields[] = {
    { "LEGACY_USB_EN", 1u << 3 }, { "MCSMI_EN", MICROCONTROLLER }, { "LEGACY_USB2_EN", 1u << 17 },
    { "INTEL_USB2_EN", 1u << 18 }, { NULL, 0 },
};

static const Register smi_registers[] = {
    [SMI_EN] = { "SMI_EN", .offset = 0, .size = 4, .write = write_enable, .fields = enable_fields,
                 .unmodelled = USB_LEGACY | MICROCONTROLLER },
    [SMI_STS] = { "SMI_STS", .offset = 4, .size = 4, .w1c = 0x0000e1fc },
};

/* ---- What firmware agrees on ---- */

/* A part in CPUs' coming and going takes all CPUs together, and of both going needs coming. */
static bool can_be(const Ich9Smi *s, uint64_t wanted)
{
    bool arrivals = wanted & ICH9_SMI_CPU_ARRIVALS, removals = wanted & ICH9_SMI_CPU_REMOVALS;

    return !(wanted & ~s->supported) && (!removals || arrivals) &&
           (!arrivals || (wanted & ICH9_SMI_BROADCAST));
}

static void ok_is_read(void *opaque)
{
    Ich9Smi *s = opaque;
    uint64_t wanted = ldq_le_p(s->requested_file);

    if (!s->agreed && can_be(s, wanted)) {
        s->agreed = true;
        s->features = wanted;
        s->ok_file = 1;
        s->ops->agreed(s->opaque);
    }
}

/* What has been agreed on stays what the file says, too. */
static void request_is_written(void *opaque, off_t start, size_t len)
{
    Ich9Smi *s = opaque;

    if (s->agreed) {
        stq_le_p(s->requested_file, s->features);
    }
}

void ich9_smi_add_files(Ich9Smi *s, FWCfgState *fw_cfg, uint64_t supported)
{
    s->supported = supported;
    stq_le_p(s->supported_file, supported);
    fw_cfg_add_file_callback(fw_cfg, "etc/smi/supported-features", NULL, NULL, NULL,
                             s->supported_file, sizeof(s->supported_file), true);
    fw_cfg_add_file_callback(fw_cfg, "etc/smi/requested-features", NULL, request_is_written, s,
                             s->requested_file, sizeof(s->requested_file), false);
    fw_cfg_add_file_callback(fw_cfg, "etc/smi/features-ok", ok_is_read, NULL, s, &s->ok_file,
                             sizeof(s->ok_file), true);
}

/* ---- For the bridge ---- */

void ich9_smi_init(Ich9Smi *s, DeviceState *owner, const Ich9SmiOps *ops, void *opaque)
{
    s->ops = ops;
    s->opaque = opaque;
    s->periodic = timer_new_ns(QEMU_CLOCK_VIRTUAL, period_over, s);
    s->software = timer_new_ns(QEMU_CLOCK_VIRTUAL, software_timer_over, s);
    register_block_init(&s->regs, owner, "acpi-smi", smi_registers, ARRAY_SIZE(smi_registers),
                        DEVICE_LITTLE_ENDIAN, 0);
}

void ich9_smi_finalize(Ich9Smi *s)
{
    timer_free(s->periodic);
    timer_free(s->software);
    register_block_finalize(&s->regs);
}

void ich9_smi_reset(Ich9Smi *s, uint32_t enabled)
{
    register_block_reset(&s->regs);
    register_set(&s->regs, SMI_EN, enabled);
    timer_del(s->periodic);
    timer_del(s->software);
    s->features = 0;
    s->agreed = false;
    s->ok_file = 0;
    memset(s->requested_file, 0, sizeof(s->requested_file));
    s->ops->agreed(s->opaque);
}

static int after_load(void *opaque, int version_id)
{
    Ich9Smi *s = opaque;

    s->ok_file = s->agreed;
    s->ops->agreed(s->opaque);
    return 0;
}

const VMStateDescription vmstate_ich9_smi = {
    .name = "ich9-smi",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, Ich9Smi),
        VMSTATE_TIMER_PTR(periodic, Ich9Smi),
        VMSTATE_TIMER_PTR(software, Ich9Smi),
        VMSTATE_UINT64(features, Ich9Smi),
        VMSTATE_BOOL(agreed, Ich9Smi),
        VMSTATE_UINT8_ARRAY(requested_file, Ich9Smi, 8),
        VMSTATE_END_OF_LIST()
    },
};
