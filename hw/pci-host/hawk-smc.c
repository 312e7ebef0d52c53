/*
 * Hawk system memory controller: SDRAM and ROM decoding, ECC, I2C, the 32-bit counter.
 *
 * SDRAM answers from address 0 whatever the registers say: they come up describing the machine's
 * memory, and firmware that sizes the memory from SPD and programs them finds everything it
 * expects, but programming them differently moves nothing. There are no ECC errors to log.
 *
 * Reference: MVME5100 Programmer's Reference Guide, chapter 3, "System Memory Controller".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hawk-spd.h"
#include "hw/i2c/i2c.h"
#include "hw/pci-host/hawk.h"
#include "hw/pci/pci_ids.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/units.h"

OBJECT_DECLARE_SIMPLE_TYPE(HawkSMCState, HAWK_SMC)

struct HawkSMCState {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    uint64_t ram_size;      /* properties */
    uint32_t bus_frequency; /* Hz */
    uint32_t cpu_frequency;

    HawkSdramBlock blocks[HAWK_SDRAM_BLOCKS];
    I2CBus *i2c;
    I2CSlave *vpd; /* the EEPROM with the board's vital product data */

    int64_t counter_start;  /* virtual clock when the 32-bit counter was 0, ns */
    uint8_t counter_divisor; /* bus clocks for each count; 0: 256 */
};

/* --- I2C --- */

#define I2C_START  0x08 /* control */
#define I2C_STOP   0x04
#define I2C_ACKOUT 0x02
#define I2C_ENABLE 0x01

#define I2C_DATIN  0x08 /* status */
#define I2C_ERROR  0x04
#define I2C_ACKIN  0x02
#define I2C_DONE   0x01

enum {
    R_ID,
    R_GENERAL,
    R_SDRAM_SIZE_A,
    R_SDRAM_BASE_A,
    R_CLOCK,
    R_ECC,
    R_ERROR_LOG,
    R_ERROR_ADDRESS,
    R_SCRUB,
    R_SCRUB_ADDRESS,
    R_ROM_A,
    R_ROM_B,
    R_ROM_SPEED,
    R_DATA_PARITY_LOG,
    R_DATA_PARITY_ADDRESS,
    R_DATA_PARITY_UPPER,
    R_DATA_PARITY_LOWER,
    R_I2C_PRESCALE,
    R_I2C_CONTROL,
    R_I2C_STATUS,
    R_I2C_TRANSMIT,
    R_I2C_RECEIVE,
    R_SDRAM_SIZE_E,
    R_SDRAM_BASE_E,
    R_SDRAM_SPEED,
    R_ADDRESS_PARITY_LOG,
    R_ADDRESS_PARITY_ADDRESS,
    R_COUNTER,
    R_COUNT,
};

static HawkSMCState *smc_of(RegisterBlock *block)
{
    return HAWK_SMC(block->owner);
}

/*
 * Every transfer is started by writing the transmitter; the control register says which kind it is. The byte after a start condition says
 * who is meant, and the direction.
 */
static void i2c_transmit_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HawkSMCState *s = smc_of(block);
    uint32_t control = register_get(block, R_I2C_CONTROL);
    uint32_t status = 0;

    if (!(control & I2C_ENABLE)) {
        return;
    }
    if (control & I2C_STOP) {
        i2c_bus_stop(s->i2c);
    } else if (control & I2C_START) {
        status = i2c_bus_start(s->i2c, value >> 1, value & 1) ? I2C_ACKIN : 0;
        control &= ~I2C_START;
    } else if (i2c_bus_is_active(s->i2c) && s->i2c->reading) {
        register_set(block, R_I2C_RECEIVE, i2c_bus_read(s->i2c));
        status = I2C_DATIN;
    } else {
        status = i2c_bus_write(s->i2c, value) ? I2C_ACKIN : 0;
    }
    register_set(block, R_I2C_CONTROL, control & ~I2C_STOP);
    register_set(block, R_I2C_STATUS, status | I2C_DONE);
}

static uint64_t i2c_receive_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    uint32_t status = register_get(block, R_I2C_STATUS);

    register_set(block, R_I2C_STATUS, status & ~I2C_DATIN);
    return stored;
}

/*
 * --- the 32-bit counter: one up each time the bus clock has run through what the clock frequency
 * register says, which is a microsecond if it says the bus clock's MHz ---
 */

static int64_t counter_tick_ns(const HawkSMCState *s)
{
    unsigned clocks = s->counter_divisor ? s->counter_divisor : 256;

    return muldiv64(clocks, NANOSECONDS_PER_SECOND, s->bus_frequency);
}

static uint32_t counter_at(const HawkSMCState *s, int64_t now)
{
    return (now - s->counter_start) / counter_tick_ns(s);
}

static void set_counter(HawkSMCState *s, uint32_t value, int64_t now)
{
    s->counter_start = now - value * counter_tick_ns(s);
}

static uint64_t counter_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return counter_at(smc_of(block), qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static uint64_t counter_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    set_counter(smc_of(block), value, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    return 0;
}

/* The count goes on from where it is, at another speed. */
static void clock_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HawkSMCState *s = smc_of(block);
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint32_t count = counter_at(s, now);

    s->counter_divisor = register_get(block, R_CLOCK) >> 24;
    set_counter(s, count, now);
}

/* --- registers --- */

#define GENERAL_TBEN   0x00000800u /* TBEN pins are outputs of this register */
#define SDRAM_SIZE_MASK 0x8f8f8f8fu
#define ROM_BASE_MASK  0xfff00000u
#define ROM_SIZE_8M    0x00030000u
#define ROM_SIZE_16M   0x00040000u
#define ROM_VECTOR     0x00000004u
#define ROM_ENABLE     0x00000002u
#define ROM_WRITE      0x00000001u
#define ECC_WRITABLE   0x0f1f0000u

static const RegisterField general_fields[] = {
    { "REVID", 0x00ff0000 }, { "TBEN_EN", GENERAL_TBEN }, {},
};

static const RegisterField ecc_fields[] = {
    { "REFDIS", 0x04000000 }, { "RWCB", 0x02000000 }, { "DERC", 0x01000000 }, {},
};

#define SMC_REG(title, at, ...) { title, .offset = at, .size = 4, ##__VA_ARGS__ }

static const Register smc_registers[R_COUNT] = {
    [R_ID] = SMC_REG("VENDID/DEVID", 0x00, .reset = PCI_VENDOR_ID_MOTOROLA << 16 |
                                                    PCI_DEVICE_ID_MOTOROLA_HAWK),
    [R_GENERAL] = SMC_REG("REVID/GENERAL", 0x08, .reset = 0x00010000, .writable = 0x0000ff00,
                          .unmodelled = GENERAL_TBEN, .fields = general_fields),
    [R_SDRAM_SIZE_A] = SMC_REG("SDRAM_SIZE_A-D", 0x10, .writable = SDRAM_SIZE_MASK),
    [R_SDRAM_BASE_A] = SMC_REG("SDRAM_BASE_A-D", 0x18, .writable = 0xffffffff),
    [R_CLOCK] = SMC_REG("CLK_FREQUENCY", 0x20, .reset = 100u << 24, .writable = 0xff000000,
                        .w1c = 0x00000001, .written = clock_written),
    [R_ECC] = SMC_REG("ECC_CONTROL", 0x28, .reset = 0x01000000, .writable = ECC_WRITABLE,
                      .unmodelled = 0x02000000, .fields = ecc_fields),
    [R_ERROR_LOG] = SMC_REG("ERROR_LOGGER", 0x30, .writable = 0x00ff0100, .w1c = 0x80000000),
    [R_ERROR_ADDRESS] = SMC_REG("ERROR_ADDRESS", 0x38),
    [R_SCRUB] = SMC_REG("SCRUB/REFRESH", 0x40, .writable = 0x1fff0000),
    [R_SCRUB_ADDRESS] = SMC_REG("SCRUB_ADDRESS", 0x48, .writable = 0x1ffffff8),
    [R_ROM_A] = SMC_REG("ROM_A", 0x50, .reset = 0xf4000000 | ROM_SIZE_16M | ROM_ENABLE | ROM_WRITE,
                        .writable = ROM_BASE_MASK | 0x70007, .unmodelled = ROM_BASE_MASK | 0x70006),
    [R_ROM_B] = SMC_REG("ROM_B", 0x58,
                        .reset = 0xff800000 | ROM_SIZE_8M | ROM_VECTOR | ROM_ENABLE | ROM_WRITE,
                        .writable = ROM_BASE_MASK | 0x70007, .unmodelled = ROM_BASE_MASK | 0x70006),
    [R_ROM_SPEED] = SMC_REG("ROM_SPEED", 0x60, .writable = 0x0000000f),
    [R_DATA_PARITY_LOG] = SMC_REG("DATA_PARITY_LOG", 0x68, .writable = 0x00000300,
                                  .w1c = 0x80000000),
    [R_DATA_PARITY_ADDRESS] = SMC_REG("DATA_PARITY_ADDRESS", 0x70),
    [R_DATA_PARITY_UPPER] = SMC_REG("DATA_PARITY_UPPER", 0x78),
    [R_DATA_PARITY_LOWER] = SMC_REG("DATA_PARITY_LOWER", 0x80),
    [R_I2C_PRESCALE] = SMC_REG("I2C_PRESCALE", 0x90, .reset = 0x1f3, .writable = 0xffff),
    [R_I2C_CONTROL] = SMC_REG("I2C_CONTROL", 0x98, .writable = 0x0f),
    [R_I2C_STATUS] = SMC_REG("I2C_STATUS", 0xa0, .reset = I2C_DONE),
    [R_I2C_TRANSMIT] = SMC_REG("I2C_TRANSMIT", 0xa8, .writable = 0xff,
                               .written = i2c_transmit_written),
    [R_I2C_RECEIVE] = SMC_REG("I2C_RECEIVE", 0xb0, .read = i2c_receive_read),
    [R_SDRAM_SIZE_E] = SMC_REG("SDRAM_SIZE_E-H", 0xc0, .writable = SDRAM_SIZE_MASK),
    [R_SDRAM_BASE_E] = SMC_REG("SDRAM_BASE_E-H", 0xc8, .writable = 0xffffffff),
    [R_SDRAM_SPEED] = SMC_REG("SDRAM_SPEED", 0xd0, .reset = 0x13331100, .writable = 0x37771100),
    [R_ADDRESS_PARITY_LOG] = SMC_REG("ADDRESS_PARITY_LOG", 0xe0, .writable = 0x00000100,
                                     .w1c = 0x80000000),
    [R_ADDRESS_PARITY_ADDRESS] = SMC_REG("ADDRESS_PARITY_ADDRESS", 0xe8),
    [R_COUNTER] = SMC_REG("CTR32", 0x100, .read = counter_read, .write = counter_write),
};

/* The registers describe the memory that there is, blocks one after the other from 0. */
static void report_sdram(HawkSMCState *s)
{
    uint32_t size[2] = { 0 }, base[2] = { 0 }, next = 0;

    for (int i = 0; i < HAWK_SDRAM_BLOCKS; i++) {
        int shift = 24 - 8 * (i & 3);

        if (s->blocks[i].size) {
            size[i >> 2] |= (0x80u | s->blocks[i].code) << shift;
            base[i >> 2] |= (next >> 24) << shift;
            next += s->blocks[i].size;
        }
    }
    register_set(&s->regs, R_SDRAM_SIZE_A, size[0]);
    register_set(&s->regs, R_SDRAM_BASE_A, base[0]);
    register_set(&s->regs, R_SDRAM_SIZE_E, size[1]);
    register_set(&s->regs, R_SDRAM_BASE_E, base[1]);
}

static void hawk_smc_reset_hold(Object *obj)
{
    HawkSMCState *s = HAWK_SMC(obj);

    register_block_reset(&s->regs);
    s->counter_divisor = s->bus_frequency / 1000000;
    register_set(&s->regs, R_CLOCK, (uint32_t)s->counter_divisor << 24);
    report_sdram(s);
    s->counter_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    i2c_bus_stop(s->i2c);
}

/* Write-protected, as on the board. */
static I2CSlave *add_eeprom(HawkSMCState *s, uint8_t address, const uint8_t data[HAWK_EEPROM_SIZE])
{
    I2CSlave *eeprom = i2c_slave_create(s->i2c, TYPE_SMBUS_EEPROM, address);

    i2c_eeprom_protect(eeprom);
    i2c_eeprom_set_contents(eeprom, data, HAWK_EEPROM_SIZE);
    return eeprom;
}

static void add_eeproms(HawkSMCState *s)
{
    uint8_t data[HAWK_EEPROM_SIZE];

    for (int i = 0; i < HAWK_SPD_MODULES; i++) {
        if (hawk_spd_contents(s->blocks, i, data)) {
            add_eeprom(s, 0x54 + i, data);
        }
    }
    hawk_vpd_contents(s->bus_frequency, s->cpu_frequency, NULL, 0, data);
    s->vpd = add_eeprom(s, 0x50, data);
}

void hawk_smc_set_ethernets(DeviceState *smc, const MACAddr *macs, size_t num_macs)
{
    HawkSMCState *s = HAWK_SMC(smc);
    uint8_t data[HAWK_EEPROM_SIZE];

    hawk_vpd_contents(s->bus_frequency, s->cpu_frequency, macs, num_macs, data);
    i2c_eeprom_set_contents(s->vpd, data, sizeof(data));
}

static void hawk_smc_realize(DeviceState *dev, Error **errp)
{
    HawkSMCState *s = HAWK_SMC(dev);

    if (s->bus_frequency < 1000000 || s->bus_frequency > 255000000) {
        error_setg(errp, "'bus-frequency' must be from 1 to 255 MHz");
        return;
    }
    hawk_sdram_layout(s->ram_size, s->blocks);
    add_eeproms(s);
}

static void hawk_smc_instance_init(Object *obj)
{
    HawkSMCState *s = HAWK_SMC(obj);

    register_block_init(&s->regs, DEVICE(obj), TYPE_HAWK_SMC, smc_registers, R_COUNT,
                        DEVICE_BIG_ENDIAN, HAWK_SMC_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->regs.mmio);
    s->i2c = i2c_bus_new(DEVICE(obj), "i2c");
}

static void hawk_smc_instance_finalize(Object *obj)
{
    register_block_finalize(&HAWK_SMC(obj)->regs);
}

static const VMStateDescription vmstate_hawk_smc = {
    .name = TYPE_HAWK_SMC,
    .version_id = 3,
    .minimum_version_id = 3,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, HawkSMCState),
        VMSTATE_INT64(counter_start, HawkSMCState),
        VMSTATE_UINT8(counter_divisor, HawkSMCState),
        VMSTATE_I2C_BUS(i2c, HawkSMCState),
        VMSTATE_END_OF_LIST()
    },
};

static Property hawk_smc_properties[] = {
    DEFINE_PROP_UINT64("ram-size", HawkSMCState, ram_size, 0),
    DEFINE_PROP_UINT32("bus-frequency", HawkSMCState, bus_frequency, 100000000),
    DEFINE_PROP_UINT32("cpu-frequency", HawkSMCState, cpu_frequency, 400000000),
    DEFINE_PROP_END_OF_LIST(),
};

static void hawk_smc_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "Hawk system memory controller";
    dc->realize = hawk_smc_realize;
    dc->vmsd = &vmstate_hawk_smc;
    dc->user_creatable = false;
    RESETTABLE_CLASS(klass)->phases.hold = hawk_smc_reset_hold;
    device_class_set_props(dc, hawk_smc_properties);
}

static const TypeInfo hawk_smc_types[] = {
    {
        .name = TYPE_HAWK_SMC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(HawkSMCState),
        .instance_init = hawk_smc_instance_init,
        .instance_finalize = hawk_smc_instance_finalize,
        .class_init = hawk_smc_class_init,
    },
};

DEFINE_TYPES(hawk_smc_types)
