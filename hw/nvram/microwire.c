/*
 * Microwire serial EEPROM.
 *
 * With chip select high, each rising clock edge takes in one bit: a start bit (1), two bits of
 * opcode, the address, and for writes sixteen bits of data. A read answers with a 0 on the edge
 * that took in the last address bit, then with the word, highest bit first, and goes on with the
 * following words for as long as it is clocked. Erasing and writing take effect when chip select
 * falls, and take no time: the output says "ready" when the device is selected again.
 *
 * References: 93C46B/56B/66B data sheets (Microchip DS21749, Atmel 0172).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/nvram/microwire.h"

enum { OPCODE_OTHER, OPCODE_WRITE, OPCODE_READ, OPCODE_ERASE };

/* OPCODE_OTHER's kinds: the two highest bits of the address. */
enum { OTHER_WRITE_DISABLE, OTHER_WRITE_ALL, OTHER_ERASE_ALL, OTHER_WRITE_ENABLE };

enum {
    PHASE_START,   /* waiting for the start bit */
    PHASE_OPCODE,
    PHASE_ADDRESS,
    PHASE_OUTPUT,  /* a read's data */
    PHASE_DATA,    /* a write's */
    PHASE_PROGRAM, /* everything is known: done when chip select falls */
    PHASE_IGNORE,  /* until chip select falls */
};

static unsigned other_kind(const MicrowireEeprom *e)
{
    return e->address >> (e->address_bits - 2);
}

static void begin(MicrowireEeprom *e, unsigned phase, unsigned bits)
{
    e->phase = phase;
    e->bits_left = bits;
    e->shift = 0;
}

static void begin_output(MicrowireEeprom *e)
{
    begin(e, PHASE_OUTPUT, 16);
    e->shift = e->words[e->address];
}

static void command_complete(MicrowireEeprom *e)
{
    e->address = e->shift & (microwire_size(e) - 1);
    switch (e->opcode) {
    case OPCODE_READ:
        begin_output(e);
        e->output = false;
        return;
    case OPCODE_WRITE:
        begin(e, PHASE_DATA, 16);
        return;
    case OPCODE_ERASE:
        begin(e, PHASE_PROGRAM, 0);
        return;
    }
    switch (other_kind(e)) {
    case OTHER_WRITE_ALL:
        begin(e, PHASE_DATA, 16);
        return;
    case OTHER_ERASE_ALL:
        begin(e, PHASE_PROGRAM, 0);
        return;
    default:
        e->write_enabled = other_kind(e) == OTHER_WRITE_ENABLE;
        begin(e, PHASE_IGNORE, 0);
    }
}

static void program(MicrowireEeprom *e)
{
    bool is_erase = e->opcode == OPCODE_ERASE ||
                    (e->opcode == OPCODE_OTHER && other_kind(e) == OTHER_ERASE_ALL);
    uint16_t value = is_erase ? 0xffff : e->shift;

    if (!e->write_enabled) {
        return;
    }
    if (e->opcode != OPCODE_OTHER) {
        e->words[e->address] = value;
        return;
    }
    for (unsigned i = 0; i < microwire_size(e); i++) {
        e->words[i] = value;
    }
}

static void clock_edge(MicrowireEeprom *e, bool bit)
{
    switch (e->phase) {
    case PHASE_START:
        e->output = true;
        if (bit) {
            begin(e, PHASE_OPCODE, 2);
        }
        return;
    case PHASE_OUTPUT:
        e->output = e->shift >> 15;
        e->shift <<= 1;
        if (--e->bits_left == 0) {
            e->address = (e->address + 1) & (microwire_size(e) - 1);
            begin_output(e);
        }
        return;
    case PHASE_PROGRAM:
    case PHASE_IGNORE:
        return;
    }
    e->shift = e->shift << 1 | bit;
    if (--e->bits_left) {
        return;
    }
    if (e->phase == PHASE_OPCODE) {
        e->opcode = e->shift & 3;
        begin(e, PHASE_ADDRESS, e->address_bits);
    } else if (e->phase == PHASE_ADDRESS) {
        command_complete(e);
    } else {
        e->phase = PHASE_PROGRAM;
    }
}

void microwire_drive(MicrowireEeprom *e, bool select, bool clock, bool data)
{
    if (!select) {
        if (e->phase == PHASE_PROGRAM) {
            program(e);
        }
        begin(e, PHASE_START, 0);
        e->output = true;
    } else if (e->selected && clock && !e->clock) {
        clock_edge(e, data);
    }
    e->selected = select;
    e->clock = clock;
}

void microwire_power_up(MicrowireEeprom *e)
{
    begin(e, PHASE_START, 0);
    e->opcode = 0;
    e->address = 0;
    e->write_enabled = false;
    e->selected = false;
    e->clock = false;
    e->output = true;
}

void microwire_init(MicrowireEeprom *e, unsigned address_bits)
{
    g_assert(address_bits == 6 || address_bits == 8);
    memset(e->words, 0xff, sizeof(e->words));
    e->address_bits = address_bits;
    microwire_power_up(e);
}

/* What comes from outside must not lead out of the words. */
static int check_loaded(void *opaque, int version_id)
{
    MicrowireEeprom *e = opaque;
    bool has_bits = e->phase == PHASE_OPCODE || e->phase == PHASE_ADDRESS ||
                    e->phase == PHASE_OUTPUT || e->phase == PHASE_DATA;

    return e->phase > PHASE_IGNORE || e->opcode > OPCODE_ERASE ||
           e->address >= microwire_size(e) || has_bits != (e->bits_left > 0) ? -EINVAL : 0;
}

const VMStateDescription vmstate_microwire = {
    .name = "microwire-eeprom",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = check_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16_ARRAY(words, MicrowireEeprom, MICROWIRE_MAX_WORDS),
        VMSTATE_UINT8(phase, MicrowireEeprom),
        VMSTATE_UINT8(opcode, MicrowireEeprom),
        VMSTATE_UINT8(address, MicrowireEeprom),
        VMSTATE_UINT8(bits_left, MicrowireEeprom),
        VMSTATE_UINT16(shift, MicrowireEeprom),
        VMSTATE_BOOL(write_enabled, MicrowireEeprom),
        VMSTATE_BOOL(selected, MicrowireEeprom),
        VMSTATE_BOOL(clock, MicrowireEeprom),
        VMSTATE_BOOL(output, MicrowireEeprom),
        VMSTATE_END_OF_LIST()
    },
};
