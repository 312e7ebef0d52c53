/*
 * Serial EEPROMs on I2C: "at24c-eeprom" of 128 bytes to 64 KiB, and "smbus-eeprom", which is one of
 * 256 bytes as memory modules have it.
 *
 * After its address the device takes the address of a byte: one byte of it in small devices (those
 * of more than 256 bytes have several bus addresses, one for each 256), two from 4 KiB on. What is
 * written then goes to that place, around within a page; reading goes on from where the last access
 * ended, around at the device's end. A write is complete at once.
 *
 * Reference: Atmel AT24C01A/02/04/08A/16A data sheet (0180), "Device Addressing", "Write
 * Operations", "Read Operations"; AT24C32/64 (0336) and AT24C512 (1116) for two address bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i2c/i2c.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/block-backend.h"

#define TYPE_I2C_EEPROM "i2c-eeprom"
OBJECT_DECLARE_SIMPLE_TYPE(I2CEeprom, I2C_EEPROM)

#define SIZE_SMALLEST 128
#define SIZE_LARGEST (64 * KiB)
#define BANK 256

struct I2CEeprom {
    I2CSlave parent_obj;

    uint32_t size; /* property: bytes */
    bool writable;
    BlockBackend *blk; /* keeps the contents; NULL: they are lost */

    uint8_t *bytes;
    uint16_t pointer;
    uint8_t address_bytes; /* that are yet to come before data do */
    bool changed;          /* since the last stop */
};

static unsigned address_length(const I2CEeprom *s)
{
    return s->size >= 4 * KiB ? 2 : 1;
}

static unsigned page_size(const I2CEeprom *s)
{
    return s->size <= 256 ? 8 : s->size <= 2 * KiB ? 16 : s->size <= 8 * KiB ? 32 : s->size <= 32 * KiB ? 64 : 128;
}

/* Of the device on the bus. */
static unsigned eeprom_addresses(const I2CSlave *dev)
{
    const I2CEeprom *s = (const I2CEeprom *)dev;

    return address_length(s) == 1 && s->size > BANK ? s->size / BANK : 1;
}

static bool eeprom_start(I2CSlave *dev, unsigned offset, bool reading)
{
    I2CEeprom *s = I2C_EEPROM(dev);

    s->address_bytes = reading ? 0 : address_length(s);
    if (eeprom_addresses(dev) > 1) {
        s->pointer = offset * BANK + s->pointer % BANK;
    }
    return true;
}

static uint8_t eeprom_read(I2CSlave *dev)
{
    I2CEeprom *s = I2C_EEPROM(dev);
    uint8_t byte = s->bytes[s->pointer];

    s->pointer = (s->pointer + 1) % s->size;
    return byte;
}

/* Where nothing may be written everything is acknowledged all the same. */
static bool eeprom_write(I2CSlave *dev, uint8_t byte)
{
    I2CEeprom *s = I2C_EEPROM(dev);
    unsigned page = page_size(s);

    if (s->address_bytes) {
        s->address_bytes--;
        s->pointer = address_length(s) == 2 ? (s->pointer << 8 | byte) % s->size : (s->pointer / BANK * BANK + byte) % s->size;
        return true;
    }
    if (s->writable) {
        s->bytes[s->pointer] = byte;
        s->changed = true;
    }
    s->pointer = s->pointer / page * page + (s->pointer + 1) % page;
    return true;
}

/* As the device begins to write then, the image gets the contents. */
static void eeprom_stop(I2CSlave *dev)
{
    I2CEeprom *s = I2C_EEPROM(dev);

    if (s->changed && s->blk && blk_pwrite(s->blk, 0, s->size, s->bytes) < 0) {
        qemu_log_dev(LOG_GUEST_ERROR, object_get_typename(OBJECT(dev)), NULL, "its image '%s' can't be written", blk_shown_name(s->blk));
    }
    s->changed = false;
}

void i2c_eeprom_set_contents(I2CSlave *eeprom, const uint8_t *bytes, size_t size)
{
    I2CEeprom *s = I2C_EEPROM(eeprom);

    assert(size <= s->size && "contents fit into their EEPROM");
    memcpy(s->bytes, bytes, size);
}

void i2c_eeprom_protect(I2CSlave *eeprom)
{
    I2C_EEPROM(eeprom)->writable = false;
}

static void eeprom_realize(DeviceState *dev, Error **errp)
{
    I2CEeprom *s = I2C_EEPROM(dev);
    DeviceClass *parent = DEVICE_CLASS(object_class_by_name(TYPE_I2C_SLAVE));
    Error *refusal = NULL;

    if (!is_power_of_2(s->size) || s->size < SIZE_SMALLEST || s->size > SIZE_LARGEST) {
        error_setg(errp, "Parameter 'rom-size' expects a power of two from %d to %" PRIu64, SIZE_SMALLEST, (uint64_t)SIZE_LARGEST);
        return;
    }
    parent->realize(dev, &refusal);
    if (refusal) {
        error_propagate(errp, refusal);
        return;
    }
    s->bytes = g_malloc(s->size);
    memset(s->bytes, 0xff, s->size);
    if (s->blk && !blk_check_size_and_read_all(s->blk, dev, s->bytes, s->size, errp)) {
        g_clear_pointer(&s->bytes, g_free);
        return;
    }
    s->writable = s->writable && (!s->blk || blk_is_writable(s->blk));
}

static void eeprom_unrealize(DeviceState *dev)
{
    DEVICE_CLASS(object_class_by_name(TYPE_I2C_SLAVE))->unrealize(dev);
    g_clear_pointer(&I2C_EEPROM(dev)->bytes, g_free);
}

static void eeprom_reset(DeviceState *dev)
{
    I2CEeprom *s = I2C_EEPROM(dev);

    s->pointer = 0;
    s->address_bytes = 0;
}

static int after_load(void *opaque, int version_id)
{
    I2CEeprom *s = opaque;

    return s->pointer >= s->size || s->address_bytes > 2 ? -EINVAL : 0;
}

static const VMStateDescription vmstate_eeprom = {
    .name = TYPE_I2C_EEPROM,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_VBUFFER_UINT32(bytes, I2CEeprom, 1, NULL, size),
        VMSTATE_UINT16(pointer, I2CEeprom),
        VMSTATE_UINT8(address_bytes, I2CEeprom),
        VMSTATE_BOOL(changed, I2CEeprom),
        VMSTATE_END_OF_LIST()
    },
};

static void eeprom_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    I2CSlaveClass *sc = I2C_SLAVE_CLASS(oc);

    sc->addresses = eeprom_addresses;
    sc->start = eeprom_start;
    sc->read = eeprom_read;
    sc->write = eeprom_write;
    sc->stop = eeprom_stop;
    dc->realize = eeprom_realize;
    dc->unrealize = eeprom_unrealize;
    dc->reset = eeprom_reset;
    dc->vmsd = &vmstate_eeprom;
}

static Property smbus_eeprom_properties[] = {
    DEFINE_PROP_BOOL("writable", I2CEeprom, writable, true),
    DEFINE_PROP_END_OF_LIST(),
};

static Property at24c_eeprom_properties[] = {
    DEFINE_PROP_UINT32("rom-size", I2CEeprom, size, 0),
    DEFINE_PROP_BOOL("writable", I2CEeprom, writable, true),
    DEFINE_PROP_DRIVE("drive", I2CEeprom, blk),
    DEFINE_PROP_END_OF_LIST(),
};

static void smbus_eeprom_init(Object *obj)
{
    I2C_EEPROM(obj)->size = BANK;
}

static void smbus_eeprom_class_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->desc = "256 bytes of EEPROM";
    device_class_set_props(DEVICE_CLASS(oc), smbus_eeprom_properties);
}

static void at24c_eeprom_class_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->desc = "Atmel AT24C EEPROM";
    device_class_set_props(DEVICE_CLASS(oc), at24c_eeprom_properties);
}

static const TypeInfo eeprom_types[] = {
    {
        .name = TYPE_I2C_EEPROM,
        .parent = TYPE_I2C_SLAVE,
        .abstract = true,
        .instance_size = sizeof(I2CEeprom),
        .class_init = eeprom_class_init,
    },
    {
        .name = TYPE_SMBUS_EEPROM,
        .parent = TYPE_I2C_EEPROM,
        .instance_init = smbus_eeprom_init,
        .class_init = smbus_eeprom_class_init,
    },
    {
        .name = TYPE_AT24C_EEPROM,
        .parent = TYPE_I2C_EEPROM,
        .class_init = at24c_eeprom_class_init,
    },
};

DEFINE_TYPES(eeprom_types)
