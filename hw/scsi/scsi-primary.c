/*
 * The commands that every SCSI unit has: what it is, its modes, which units there are.
 *
 * Reference: SCSI Primary Commands (SPC-3) chapter 6 (commands), 7.4 (mode parameters), 7.6 (vital
 * product data).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "scsi-internal.h"

#define VENDOR            "SYSEMU"
#define ABSENT_UNIT       0x7f /* qualifier 3, type 1fh: no unit can have this number */
#define MODE_ALL_PAGES    0x3f
#define MAX_MODE_DATA     512
#define MAX_VPD_DATA      256

/* INQUIRY (6.4). */
enum {
    INQUIRY_EVPD = 0x01,
    INQUIRY_SIZE = 36,
    INQUIRY_REMOVABLE = 0x80, /* byte 1 */
    INQUIRY_SPC3 = 5,         /* byte 2 */
    INQUIRY_FORMAT = 0x12,    /* byte 3: hierarchical numbers, this format */
    INQUIRY_ATAPI = 0x32,     /* the same for packet devices (SFF-8020i 10.8.1, MMC-2) */
    INQUIRY_QUEUES = 0x02,    /* byte 7 */
};

/* Where the parameters of mode data are in the two forms of its commands (7.4.3). */
typedef struct ModeHeader {
    unsigned size, flags_at, descriptor_at;
} ModeHeader;
static const ModeHeader mode_header_6 = { 4, 2, 3 }, mode_header_10 = { 8, 3, 7 };

/* Left-aligned, filled up with spaces. */
static void put_text(uint8_t *at, size_t size, const char *text)
{
    size_t length = strnlen(text, size);

    memset(at, ' ', size);
    memcpy(at, text, length);
}

static const char *product_of(ScsiUnit *unit)
{
    return unit->product ? unit->product : SCSI_UNIT_GET_CLASS(unit)->product;
}

static const char *vendor_of(ScsiUnit *unit)
{
    return unit->vendor ? unit->vendor : VENDOR;
}

/* --- vital product data --- */

static int vpd_serial(ScsiUnit *unit, uint8_t *out)
{
    size_t length = unit->serial ? strlen(unit->serial) : 0;

    if (!length) {
        return -1;
    }
    memcpy(out, unit->serial, length);
    return length;
}

/* One designation descriptor (7.6.3.1): the number of its bytes. */
static unsigned put_designator(uint8_t *out, uint8_t code_set, uint8_t type, const void *id,
                               uint8_t size)
{
    out[0] = code_set;
    out[1] = type;
    out[2] = 0;
    out[3] = size;
    memcpy(out + 4, id, size);
    return 4 + size;
}

static int vpd_identification(ScsiUnit *unit, uint8_t *out)
{
    const char *id = unit->device_id ? unit->device_id
                     : unit->serial  ? unit->serial
                                     : blk_name(unit->blk);
    unsigned size = 0;

    if (*id) {
        uint8_t text[8 + SCSI_NAME_MAX];

        put_text(text, 8, vendor_of(unit));
        memcpy(text + 8, id, strnlen(id, SCSI_NAME_MAX));
        size += put_designator(out, 2, 1, text, 8 + strnlen(id, SCSI_NAME_MAX)); /* ASCII, T10 */
    }
    if (unit->wwn) {
        uint8_t wwn[8];

        stq_be_p(wwn, unit->wwn);
        size += put_designator(out + size, 1, 3, wwn, sizeof(wwn)); /* binary, NAA */
    }
    return size;
}

static int vpd_page(ScsiUnit *unit, uint8_t page, uint8_t *out);

/* Page 0: the numbers of all that there are, which asking for them finds out. */
static int vpd_supported(ScsiUnit *unit, uint8_t *out)
{
    uint8_t scratch[MAX_VPD_DATA];
    int n = 0;

    for (int page = 0; page < 256; page++) {
        if (page == 0 || vpd_page(unit, page, scratch) >= 0) {
            out[n++] = page;
        }
    }
    return n;
}

static int vpd_page(ScsiUnit *unit, uint8_t page, uint8_t *out)
{
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(unit);

    switch (page) {
    case 0x00:
        return vpd_supported(unit, out);
    case 0x80:
        return vpd_serial(unit, out);
    case 0x83:
        return vpd_identification(unit, out);
    default:
        return class->vpd_page ? class->vpd_page(unit, page, out) : -1;
    }
}

static void inquire_vpd(ScsiRequest *r, size_t allocation)
{
    uint8_t out[4 + MAX_VPD_DATA] = { 0 };
    int size = vpd_page(r->unit, r->cdb[2], out + 4);

    if (size < 0) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    out[0] = SCSI_UNIT_GET_CLASS(r->unit)->type;
    out[1] = r->cdb[2];
    stw_be_p(out + 2, size);
    scsi_answer(r, out, 4 + size, allocation);
}

static void inquire(ScsiRequest *r)
{
    ScsiUnit *unit = r->unit;
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(unit);
    size_t allocation = lduw_be_p(r->cdb + 3);
    uint8_t out[INQUIRY_SIZE] = { 0 };

    if (r->cdb[1] & ~INQUIRY_EVPD || (!(r->cdb[1] & INQUIRY_EVPD) && r->cdb[2])) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    if (r->lun != unit->lun) {
        out[0] = ABSENT_UNIT;
        out[2] = INQUIRY_SPC3; /* of the target: it can report its units */
        out[3] = INQUIRY_FORMAT;
        out[4] = INQUIRY_SIZE - 5;
        scsi_answer(r, out, sizeof(out), allocation);
        return;
    }
    if (r->cdb[1] & INQUIRY_EVPD) {
        inquire_vpd(r, allocation);
        return;
    }
    out[0] = class->type;
    out[1] = class->is_removable(unit) ? INQUIRY_REMOVABLE : 0;
    out[2] = INQUIRY_SPC3;
    out[3] = r->bus->host->is_atapi ? INQUIRY_ATAPI : INQUIRY_FORMAT;
    out[4] = INQUIRY_SIZE - 5;
    out[7] = INQUIRY_QUEUES;
    put_text(out + 8, 8, vendor_of(unit));
    put_text(out + 16, 16, product_of(unit));
    put_text(out + 32, 4, unit->version ? unit->version : "1.0");
    scsi_answer(r, out, sizeof(out), allocation);
}

/* --- units, sense --- */

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void report_luns(ScsiRequest *r)
{
    enum { REPORT_USUAL = 0, REPORT_WELL_KNOWN = 1, REPORT_ALL = 2 };
    uint8_t select = r->cdb[2];
    uint32_t allocation = ldl_be_p(r->cdb + 6);
    g_autoptr(GArray) numbers = g_array_new(false, false, sizeof(uint32_t));
    g_autoptr(GByteArray) out = g_byte_array_new();
    GPtrArray *units = r->bus->units;

    if (select > REPORT_ALL || allocation < 16) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    for (guint i = 0; i < units->len && select != REPORT_WELL_KNOWN; i++) {
        ScsiUnit *unit = g_ptr_array_index(units, i);

        if (unit->target == r->unit->target) {
            g_array_append_val(numbers, unit->lun);
        }
    }
    g_array_sort(numbers, compare_numbers);
    g_byte_array_set_size(out, 8 + numbers->len * 8);
    memset(out->data, 0, 8);
    stl_be_p(out->data, numbers->len * 8);
    for (guint i = 0; i < numbers->len; i++) {
        scsi_lun_encode(out->data + 8 + i * 8, g_array_index(numbers, uint32_t, i));
    }
    scsi_answer(r, out->data, out->len, allocation);
}

/* Sense data comes with each status: what remains to be told are unit attentions. */
static void request_sense(ScsiRequest *r)
{
    bool descriptors = r->cdb[1] & 1;
    uint32_t sense = r->lun == r->unit->lun ? scsi_take_sense(r->unit) : SENSE_NO_SUCH_LUN;
    uint8_t out[SCSI_SENSE_MAX] = { 0 };

    if (descriptors) {
        out[0] = 0x72;
        out[1] = sense >> 16;
        out[2] = sense >> 8;
        out[3] = sense;
        scsi_answer(r, out, 8, r->cdb[4]);
        return;
    }
    out[0] = 0x70;
    out[2] = sense >> 16;
    out[7] = SCSI_SENSE_MAX - 8;
    out[12] = sense >> 8;
    out[13] = sense;
    scsi_answer(r, out, sizeof(out), r->cdb[4]);
}

static void send_diagnostic(ScsiRequest *r)
{
    bool self_test = r->cdb[1] & 0x04;

    if (!self_test || lduw_be_p(r->cdb + 3)) {
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else {
        scsi_good(r);
    }
}

/* --- mode parameters --- */

enum { PAGE_CURRENT, PAGE_CHANGEABLE, PAGE_DEFAULT, PAGE_SAVED }; /* page control */

static unsigned put_pages(ScsiUnit *unit, uint8_t page, bool changeable, uint8_t *out)
{
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(unit);
    unsigned size = 0;

    if (page != MODE_ALL_PAGES) {
        return class->mode_page(unit, page, changeable, out);
    }
    for (uint8_t n = 1; n < MODE_ALL_PAGES; n++) { /* page 0, the vendor's, would come last */
        size += class->mode_page(unit, n, changeable, out + size);
    }
    return size;
}

static void sense_modes(ScsiRequest *r, const ModeHeader *header, size_t allocation)
{
    ScsiUnit *unit = r->unit;
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(unit);
    bool no_descriptor = r->cdb[1] & 0x08;
    unsigned control = r->cdb[2] >> 6, page = r->cdb[2] & 0x3f, subpage = r->cdb[3];
    unsigned at = header->size, size;
    uint8_t out[MAX_MODE_DATA] = { 0 };

    if (control == PAGE_SAVED) {
        scsi_fail(r, SENSE_CANT_SAVE);
        return;
    }
    if (!no_descriptor && class->mode_descriptor) {
        out[header->descriptor_at] = 8;
        class->mode_descriptor(unit, out + at);
        at += 8;
    }
    size = subpage == 0 || (subpage == 0xff && page == MODE_ALL_PAGES)
               ? put_pages(unit, page, control == PAGE_CHANGEABLE, out + at) : 0;
    if (!size) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    size += at;
    out[header->flags_at] = class->mode_flags(unit);
    if (header == &mode_header_6) {
        out[0] = size - 1;
    } else {
        stw_be_p(out, size - 2);
    }
    scsi_answer(r, out, size, allocation);
}

static void mode_sense_6(ScsiRequest *r)
{
    sense_modes(r, &mode_header_6, r->cdb[4]);
}

static void mode_sense_10(ScsiRequest *r)
{
    sense_modes(r, &mode_header_10, lduw_be_p(r->cdb + 7));
}

/* A page as MODE SELECT sends it: 0, or the sense why it can't be taken over. */
static uint32_t check_page(ScsiUnit *unit, const uint8_t *page, unsigned left, unsigned *size)
{
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(unit);
    uint8_t current[MAX_MODE_DATA], mask[MAX_MODE_DATA];

    if (left < 2 || page[0] & 0x40 || left < 2u + page[1]) { /* no subpages */
        return left < 2 || !(page[0] & 0x40) ? SENSE_PARAMETER_LIST_LENGTH
                                             : SENSE_INVALID_PARAMETER;
    }
    *size = class->mode_page(unit, page[0] & 0x3f, false, current);
    if (!*size || page[1] != *size - 2) {
        return SENSE_INVALID_PARAMETER;
    }
    class->mode_page(unit, page[0] & 0x3f, true, mask);
    for (unsigned i = 2; i < *size; i++) {
        if ((page[i] ^ current[i]) & ~mask[i]) {
            return SENSE_INVALID_PARAMETER;
        }
    }
    return SENSE_NONE;
}

/* All of it is looked at before anything is taken over. */
static void select_modes(ScsiRequest *r, const ModeHeader *header)
{
    ScsiUnit *unit = r->unit;
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(unit);
    size_t total = r->moved, at;
    uint32_t sense = SENSE_NONE;
    unsigned size, descriptor;
    uint8_t expected[8];

    if (total == 0) {
        scsi_good(r);
        return;
    }
    if (total < header->size) {
        scsi_fail(r, SENSE_PARAMETER_LIST_LENGTH);
        return;
    }
    descriptor = header == &mode_header_6 ? r->data[header->descriptor_at]
                                          : lduw_be_p(r->data + header->descriptor_at - 1);
    at = header->size + descriptor;
    if (at > total) {
        scsi_fail(r, SENSE_PARAMETER_LIST_LENGTH);
        return;
    }
    if (descriptor) { /* the length of a block stays; that of the medium may be left out */
        if (descriptor != 8 || !class->mode_descriptor) {
            scsi_fail(r, SENSE_INVALID_PARAMETER);
            return;
        }
        class->mode_descriptor(unit, expected);
        if (memcmp(r->data + header->size + 5, expected + 5, 3)) {
            scsi_fail(r, SENSE_INVALID_PARAMETER);
            return;
        }
    }
    for (size_t i = at; !sense && i < total; i += size) {
        sense = check_page(unit, r->data + i, total - i, &size);
    }
    if (sense) {
        scsi_fail(r, sense);
        return;
    }
    for (; at < total; at += 2 + r->data[at + 1]) {
        if (class->mode_set) {
            class->mode_set(unit, r->data[at] & 0x3f, r->data + at);
        }
    }
    scsi_good(r);
}

static void select_modes_6(ScsiRequest *r)
{
    select_modes(r, &mode_header_6);
}

static void select_modes_10(ScsiRequest *r)
{
    select_modes(r, &mode_header_10);
}

static void mode_select(ScsiRequest *r)
{
    enum { PAGE_FORMAT = 0x10, SAVE_PAGES = 0x01 };
    bool short_form = scsi_cdb_length(r->cdb[0]) == 6;
    size_t size = short_form ? r->cdb[4] : lduw_be_p(r->cdb + 7);

    if ((r->cdb[1] & (PAGE_FORMAT | SAVE_PAGES)) != PAGE_FORMAT) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    scsi_want_parameters(r, size, short_form ? select_modes_6 : select_modes_10);
}

#define AT_ONCE COMMAND_BEFORE_ATTENTION

const ScsiCommand scsi_primary_commands[] = {
    { .opcode = 0x00, .flags = COMMAND_NEEDS_MEDIUM, .begin = scsi_good }, /* TEST UNIT READY */
    { .opcode = OPCODE_REQUEST_SENSE, .flags = AT_ONCE, .begin = request_sense },
    { .opcode = OPCODE_INQUIRY, .flags = AT_ONCE, .begin = inquire },
    { .opcode = 0x15, .begin = mode_select },
    { .opcode = 0x16, .begin = scsi_good }, /* RESERVE and RELEASE (SPC-2): nobody else is there */
    { .opcode = 0x17, .begin = scsi_good },
    { .opcode = 0x1a, .begin = mode_sense_6 },
    { .opcode = 0x1d, .begin = send_diagnostic },
    { .opcode = 0x55, .begin = mode_select },
    { .opcode = 0x56, .begin = scsi_good },
    { .opcode = 0x57, .begin = scsi_good },
    { .opcode = 0x5a, .begin = mode_sense_10 },
    { .opcode = OPCODE_REPORT_LUNS, .flags = AT_ONCE, .begin = report_luns },
    { .begin = NULL },
};
