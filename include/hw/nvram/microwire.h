/*
 * A serial EEPROM with the Microwire interface (93C46, 93C56, 93C66), organized in 16-bit words.
 *
 * It is part of another device, which drives the three inputs from a register of its own: network
 * controllers keep their station address in one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NVRAM_MICROWIRE_H
#define HW_NVRAM_MICROWIRE_H

#include "qemu/osdep.h"
#include "migration/vmstate.h"

#define MICROWIRE_MAX_WORDS 256

typedef struct MicrowireEeprom {
    uint16_t words[MICROWIRE_MAX_WORDS];
    uint8_t address_bits; /* 6: 64 words, 8: 256 words */

    uint8_t phase;
    uint8_t opcode;       /* two bits */
    uint8_t address;
    uint8_t bits_left;    /* in this phase */
    uint16_t shift;
    bool write_enabled;
    bool selected, clock; /* the inputs, as last driven */
    bool output;
} MicrowireEeprom;

/* Erased (all ones), inputs low, writing disabled. address_bits is 6 or 8. */
void microwire_init(MicrowireEeprom *e, unsigned address_bits);
/* What losing power does: the contents stay, everything else is as after microwire_init(). */
void microwire_power_up(MicrowireEeprom *e);
static inline unsigned microwire_size(const MicrowireEeprom *e)
{
    return 1u << e->address_bits; /* words */
}
/* New levels of the inputs: chip select, clock, data. */
void microwire_drive(MicrowireEeprom *e, bool select, bool clock, bool data);
/* The level of the data output; high where the device doesn't drive it. */
static inline bool microwire_output(const MicrowireEeprom *e)
{
    return e->output;
}

extern const VMStateDescription vmstate_microwire;
#define VMSTATE_MICROWIRE(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_microwire, MicrowireEeprom)

#endif
