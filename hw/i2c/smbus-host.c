/*
 * SMBus host controller: see hw/i2c/smbus-host.h.
 *
 * A transfer is over as soon as it has been started. There is no interrupt yet, and no slave side:
 * drivers poll when the controller isn't told to interrupt.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i2c/smbus-host.h"
#include "qemu/log.h"

enum { HST_STS = 0, SLV_STS = 1, HST_CNT = 2, HST_CMD = 3, HST_ADD = 4, HST_DAT0 = 5, HST_DAT1 = 6,
       BLK_DAT = 7 };
enum { STATUS_BUSY = 0x01, STATUS_DONE = 0x02, STATUS_ERROR = 0x04, STATUS_COLLISION = 0x08,
       STATUS_FAILED = 0x10, STATUS_CLEARABLE = 0x1e };
enum { CONTROL_INTERRUPT = 0x01, CONTROL_KILL = 0x02, CONTROL_PROTOCOL = 0x1c,
       CONTROL_START = 0x40 };
enum { PROTOCOL_QUICK, PROTOCOL_BYTE, PROTOCOL_BYTE_DATA, PROTOCOL_WORD_DATA,
       PROTOCOL_BLOCK = 5 };

/* ---- Transfers ---- */

static bool send(SMBusHost *s, const uint8_t *bytes, size_t count)
{
    bool taken = i2c_bus_start(s->bus, s->address >> 1, false);

    for (size_t i = 0; taken && i < count; i++) {
        taken = i2c_bus_write(s->bus, bytes[i]);
    }
    return taken;
}

/* The command, then what goes with it. */
static bool send_command(SMBusHost *s, const uint8_t *bytes, size_t count)
{
    uint8_t message[2 + SMBUS_BLOCK_MAX] = { s->command };

    memcpy(message + 1, bytes, count);
    return send(s, message, 1 + count);
}

static bool start_reading(SMBusHost *s)
{
    return i2c_bus_start(s->bus, s->address >> 1, true);
}

static bool ask(SMBusHost *s)
{
    return send(s, &s->command, 1) && start_reading(s);
}

static bool write_transfer(SMBusHost *s, unsigned protocol)
{
    uint8_t data[1 + SMBUS_BLOCK_MAX] = { s->data0, s->data1 };
    unsigned count = MIN(s->data0, SMBUS_BLOCK_MAX);

    switch (protocol) {
    case PROTOCOL_QUICK:
        return send(s, NULL, 0);
    case PROTOCOL_BYTE:
        return send(s, &s->command, 1);
    case PROTOCOL_BYTE_DATA:
        return send_command(s, data, 1);
    case PROTOCOL_WORD_DATA:
        return send_command(s, data, 2);
    default:
        memcpy(data + 1, s->block, count);
        return send_command(s, data, 1 + count);
    }
}

static bool read_block(SMBusHost *s)
{
    if (!ask(s)) {
        return false;
    }
    s->data0 = i2c_bus_read(s->bus);
    for (unsigned i = 0; i < MIN(s->data0, SMBUS_BLOCK_MAX); i++) {
        s->block[i] = i2c_bus_read(s->bus);
    }
    return s->data0 >= 1 && s->data0 <= SMBUS_BLOCK_MAX;
}

static bool read_transfer(SMBusHost *s, unsigned protocol)
{
    if (protocol == PROTOCOL_BLOCK) {
        return read_block(s);
    }
    if (!(protocol <= PROTOCOL_BYTE ? start_reading(s) : ask(s))) {
        return false;
    }
    if (protocol >= PROTOCOL_BYTE) {
        s->data0 = i2c_bus_read(s->bus);
    }
    if (protocol == PROTOCOL_WORD_DATA) {
        s->data1 = i2c_bus_read(s->bus);
    }
    return true;
}

static void transfer(SMBusHost *s)
{
    unsigned protocol = (s->control & CONTROL_PROTOCOL) >> 2;
    bool done;

    if (protocol > PROTOCOL_WORD_DATA && protocol != PROTOCOL_BLOCK) {
        qemu_log_dev(LOG_GUEST_ERROR, "pm-smbus", "SMBHSTCNT", "protocol %u is reserved", protocol);
        s->status |= STATUS_FAILED;
        return;
    }
    done = (s->address & 1 ? read_transfer : write_transfer)(s, protocol);
    i2c_bus_stop(s->bus);
    s->status |= done ? STATUS_DONE : STATUS_ERROR;
    s->block_index = 0;
}

/* ---- Registers ---- */

static uint64_t host_read(void *opaque, hwaddr addr, unsigned size)
{
    SMBusHost *s = opaque;

    switch (addr) {
    case HST_STS:
        return s->status;
    case HST_CNT: /* reading it starts a block anew */
        s->block_index = 0;
        return s->control;
    case HST_CMD:
        return s->command;
    case HST_ADD:
        return s->address;
    case HST_DAT0:
        return s->data0;
    case HST_DAT1:
        return s->data1;
    case BLK_DAT:
        return s->block[s->block_index++ % SMBUS_BLOCK_MAX];
    default:
        qemu_log_dev(LOG_UNIMP, "pm-smbus", "port", "0x%" HWADDR_PRIx " read: the slave side isn't "
                     "modelled", addr);
        return 0;
    }
}

static void control_written(SMBusHost *s, uint8_t value)
{
    s->control = value & (CONTROL_INTERRUPT | CONTROL_PROTOCOL);
    if (value & CONTROL_INTERRUPT) {
        qemu_log_dev(LOG_UNIMP, "pm-smbus", "SMBHSTCNT", "INTEREN: there is no interrupt");
    }
    if (value & CONTROL_KILL) {
        s->status |= STATUS_FAILED;
    } else if (value & CONTROL_START) {
        transfer(s);
    }
}

static void host_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    SMBusHost *s = opaque;

    switch (addr) {
    case HST_STS:
        s->status &= ~(value & STATUS_CLEARABLE);
        break;
    case HST_CNT:
        control_written(s, value);
        break;
    case HST_CMD:
        s->command = value;
        break;
    case HST_ADD:
        s->address = value;
        break;
    case HST_DAT0:
        s->data0 = value;
        break;
    case HST_DAT1:
        s->data1 = value;
        break;
    case BLK_DAT:
        s->block[s->block_index++ % SMBUS_BLOCK_MAX] = value;
        break;
    default:
        qemu_log_dev(LOG_UNIMP, "pm-smbus", "port", "0x%" HWADDR_PRIx " written: the slave side "
                     "isn't modelled", addr);
    }
}

static const MemoryRegionOps host_ops = {
    .read = host_read,
    .write = host_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

void smbus_host_init(SMBusHost *s, DeviceState *owner, uint64_t size)
{
    s->bus = i2c_bus_new(owner, "i2c");
    memory_region_init_io(&s->io, OBJECT(owner), &host_ops, s, "pm-smbus", size);
}

void smbus_host_reset(SMBusHost *s)
{
    s->status = s->control = s->command = s->address = s->data0 = s->data1 = s->block_index = 0;
    memset(s->block, 0, sizeof(s->block));
}

const VMStateDescription vmstate_smbus_host = {
    .name = "smbus-host",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_I2C_BUS(bus, SMBusHost),
        VMSTATE_UINT8(status, SMBusHost),
        VMSTATE_UINT8(control, SMBusHost),
        VMSTATE_UINT8(command, SMBusHost),
        VMSTATE_UINT8(address, SMBusHost),
        VMSTATE_UINT8(data0, SMBusHost),
        VMSTATE_UINT8(data1, SMBusHost),
        VMSTATE_UINT8_ARRAY(block, SMBusHost, SMBUS_BLOCK_MAX),
        VMSTATE_UINT8(block_index, SMBusHost),
        VMSTATE_END_OF_LIST()
    },
};
