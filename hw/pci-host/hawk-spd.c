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
    const BlockKind *smallest = &block_kinds[G_N_ELEMENTS(block_kinds) - 1];
    int n = 0;

    memset(blocks, 0, HAWK_SDRAM_BLOCKS * sizeof(*blocks));
    /* Less than the controller knows is a block in which the memory comes round again. */
    ram_size = MAX(ram_size, smallest->size);
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
    VPD_OPTIONS = 0x04,
    VPD_CPU_HZ = 0x05,
    VPD_BUS_HZ = 0x06,
    VPD_ETHERNET = 0x08,
    VPD_CPU_TYPE = 0x09,
    VPD_CRC = 0x0a,
    VPD_FLASH = 0x0b,
    VPD_L2_CACHE = 0x0e,
    VPD_REVISION = 0x0f,
    VPD_END = 0xff,
};

/* What is fitted; bit 0 is the first byte's highest (table B-2). */
static const uint8_t vpd_options[16] = {
    0xc0, 0x00, /* PMC slots 1 and 2 */
    0xc0,       /* Ethernets 1 and 2 */
};

/*
 * Table B-3: manufacturer, device, device width, devices, columns, column and erase width, bank,
 * ns, size (256 KiB << n).
 */
static const uint8_t vpd_flash[][12] = {
    { 0x00, 0x89, 0x00, 0x18, 16, 1, 1, 16, 16, 0, 120, 6 }, /* bank A: 16 MiB */
    { 0x00, 0x89, 0x00, 0x17, 16, 1, 1, 16, 16, 1, 120, 5 }, /* bank B: 8 MiB */
};

/*
 * Table B-4: maker and part not given; width, devices, columns, column width; in the processor's
 * back side; its processor; either write mode. The table's end (0b-0e) couldn't be looked up: no
 * error detection; 1 MiB; pipelined burst; 2 : 1.
 */
static const uint8_t vpd_l2_cache[] = {
    0xff, 0xff, 0xff, 0xff, 32, 2, 1, 64, 0, 0, 0, 0, 2, 1, 3,
};

/*
 * A processor board, third architecture, first build, no reason flags: as the MVME4100's manual
 * (appendix A.10), of the same family, has it.
 */
static const uint8_t vpd_revision[] = { 0, 3, 0, 0 };

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

static uint8_t *put_number(uint8_t *at, uint8_t id, uint32_t number)
{
    uint8_t data[4];

    stl_be_p(data, number);
    return put_packet(at, id, data, sizeof(data));
}

/* What counts for the CRC is everything, with the CRC itself as 0. */
static void seal(uint8_t data[HAWK_EEPROM_SIZE], uint8_t *crc)
{
    uint32_t sum = UINT32_MAX;

    for (int i = 0; i < HAWK_EEPROM_SIZE; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
        }
    }
    stl_be_p(crc, ~sum);
}

void hawk_vpd_contents(uint32_t bus_hz, uint32_t cpu_hz, const MACAddr *macs, size_t num_macs,
                       uint8_t data[HAWK_EEPROM_SIZE])
{
    uint8_t *at = data + 10, *crc;

    memset(data, 0xff, HAWK_EEPROM_SIZE);
    memcpy(data, "MOTOROLA", 8);
    stw_be_p(data + 8, HAWK_EEPROM_SIZE);
    at = put_string(at, VPD_PRODUCT_ID, "VMC755");
    at = put_string(at, VPD_ASSEMBLY, "VMC-0001A");
    at = put_string(at, VPD_SERIAL, "0000001");
    at = put_packet(at, VPD_OPTIONS, vpd_options, sizeof(vpd_options));
    at = put_number(at, VPD_CPU_HZ, cpu_hz);
    at = put_number(at, VPD_BUS_HZ, bus_hz);
    for (size_t i = 0; i < num_macs; i++) {
        at = put_packet(at, VPD_ETHERNET, macs[i].a, sizeof(macs[i].a));
    }
    at = put_string(at, VPD_CPU_TYPE, "755");
    for (size_t i = 0; i < G_N_ELEMENTS(vpd_flash); i++) {
        at = put_packet(at, VPD_FLASH, vpd_flash[i], sizeof(vpd_flash[i]));
    }
    at = put_packet(at, VPD_L2_CACHE, vpd_l2_cache, sizeof(vpd_l2_cache));
    at = put_packet(at, VPD_REVISION, vpd_revision, sizeof(vpd_revision));
    at = put_number(at, VPD_CRC, 0);
    crc = at - 4;
    put_packet(at, VPD_END, "", 0);
    seal(data, crc);
}
