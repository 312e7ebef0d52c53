/*
 * What IDE units say of themselves: the words that IDENTIFY data of every kind have.
 *
 * References: ATA/ATAPI-6 chapter 8 (IDENTIFY DEVICE, IDENTIFY PACKET DEVICE, SET FEATURES); Serial
 * ATA 2.5, 13.2 (words 75 to 79).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ide-internal.h"
#include "qapi/error.h"

enum { MODE_DEFAULT = 0, MODE_PIO = 1, MODE_MULTIWORD = 4, MODE_ULTRA = 8 }; /* count, bits 7-3 */
enum { BEST_PIO = 4, BEST_MULTIWORD = 2, BEST_ULTRA = 5 };

/* Only the modes of DMA can be asked for. */
bool ide_set_transfer_mode(IdeUnit *u)
{
    unsigned kind = u->count >> 3 & 0x1f, mode = u->count & 7;

    if (kind == MODE_MULTIWORD && mode <= BEST_MULTIWORD) {
        u->multiword_mode = 1 << mode;
        u->ultra_mode = 0;
        return true;
    }
    if (kind == MODE_ULTRA && mode <= BEST_ULTRA) {
        u->multiword_mode = 0;
        u->ultra_mode = 1 << mode;
        return true;
    }
    return (kind == MODE_DEFAULT && mode <= 1) || (kind == MODE_PIO && mode <= BEST_PIO);
}

void ide_put_word(IdeUnit *u, unsigned n, uint16_t value)
{
    stw_le_p(u->buffer + 2 * n, value);
}

void ide_put_text(IdeUnit *u, unsigned n, unsigned words, const char *text)
{
    size_t length = strlen(text);

    for (unsigned i = 0; i < 2 * words; i++) {
        u->buffer[2 * n + (i ^ 1)] = i < length ? text[i] : ' ';
    }
}

void ide_put_modes(IdeUnit *u)
{
    /* Cable with 80 wires, number by jumper, diagnostics passed (word 93, each in its byte). */
    enum { RESULT_OF_0 = 0x600b, RESULT_OF_1 = 0x6b00 };

    ide_put_word(u, 63, u->multiword_mode << 8 | ((2 << BEST_MULTIWORD) - 1));
    ide_put_word(u, 64, 0x0003); /* PIO modes 3 and 4 */
    for (unsigned n = 65; n <= 68; n++) {
        ide_put_word(u, n, 120); /* cycle times, ns */
    }
    ide_put_word(u, 88, u->ultra_mode << 8 | ((2 << BEST_ULTRA) - 1));
    ide_put_word(u, 93, ide_is_serial(u) ? 0 : u->unit ? RESULT_OF_1 : RESULT_OF_0);
}

void ide_put_serial(IdeUnit *u)
{
    enum { GENERATION_1 = 0x0002, QUEUE = 0x0100, TRANSPORT_SERIAL = 0x1000, SATA_2_5 = 0x0010 };
    bool queue = IDE_UNIT_GET_CLASS(u)->queue;

    if (ide_is_serial(u)) {
        ide_put_word(u, 75, queue ? IDE_QUEUE_DEPTH - 1 : 0);
        ide_put_word(u, 76, GENERATION_1 | (queue ? QUEUE : 0));
        ide_put_word(u, 222, TRANSPORT_SERIAL | SATA_2_5);
    }
}

void ide_put_checksum(IdeUnit *u)
{
    uint8_t sum = 0xa5;

    u->buffer[510] = 0xa5;
    for (int i = 0; i < 510; i++) {
        sum += u->buffer[i];
    }
    u->buffer[511] = -sum;
}

bool ide_check_names(IdeUnit *u, const char *model, Error **errp)
{
    const struct {
        const char *property;
        char **value;
        size_t most;
        const char *otherwise;
    } names[] = {
        { "serial", &u->serial, 20, NULL }, { "model", &u->model, 40, model },
        { "ver", &u->version, 8, "1.0" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char **value = names[i].value;

        if (*value && strlen(*value) > names[i].most) {
            error_setg(errp, "%s=%s: at most %zu characters are possible", names[i].property,
                       *value, names[i].most);
            return false;
        }
        if (!*value) {
            *value = names[i].otherwise ? g_strdup(names[i].otherwise)
                                        : g_strdup_printf("SE%05u", ide_bus_of(u)->number *
                                                                        IDE_UNITS + u->unit + 1);
        }
    }
    return true;
}
