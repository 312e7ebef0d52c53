/*
 * The board's Ethernets, polled: an 82559 with one transmit block and a ring of receive
 * descriptors in the firmware's memory.
 *
 * Reference: Intel 8255x Open Source Software Developer Manual.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define SCB_STATUS  0x00
#define SCB_COMMAND 0x02
#define SCB_MASK    0x03
#define SCB_POINTER 0x04
#define PORT        0x08
#define EEPROM      0x0e
#define MDI         0x10

#define CU_START    0x10
#define CU_BASE     0x60
#define RU_START    0x01
#define RU_BASE     0x06
#define RU_NO_RESOURCES 0x08

#define CB_EL       0x80000000u
#define CB_COMPLETE 0x8000
#define CB_ADDRESS  0x10000
#define CB_CONFIG   0x20000
#define CB_TRANSMIT 0x40000
#define RFD_EL      0x80000000u
#define RFD_OK      0x2000

#define AREA        ((u32)fw + NET_MEMORY)
#define TX_BLOCK    AREA
#define RFD(n)      (AREA + 0x1000 + (n) * 0x640)
#define NUM_RFDS    16
#define RFD_ROOM    0x620

#define SECOND      25000000u /* of the time base */

/* Waits until the block's action is complete; 0 after a second. */
static int run_block(u32 block)
{
    u32 start = timebase();

    out32le(fw->nic.csr + SCB_POINTER, block);
    out8(fw->nic.csr + SCB_COMMAND, CU_START);
    while (!(in32le(block) & CB_COMPLETE)) {
        if (timebase() - start > SECOND) {
            return 0;
        }
    }
    return 1;
}

static void scb_command(u8 command, u32 pointer)
{
    out32le(fw->nic.csr + SCB_POINTER, pointer);
    out8(fw->nic.csr + SCB_COMMAND, command);
    while (in8(fw->nic.csr + SCB_COMMAND)) {
    }
}

static int eeprom_clock(int bit)
{
    u8 level = 2 | (bit ? 4 : 0);

    out8(fw->nic.csr + EEPROM, level);
    out8(fw->nic.csr + EEPROM, level | 1);
    bit = in8(fw->nic.csr + EEPROM) & 8;
    out8(fw->nic.csr + EEPROM, level);
    return bit != 0;
}

/* A word of a 64-word EEPROM: start bit, opcode 10, address; a 0 comes before the data. */
static u32 eeprom_word(u32 address)
{
    u32 command = 0x180 | address, value = 0;

    out8(fw->nic.csr + EEPROM, 2);
    for (int i = 8; i >= 0; i--) {
        eeprom_clock(command >> i & 1);
    }
    for (int i = 0; i < 16; i++) {
        value = value << 1 | eeprom_clock(0);
    }
    out8(fw->nic.csr + EEPROM, 0);
    return value;
}

static u32 phy_read(u32 reg)
{
    out32le(fw->nic.csr + MDI, 2 << 26 | 1 << 21 | reg << 16);
    while (!(in32le(fw->nic.csr + MDI) & 0x10000000)) {
    }
    return in32le(fw->nic.csr + MDI) & 0xffff;
}

int net_link(void)
{
    phy_read(1); /* what was lost meanwhile */
    return (phy_read(1) & 4) != 0;
}

static void start_receiving(void)
{
    for (u32 i = 0; i < NUM_RFDS; i++) {
        out32le(RFD(i), i == NUM_RFDS - 1 ? RFD_EL : 0);
        out32le(RFD(i) + 4, RFD((i + 1) % NUM_RFDS));
        out32le(RFD(i) + 12, RFD_ROOM << 16);
    }
    fw->nic.next = 0;
    scb_command(RU_START, RFD(0));
}

void net_close(void)
{
    if (fw->nic.csr) {
        out32le(fw->nic.csr + PORT, 0);
        fw->nic.csr = 0;
    }
}

/* Ethernet 0 or 1, ready to send and receive; 0 if it isn't there or doesn't work. */
int net_open(u32 unit)
{
    static const u8 config[22] = {
        22, 8, 0, 0, 0, 0, 0x32, 3, 1, 0, 0x2e, 0, 0x60, 0, 0xf2, 0xc8, 0, 0x40, 0xf2, 0x80, 0x3f, 5,
    };
    u32 devfn = (unit ? 19 : 14) << 3, id = pci_read(0, devfn, 0);

    if (fw->nic.csr && fw->nic.unit == unit) {
        return 1;
    }
    net_close();
    if (unit > 1 || (id != 0x12098086 && id != 0x12298086)) {
        return 0;
    }
    pci_write(0, devfn, 4, (pci_read(0, devfn, 4) & 0xffff) | 6); /* memory, bus master */
    fw->nic.csr = pci_read(0, devfn, 0x10) & ~0xfu;
    fw->nic.unit = unit;
    out32le(fw->nic.csr + PORT, 0);
    out8(fw->nic.csr + SCB_MASK, 1);
    for (u32 i = 0; i < 3; i++) {
        u32 word = eeprom_word(i);

        fw->nic.mac[2 * i] = word;
        fw->nic.mac[2 * i + 1] = word >> 8;
    }
    scb_command(CU_BASE, 0);
    scb_command(RU_BASE, 0);
    out32le(TX_BLOCK, CB_EL | CB_CONFIG);
    memcpy((void *)(TX_BLOCK + 8), config, sizeof(config));
    if (!run_block(TX_BLOCK)) {
        return 0;
    }
    out32le(TX_BLOCK, CB_EL | CB_ADDRESS);
    memcpy((void *)(TX_BLOCK + 8), fw->nic.mac, 6);
    if (!run_block(TX_BLOCK)) {
        return 0;
    }
    start_receiving();
    return 1;
}

/* A frame from the destination address on, without check sequence. */
int net_send(const void *frame, u32 size)
{
    if (size > 1514) {
        return 0;
    }
    out32le(TX_BLOCK, CB_EL | CB_TRANSMIT);
    out32le(TX_BLOCK + 8, 0xffffffff);
    out32le(TX_BLOCK + 12, 0x100000 | 0x8000 | size);
    memcpy((void *)(TX_BLOCK + 16), frame, size);
    return run_block(TX_BLOCK);
}

/* The next frame that has come, up to `room` bytes of it; its size, 0: none is there. */
u32 net_receive(void *frame, u32 room)
{
    u32 at = RFD(fw->nic.next), status = in32le(at), size = in32le(at + 12) & 0x3fff;
    u32 before = RFD((fw->nic.next + NUM_RFDS - 1) % NUM_RFDS);

    if (!(status & CB_COMPLETE)) {
        if (in8(fw->nic.csr + SCB_STATUS) & RU_NO_RESOURCES) {
            start_receiving();
        }
        return 0;
    }
    size = size < room ? size : room;
    memcpy(frame, (const void *)(at + 16), size);
    out32le(at + 12, RFD_ROOM << 16);
    out32le(at, RFD_EL); /* the list now ends here */
    out32le(before, in32le(before) & ~RFD_EL);
    fw->nic.next = (fw->nic.next + 1) % NUM_RFDS;
    return status & RFD_OK ? size : 0;
}
