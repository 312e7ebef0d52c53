/*
 * The contents of the serial EEPROMs on Hawk's I2C bus.
 *
 * References: JEDEC Standard 21-C, 4.1.2.5 (SPD for SDRAM modules); MVME5100 Programmer's Reference
 * Guide, chapter 3, "Sizing DRAM", and appendix B, "Vital Product Data".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hawk-spd.h"
#include "qemu/bswap.h"
#include "qemu/units.h"

/*
 * The kinds of block that we report, largest first: nine x16/x8/x4 devices on a 64-bit path with
 * ECC.
 */
typedef struct BlockKind {
    uint32_t size;
    uint8_t code;
    uint8_t rows, columns; /* address bits */
    uint8_t width;         /* of one device, bits */
    uint8_t density;       /* SPD byte 31: bit n stands for 4 MiB << n */
} BlockKind;

static const BlockKind block_kinds[] = {
    { 512 * MiB, 9, 13, 11, 4, 0x80 },
    { 256 * MiB, 7, 13, 10, 8, 0x40 },
    { 128 * MiB, 5, 12, 10, 8, 0x20 },
    { 64 * MiB, 2, 12, 9, 8, 0x10 },
    { 32 * MiB, 1, 12, 8, 16, 0x08 },
};

static const BlockKind *kind_of(uint32_t size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(block_kinds); i++) {
        if (block_kinds[i].size == size) {
            return &block_kinds[i];
        }
    }
    return NULL;
}

void hawk_sdram_layout(uint64_t ram_size, HawkSdramBlock blocks[HAWK_SDRAM_BLOCKS])
{
    int n = 0;

    memset(blocks, 0, HAWK_SDRAM_BLOCKS * sizeof(*blocks));
    for (size_t i = 0; i < G_N_ELEMENTS(block_kinds); i++) {
        const BlockKind *kind = &block_kinds[i];

        while (ram_size >= kind->size && n < HAWK_SDRAM_BLOCKS) {
            /* A module's two blocks are equal: another size starts a new module. */
            if ((n & 1) && blocks[n - 1].size != kind->size) {
                n++;
                continue;
            }
            blocks[n++] = (HawkSdramBlock){ .size = kind->size, .code = kind->code };
            ram_size -= kind->size;
        }
    }
}

static uint8_t checksum(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;

    while (len--) {
        sum += *data++;
    }
    return sum;
}

bool hawk_spd_contents(const HawkSdramBlock *blocks, int module, uint8_t data[HAWK_EEPROM_SIZE])
{
    const HawkSdramBlock *b = &blocks[2 * module];
    const BlockKind *kind = kind_of(b->size);

    memset(data, 0, HAWK_EEPROM_SIZE);
    if (!kind) {
        return false;
    }
    data[0] = 128;  /* bytes written */
    data[1] = 8;    /* 256 in all */
    data[2] = 4;    /* SDRAM */
    data[3] = kind->rows;
    data[4] = kind->columns;
    data[5] = b[1].size ? 2 : 1; /* blocks */
    data[6] = 72;   /* data width */
    data[8] = 1;    /* LVTTL */
    data[9] = 0x75; /* 7.5 ns at the highest CAS latency: PC133 */
    data[10] = 0x54;
    data[11] = 2;   /* ECC */
    data[12] = 0x80; /* refresh 15.6 us, self-refresh */
    data[13] = kind->width;
    data[14] = kind->width;
    data[15] = 1;
    data[16] = 0x0f; /* burst lengths 1, 2, 4, 8 */
    data[17] = 4;    /* banks in a device */
    data[18] = 0x06; /* CAS latencies 2 and 3 */
    data[19] = 1;
    data[20] = 1;
    data[22] = 0x0e;
    data[23] = 0xa0; /* 10 ns at CAS latency 2 */
    data[24] = 0x60;
    data[27] = 20;   /* tRP, tRRD, tRCD, tRAS: ns */
    data[28] = 15;
    data[29] = 20;
    data[30] = 45;
    data[31] = kind->density;
    data[32] = 0x15; /* set-up and hold times */
    data[33] = 0x08;
    data[34] = 0x15;
    data[35] = 0x08;
    data[62] = 0x12; /* SPD revision 1.2 */
    data[63] = checksum(data, 63);
    data[126] = 100; /* MHz */
    data[127] = 0xcf;
    return true;
}

/* --- vital product data --- */

enum {
    VPD_PRODUCT_ID = 0x01,
    VPD_ASSEMBLY = 0x02,
    VPD_SERIAL = 0x03,
    VPD_CPU_HZ = 0x05,
    VPD_BUS_HZ = 0x06,
    VPD_CPU_TYPE = 0x09,
    VPD_END = 0xff,
};

/* A packet: id, length, data. */
static uint8_t *put_packet(uint8_t *at, uint8_t id, const void *data, uint8_t len)
{
    *at++ = id;
    *at++ = len;
    memcpy(at, data, len);
    return at + len;
}

static uint8_t *put_string(uint8_t *at, uint8_t id, const char *text)
{
    return put_packet(at, id, text, strlen(text));
}

/* A clock rate: Hz, then the bus it belongs to (0: the only one). */
static uint8_t *put_clock(uint8_t *at, uint8_t id, uint32_t hz)
{
    uint8_t data[5] = { 0 };

    stl_be_p(data, hz);
    return put_packet(at, id, data, sizeof(data));
}

void hawk_vpd_contents(uint32_t bus_hz, uint32_t cpu_hz, uint8_t data[HAWK_EEPROM_SIZE])
{
    uint8_t *at = data + 10;

    memset(data, 0xff, HAWK_EEPROM_SIZE);
    memcpy(data, "MOTOROLA", 8);
    stw_be_p(data + 8, HAWK_EEPROM_SIZE);
    at = put_string(at, VPD_PRODUCT_ID, "VMC755");
    at = put_string(at, VPD_ASSEMBLY, "VMC-0001A");
    at = put_string(at, VPD_SERIAL, "0000001");
    at = put_clock(at, VPD_CPU_HZ, cpu_hz);
    at = put_clock(at, VPD_BUS_HZ, bus_hz);
    at = put_string(at, VPD_CPU_TYPE, "755");
    put_packet(at, VPD_END, "", 0);
}
