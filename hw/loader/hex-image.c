/*
 * Images as text: Motorola's S-records and Intel's hex.
 *
 * Both are lines of a mark, hexadecimal bytes and a checksum. An S-record, S<type>, is
 *
 *     count, address of 2 to 4 bytes, data ..., checksum       S1 13 0000 ... 2A
 *
 * with the count of what follows it, and a record of Intel's, after its colon, is
 *
 *     count, offset of 2 bytes, type, data ..., checksum       : 10 0100 00 ... 40
 *
 * with the count of the data; other types say where the 64 KiB are in which the offset counts.
 *
 * References: Motorola M68000 Family Programmer's Reference Manual, appendix C; Intel Hexadecimal
 * Object File Format Specification, revision A.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "loader-internal.h"

#define MAX_BYTES 260 /* of a record: a count, 255 that it counts, and what else there is */

/* Types of Intel's records. */
enum {
    HEX_DATA,
    HEX_END,
    HEX_SEGMENT,       /* bits 19-4 of where offsets count from; they wrap at 64 KiB */
    HEX_SEGMENT_START, /* CS and IP */
    HEX_LINEAR,        /* bits 31-16 of it */
    HEX_LINEAR_START,  /* EIP */
};

typedef struct Record {
    char mark;     /* 'S' or ':' */
    unsigned type; /* of an S-record; Intel's is among the bytes */
    uint8_t bytes[MAX_BYTES];
    size_t len;
} Record;

/* Bytes of the image that one record gives: where they go and where they are in `data`. */
typedef struct Piece {
    uint64_t addr;
    size_t at, len;
} Piece;

typedef struct HexImage {
    const char *filename;
    unsigned line;
    GByteArray *data;
    GArray *pieces;
    unsigned data_records;
    uint32_t base;  /* Intel's */
    bool segmented; /* that base is a segment's */
    bool ended;
    bool has_entry;
    uint32_t entry;
} HexImage;

/* ---- Records ---- */

/* Just its form: mark and pairs of digits up to the end. */
static bool split_record(const char *line, size_t len, Record *r)
{
    size_t start = line[0] == 'S' ? 2 : 1;

    if (len < start + 2 || (line[0] != 'S' && line[0] != ':') || (len - start) % 2 ||
        (len - start) / 2 > MAX_BYTES) {
        return false;
    }
    r->mark = line[0];
    r->type = g_ascii_digit_value(line[1]);
    r->len = (len - start) / 2;
    for (size_t i = 0; i < r->len; i++) {
        int high = g_ascii_xdigit_value(line[start + 2 * i]);
        int low = g_ascii_xdigit_value(line[start + 2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        r->bytes[i] = high << 4 | low;
    }
    return r->mark == ':' || r->type <= 9;
}

G_GNUC_PRINTF(3, 4)
static bool fail(const HexImage *image, Error **errp, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list ap;

    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    error_setg(errp, "'%s', line %u: %s", image->filename, image->line, what);
    return false;
}

/* That it is as long as its count says, and its checksum. */
static bool check_record(const HexImage *image, const Record *r, Error **errp)
{
    size_t expected = r->bytes[0] + (r->mark == 'S' ? 1 : 5);
    uint8_t sum = 0;

    if (r->len != expected) {
        return fail(image, errp, "the record has %zu bytes, its count says %zu", r->len, expected);
    }
    for (size_t i = 0; i + 1 < r->len; i++) {
        sum += r->bytes[i];
    }
    sum = r->mark == 'S' ? ~sum : -sum;
    if (sum != r->bytes[r->len - 1]) {
        return fail(image, errp, "wrong checksum %02x, expected %02x", r->bytes[r->len - 1], sum);
    }
    return true;
}

static void add_piece(HexImage *image, uint64_t addr, const uint8_t *bytes, size_t len)
{
    const Piece piece = { addr, image->data->len, len };

    if (len) {
        g_byte_array_append(image->data, bytes, len);
        g_array_append_val(image->pieces, piece);
    }
}

/* ---- S-records ---- */

static bool take_s_record(HexImage *image, const Record *r, Error **errp)
{
    static const uint8_t address_size[] = { 2, 2, 3, 4, 0, 2, 3, 4, 3, 2 };
    unsigned size = address_size[r->type];
    uint32_t number;

    if (!size) {
        return fail(image, errp, "S%u is no type of record", r->type);
    }
    if (r->len < size + 2) {
        return fail(image, errp, "the record is too short for an address");
    }
    number = ldn_be_p(r->bytes + 1, size);
    switch (r->type) {
    case 1 ... 3:
        if (number + (uint64_t)(r->len - size - 2) > UINT32_MAX + 1ull) {
            return fail(image, errp, "the data goes beyond the end of the address space");
        }
        add_piece(image, number, r->bytes + 1 + size, r->len - size - 2);
        image->data_records++;
        break;
    case 5 ... 6:
        if (number != (image->data_records & (size == 2 ? 0xffff : 0xffffff))) {
            return fail(image, errp, "records are missing: %u were announced, %u are there",
                        number, image->data_records);
        }
        break;
    case 7 ... 9:
        image->ended = image->has_entry = true;
        image->entry = number;
        break;
    }
    return true;
}

/* ---- Intel's ---- */

static void take_hex_data(HexImage *image, uint32_t offset, const uint8_t *bytes, size_t len)
{
    uint64_t limit = image->segmented ? 0x10000 : 0x100000000;
    uint64_t from = image->segmented ? offset : image->base + (uint64_t)offset;
    uint64_t wrapped = image->segmented ? image->base : 0;
    size_t first;

    from %= limit;
    first = MIN(len, limit - from);
    add_piece(image, from + wrapped, bytes, first);
    add_piece(image, wrapped, bytes + first, len - first);
}

static bool take_hex_record(HexImage *image, const Record *r, Error **errp)
{
    static const uint8_t lengths[] = { [HEX_SEGMENT] = 2, [HEX_SEGMENT_START] = 4,
                                       [HEX_LINEAR] = 2, [HEX_LINEAR_START] = 4 };
    unsigned len = r->bytes[0], type = r->bytes[3];
    const uint8_t *data = r->bytes + 4;

    if (type > HEX_LINEAR_START) {
        return fail(image, errp, "%02x is no type of record", type);
    }
    if (type != HEX_DATA && len != lengths[type]) {
        return fail(image, errp, "a record of type %02x has %u bytes of data, not %u", type,
                    len, lengths[type]);
    }
    switch (type) {
    case HEX_DATA:
        take_hex_data(image, lduw_be_p(r->bytes + 1), data, len);
        break;
    case HEX_END:
        image->ended = true;
        break;
    case HEX_SEGMENT:
    case HEX_LINEAR:
        image->segmented = type == HEX_SEGMENT;
        image->base = (uint32_t)lduw_be_p(data) << (image->segmented ? 4 : 16);
        break;
    case HEX_SEGMENT_START:
        image->has_entry = true;
        image->entry = ((uint32_t)lduw_be_p(data) << 4) + lduw_be_p(data + 2);
        break;
    case HEX_LINEAR_START:
        image->has_entry = true;
        image->entry = ldl_be_p(data); /* 32 bits without a sign */
        break;
    }
    return true;
}

/* ---- Files ---- */

/* Without white space at its end; also the end-of-file character of old systems is some. */
static size_t line_length(const char *line, const char *end)
{
    const char *newline = memchr(line, '\n', end - line);
    size_t len = (newline ? newline : end) - line;

    while (len && (g_ascii_isspace(line[len - 1]) || line[len - 1] == 0x1a)) {
        len--;
    }
    return len;
}

bool hex_image_probe(const char *filename)
{
    char text[2 * MAX_BYTES + 8];
    ssize_t n = load_image_size(filename, text, sizeof(text));
    Record r;

    return n > 0 && split_record(text, line_length(text, text + n), &r) && r.len >= 4;
}

static bool take_line(HexImage *image, const char *line, size_t len, char mark, Error **errp)
{
    Record r;

    if (!split_record(line, len, &r) || r.mark != mark) {
        return fail(image, errp, "this is no %s", mark == 'S' ? "S-record" : "Intel hex record");
    }
    return check_record(image, &r, errp) &&
           (mark == 'S' ? take_s_record : take_hex_record)(image, &r, errp);
}

static bool take_file(HexImage *image, const char *text, size_t len, Error **errp)
{
    const char *end = text + len, *next;

    for (const char *line = text; line < end && !image->ended; line = next) {
        size_t n = line_length(line, end);

        image->line++;
        next = memchr(line, '\n', end - line);
        next = next ? next + 1 : end;
        if (n && !take_line(image, line, n, text[0], errp)) {
            return false;
        }
    }
    if (!image->ended && len && text[0] == ':') {
        return fail(image, errp, "the file is truncated: its end record is missing");
    }
    if (!image->pieces->len) {
        return fail(image, errp, "the file has no data");
    }
    return true;
}

/* ---- The image ---- */

static gint compare_pieces(gconstpointer a, gconstpointer b)
{
    const Piece *x = a, *y = b;

    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static bool check_pieces(HexImage *image, Error **errp)
{
    g_array_sort(image->pieces, compare_pieces);
    for (unsigned i = 0; i + 1 < image->pieces->len; i++) {
        const Piece *a = &g_array_index(image->pieces, Piece, i), *b = a + 1;

        if (b->addr - a->addr < a->len) {
            error_setg(errp, "'%s' says twice what is at 0x%" PRIx64, image->filename, b->addr);
            return false;
        }
    }
    return true;
}

/* One rom for the pieces from `first` that follow each other; returns the first that doesn't. */
static unsigned add_rom(const HexImage *image, unsigned first, AddressSpace *as)
{
    const Piece *pieces = (const Piece *)image->pieces->data;
    GByteArray *bytes = g_byte_array_new();
    g_autoptr(GBytes) whole = NULL;
    unsigned i = first;

    do {
        g_byte_array_append(bytes, image->data->data + pieces[i].at, pieces[i].len);
        i++;
    } while (i < image->pieces->len && pieces[i].addr == pieces[i - 1].addr + pieces[i - 1].len);
    whole = g_byte_array_free_to_bytes(bytes);
    rom_add_bytes(image->filename, whole, g_bytes_get_size(whole), pieces[first].addr, NULL, as);
    return i;
}

static void fill_info(const HexImage *image, HexImageInfo *info)
{
    const Piece *first = &g_array_index(image->pieces, Piece, 0);
    const Piece *last = first + image->pieces->len - 1;

    info->low = first->addr;
    info->high = last->addr + last->len;
    info->size = image->data->len;
    info->entry = image->has_entry ? image->entry : info->low;
}

int hex_image_load(const char *filename, AddressSpace *as, HexImageInfo *info, Error **errp)
{
    g_autoptr(GBytes) file = loader_read_file(filename, LOADER_MAX_FILE, errp);
    g_autoptr(GByteArray) data = g_byte_array_new();
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    HexImage image = { .filename = filename, .data = data, .pieces = pieces };

    if (!file || !take_file(&image, g_bytes_get_data(file, NULL), g_bytes_get_size(file), errp) ||
        !check_pieces(&image, errp)) {
        return -1;
    }
    for (unsigned i = 0; i < pieces->len;) {
        i = add_rom(&image, i, as);
    }
    if (info) {
        fill_info(&image, info);
    }
    return 0;
}

ssize_t load_targphys_hex_as(const char *filename, hwaddr *entry, AddressSpace *as)
{
    HexImageInfo info;

    if (hex_image_load(filename, as, &info, NULL) < 0) {
        return -1;
    }
    *entry = info.entry;
    return info.size;
}
