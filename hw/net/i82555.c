/*
 * Intel 82555: the PHY of the 8255x family, with a partner that can do 10 and 100 Mbps, half and
 * full duplex, and negotiates.
 *
 * References: 82555 data sheet, chapters 7 and 8; 8255x Open Source Software Developer Manual,
 * chapter 7.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "i82557-internal.h"

enum {
    PHY_CONTROL = 0, PHY_STATUS = 1, PHY_ID1 = 2, PHY_ID2 = 3, PHY_ADVERTISED = 4,
    PHY_PARTNER = 5, PHY_EXPANSION = 6, PHY_82555_STATUS = 16, PHY_82555_CONTROL = 17,
    PHY_LEDS = 27,
};

#define CONTROL_RESET     0x8000
#define CONTROL_LOOPBACK  0x4000
#define CONTROL_100       0x2000
#define CONTROL_NEGOTIATE 0x1000
#define CONTROL_OFF       0x0800
#define CONTROL_ISOLATE   0x0400
#define CONTROL_RESTART   0x0200
#define CONTROL_DUPLEX    0x0100

#define PHY_STATUS_NEGOTIATED 0x0020
#define PHY_STATUS_LINK       0x0004

/* What both ends can do: 100 Mbps full and half duplex, 10 Mbps full and half duplex. */
#define ABILITY_100_FULL 0x0100
#define ABILITY_100      0x0080
#define ABILITY_10_FULL  0x0040
#define PARTNER_ABILITY  0x41e1 /* acknowledged, all four, IEEE 802.3 */

static const struct { uint16_t reset, writable; } phy_registers[NUM_PHY_REGISTERS] = {
    [PHY_CONTROL] = { CONTROL_100 | CONTROL_NEGOTIATE,
                      CONTROL_LOOPBACK | CONTROL_100 | CONTROL_NEGOTIATE | CONTROL_OFF |
                          CONTROL_ISOLATE | CONTROL_DUPLEX | 0x0080 },
    [PHY_STATUS] = { 0x7809, 0 },
    [PHY_ID1] = { 0x02a8, 0 },
    [PHY_ID2] = { 0x0154, 0 },
    [PHY_ADVERTISED] = { 0x05e1, 0x2fff },
    [PHY_82555_CONTROL] = { 0, 0xffff },
    [PHY_LEDS] = { 0, 0x0007 },
};

void i82555_reset(I82555 *phy)
{
    for (int i = 0; i < NUM_PHY_REGISTERS; i++) {
        phy->regs[i] = phy_registers[i].reset;
    }
    phy->link_lost = false;
}

void i82555_set_cable(I82555 *phy, bool cable)
{
    phy->link_lost |= !cable;
    phy->cable = cable;
}

bool i82555_link_is_up(const I82555 *phy)
{
    return phy->cable && !(phy->regs[PHY_CONTROL] & (CONTROL_OFF | CONTROL_ISOLATE));
}

bool i82555_is_loop(const I82555 *phy)
{
    return phy->regs[PHY_CONTROL] & CONTROL_LOOPBACK;
}

static bool negotiated(const I82555 *phy)
{
    return i82555_link_is_up(phy) && (phy->regs[PHY_CONTROL] & CONTROL_NEGOTIATE);
}

uint8_t i82555_link_mode(const I82555 *phy)
{
    uint16_t control = phy->regs[PHY_CONTROL];
    uint16_t common = phy->regs[PHY_ADVERTISED] & PARTNER_ABILITY;

    if (!(control & CONTROL_NEGOTIATE)) {
        return (control & CONTROL_100 ? STATUS_100 : 0) |
               (control & CONTROL_DUPLEX ? STATUS_DUPLEX : 0);
    }
    if (common & (ABILITY_100_FULL | ABILITY_100)) {
        return STATUS_100 | (common & ABILITY_100_FULL ? STATUS_DUPLEX : 0);
    }
    return common & ABILITY_10_FULL ? STATUS_DUPLEX : 0;
}

uint16_t i82555_read(I82555 *phy, unsigned reg)
{
    uint16_t value = phy->regs[reg];

    switch (reg) {
    case PHY_STATUS:
        /* A loss of the link shows once, even if it is there again. */
        value |= i82555_link_is_up(phy) && !phy->link_lost ? PHY_STATUS_LINK : 0;
        value |= negotiated(phy) ? PHY_STATUS_NEGOTIATED : 0;
        phy->link_lost = false;
        return value;
    case PHY_PARTNER:
        return negotiated(phy) ? PARTNER_ABILITY : 0;
    case PHY_EXPANSION:
        return negotiated(phy) ? 0x0001 : 0;
    case PHY_82555_STATUS:
        return (i82555_link_mode(phy) & STATUS_100 ? 0x0002 : 0) |
               (i82555_link_mode(phy) & STATUS_DUPLEX ? 0x0001 : 0);
    }
    return value;
}

void i82555_write(I82555 *phy, unsigned reg, uint16_t value)
{
    uint16_t writable = phy_registers[reg].writable;

    if (reg == PHY_CONTROL && (value & CONTROL_RESET)) {
        i82555_reset(phy);
        return;
    }
    phy->regs[reg] = (phy->regs[reg] & ~writable) | (value & writable);
}
