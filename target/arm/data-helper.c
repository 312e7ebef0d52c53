/*
 * Helpers of data processing: checksums and bit reversal.
 *
 * Reference: DDI 0487, C6.2 (CRC32, CRC32C, RBIT).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/helper.h"

/* Reflected polynomials, as both checksums are computed from the low bit on. */
#define POLYNOMIAL_CRC32  0xedb88320u
#define POLYNOMIAL_CRC32C 0x82f63b78u

typedef uint32_t CRCTable[256];

static void make_table(CRCTable table, uint32_t polynomial)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        }
        table[byte] = crc;
    }
}

static uint32_t update(const CRCTable table, uint32_t crc, uint64_t data, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        crc = crc >> 8 ^ table[(crc ^ data >> (8 * i)) & 0xff];
    }
    return crc;
}

static CRCTable crc32_table, crc32c_table;

static void __attribute__((constructor)) make_tables(void)
{
    make_table(crc32_table, POLYNOMIAL_CRC32);
    make_table(crc32c_table, POLYNOMIAL_CRC32C);
}

uint64_t helper_arm_crc32(uint64_t crc, uint64_t data, uint32_t bytes)
{
    return update(crc32_table, crc, data, bytes);
}

uint64_t helper_arm_crc32c(uint64_t crc, uint64_t data, uint32_t bytes)
{
    return update(crc32c_table, crc, data, bytes);
}

uint64_t helper_arm_rbit64(uint64_t a)
{
    a = (a >> 1 & 0x5555555555555555ull) | (a & 0x5555555555555555ull) << 1;
    a = (a >> 2 & 0x3333333333333333ull) | (a & 0x3333333333333333ull) << 2;
    a = (a >> 4 & 0x0f0f0f0f0f0f0f0full) | (a & 0x0f0f0f0f0f0f0f0full) << 4;
    return __builtin_bswap64(a);
}
