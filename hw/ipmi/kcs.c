/*
 * IPMI: the keyboard controller style interface (KCS): two registers, through which requests and
 * responses go byte by byte.
 *
 * The BMC is never busy: IBF is always clear when software looks.
 *
 * Reference: IPMI 2.0, chapter 9 (figure 9-6 and 9-7: how transfers go).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ipmi-interface.h"

enum { DATA = 0, STATUS = 1, KCS_PORTS = 2 };
enum { OBF = 1 << 0, SMS_ATN = 1 << 2, IS_COMMAND = 1 << 3, STATE_SHIFT = 6, STATE = 3 << 6 };
enum { STATE_IDLE, STATE_READ, STATE_WRITE, STATE_ERROR };
enum { GET_STATUS_ABORT = 0x60, WRITE_START = 0x61, WRITE_END = 0x62, READ = 0x68 };
enum { NO_ERROR = 0x00, ABORTED = 0x01, ILLEGAL_CONTROL = 0x02, WRONG_LENGTH = 0x06 };

/* What the next byte that software writes is. */
enum { PHASE_IDLE, PHASE_WRITE, PHASE_WRITE_END, PHASE_READ, PHASE_ABORT, PHASE_ABORT_READ };

static void set_state(IpmiInterface *s, unsigned state, unsigned phase)
{
    s->status = (s->status & ~STATE) | state << STATE_SHIFT;
    s->phase = phase;
}

/* A byte for software; without a meaning where it only says that it may go on. */
static void give(IpmiInterface *s, uint8_t byte)
{
    s->data = byte;
    s->status |= OBF;
}

static void fail(IpmiInterface *s, uint8_t error)
{
    s->error = error;
    set_state(s, STATE_ERROR, PHASE_IDLE);
    give(s, 0);
}

static void command_written(IpmiInterface *s, uint8_t value)
{
    s->status |= IS_COMMAND;
    if (value == GET_STATUS_ABORT) {
        s->error = s->phase == PHASE_IDLE ? s->error : ABORTED;
        set_state(s, STATE_WRITE, PHASE_ABORT);
        give(s, 0);
    } else if (value == WRITE_START) {
        s->request.len = 0;
        s->error = NO_ERROR;
        set_state(s, STATE_WRITE, PHASE_WRITE);
        give(s, 0);
    } else if (value == WRITE_END && s->phase == PHASE_WRITE) {
        s->phase = PHASE_WRITE_END;
        give(s, 0);
    } else {
        fail(s, ILLEGAL_CONTROL);
    }
}

/* Software fetches a byte and asks for the next; behind the last one is one that says so. */
static void give_next(IpmiInterface *s)
{
    if (s->at < s->response.len) {
        set_state(s, STATE_READ, PHASE_READ);
        give(s, s->response.bytes[s->at++]);
    } else {
        set_state(s, STATE_IDLE, PHASE_IDLE);
        give(s, 0);
    }
}

static void request_byte(IpmiInterface *s, uint8_t value)
{
    bool last = s->phase == PHASE_WRITE_END;

    if (s->request.len == IPMI_MAX_MESSAGE) {
        fail(s, WRONG_LENGTH);
        return;
    }
    s->request.bytes[s->request.len++] = value;
    if (!last) {
        give(s, 0);
    } else if (s->request.len < 2) {
        fail(s, WRONG_LENGTH);
    } else {
        ipmi_interface_ask(s);
        give_next(s);
    }
}

static void data_written(IpmiInterface *s, uint8_t value)
{
    s->status &= ~IS_COMMAND;
    switch (s->phase) {
    case PHASE_WRITE:
    case PHASE_WRITE_END:
        request_byte(s, value);
        break;
    case PHASE_READ:
    case PHASE_ABORT_READ:
        if (value != READ) {
            fail(s, ILLEGAL_CONTROL);
        } else if (s->phase == PHASE_ABORT_READ) {
            set_state(s, STATE_IDLE, PHASE_IDLE);
            give(s, 0);
        } else {
            give_next(s);
        }
        break;
    case PHASE_ABORT:
        set_state(s, STATE_READ, PHASE_ABORT_READ);
        give(s, s->error);
        s->error = NO_ERROR;
        break;
    default:
        fail(s, ILLEGAL_CONTROL);
    }
}

static uint64_t kcs_read(void *opaque, hwaddr addr, unsigned size)
{
    IpmiInterface *s = opaque;

    if (addr == STATUS) {
        return s->status | (ipmi_bmc_attention(s->bmc).pending ? SMS_ATN : 0);
    }
    if (addr == DATA) {
        s->status &= ~OBF;
        ipmi_interface_update(s);
        return s->data;
    }
    return 0xff;
}

static void kcs_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    IpmiInterface *s = opaque;

    if (addr == STATUS) {
        command_written(s, value);
    } else if (addr == DATA) {
        data_written(s, value);
    }
    ipmi_interface_update(s);
}

static const MemoryRegionOps kcs_ops = {
    .read = kcs_read,
    .write = kcs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* Section 9.10: that of transfers follows OBF. */
static bool kcs_wants_interrupt(IpmiInterface *s, IpmiAttention attention)
{
    return (attention.transfers && s->status & OBF) || (attention.pending && attention.interrupts);
}

static void kcs_reset(IpmiInterface *s)
{
    s->status = s->data = s->error = 0;
    set_state(s, STATE_IDLE, PHASE_IDLE);
}

const IpmiInterfaceKind ipmi_kcs = {
    .name = "kcs",
    .protocol = IPMI_PROTOCOL_KCS,
    .smbios = IPMI_SMBIOS_KCS,
    .pci_interface = 1,
    .port = 0xca2,
    .ports = KCS_PORTS,
    .ops = &kcs_ops,
    .reset = kcs_reset,
    .wants_interrupt = kcs_wants_interrupt,
};
