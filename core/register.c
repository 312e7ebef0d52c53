/*
 * Register blocks.
 *
 * An access is treated as a row of bytes: each register that it touches takes or gives its own
 * bytes, so that accesses narrower and wider than a register, and over several, need no cases of
 * their own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/register.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"

/* One register of a row, as an access meets it. */
typedef struct RegisterHit {
    const Register *reg;
    unsigned row;
    unsigned index;
    hwaddr offset; /* of this register in the block */
} RegisterHit;

static unsigned reg_count(const Register *reg)
{
    return reg->count ? reg->count : 1;
}

static hwaddr reg_stride(const Register *reg)
{
    return reg->stride ? reg->stride : reg->size;
}

static hwaddr reg_end(const Register *reg)
{
    return reg->offset + (reg_count(reg) - 1) * reg_stride(reg) + reg->size;
}

/* --- what is at an offset --- */

/* How many of the sorted rows start at or before offset. */
static unsigned rows_up_to(const RegisterBlock *block, hwaddr offset)
{
    unsigned low = 0, high = block->nb_regs;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (block->regs[block->sorted[mid]].offset <= offset) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Rows with a stride may interleave: those that start before may all have a register here. */
static bool find_register(const RegisterBlock *block, hwaddr offset, RegisterHit *hit)
{
    for (unsigned i = rows_up_to(block, offset); i-- > 0;) {
        const Register *reg = &block->regs[block->sorted[i]];
        hwaddr into = offset - reg->offset;
        hwaddr stride = reg_stride(reg);

        if (into / stride < reg_count(reg) && into % stride < reg->size) {
            hit->reg = reg;
            hit->row = block->sorted[i];
            hit->index = (unsigned)(into / stride);
            hit->offset = reg->offset + hit->index * stride;
            return true;
        }
    }
    return false;
}

/* --- set-up --- */

static int compare_rows(const void *a, const void *b, void *opaque)
{
    const Register *regs = opaque;
    hwaddr oa = regs[*(const uint16_t *)a].offset;
    hwaddr ob = regs[*(const uint16_t *)b].offset;

    return oa < ob ? -1 : oa > ob;
}

static void check_row(const Register *reg)
{
    assert(reg->name && "a register needs a name: is a row missing?");
    assert((reg->size == 1 || reg->size == 2 || reg->size == 4 || reg->size == 8) &&
           "a register has 1, 2, 4 or 8 bytes");
    assert(reg_stride(reg) >= reg->size && "the registers of a row overlap");
}

static void sort_rows(RegisterBlock *block)
{
    block->sorted = g_new(uint16_t, block->nb_regs);
    block->first = g_new(uint32_t, block->nb_regs);
    block->nb_values = 0;
    for (unsigned i = 0; i < block->nb_regs; i++) {
        check_row(&block->regs[i]);
        block->sorted[i] = (uint16_t)i;
        block->first[i] = block->nb_values;
        block->nb_values += reg_count(&block->regs[i]);
    }
    g_qsort_with_data(block->sorted, block->nb_regs, sizeof(uint16_t), compare_rows,
                      (gpointer)block->regs);
}

/* A register that isn't found at its own first and last byte lies under another one. */
static void check_overlaps(const RegisterBlock *block)
{
    for (unsigned row = 0; row < block->nb_regs; row++) {
        const Register *reg = &block->regs[row];

        for (unsigned i = 0; i < reg_count(reg); i++) {
            hwaddr offset = reg->offset + i * reg_stride(reg);
            RegisterHit first, last;

            assert(find_register(block, offset, &first) && first.row == row && first.index == i &&
                   find_register(block, offset + reg->size - 1, &last) && last.row == row &&
                   "registers overlap");
        }
    }
}

static hwaddr block_end(const RegisterBlock *block)
{
    hwaddr end = 0;

    for (unsigned i = 0; i < block->nb_regs; i++) {
        end = MAX(end, reg_end(&block->regs[i]));
    }
    return end;
}

static uint64_t block_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    return register_block_read(opaque, addr, size);
}

static void block_mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    register_block_write(opaque, addr, value, size);
}

void register_block_init(RegisterBlock *block, DeviceState *owner, const char *name,
                         const Register *regs, unsigned nb_regs, enum device_endian endian,
                         uint64_t size)
{
    assert(endian != DEVICE_NATIVE_ENDIAN && "a register block has a byte order of its own");
    assert(nb_regs <= UINT16_MAX);
    block->owner = owner;
    block->name = name;
    block->regs = regs;
    block->nb_regs = nb_regs;
    block->endian = endian;
    sort_rows(block);
    check_overlaps(block);
    block->values = g_new0(uint64_t, block->nb_values);
    block->ops = (MemoryRegionOps){
        .read = block_mmio_read,
        .write = block_mmio_write,
        .endianness = endian,
        .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
        .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
        .names = &register_block_names,
    };
    register_block_reset(block);
    memory_region_init_io(&block->mmio, OBJECT(owner), &block->ops, block, name,
                          size ? size : block_end(block));
}

void register_block_finalize(RegisterBlock *block)
{
    g_clear_pointer(&block->first, g_free);
    g_clear_pointer(&block->sorted, g_free);
    g_clear_pointer(&block->values, g_free);
    block->nb_regs = 0;
    block->nb_values = 0;
}

void register_block_reset(RegisterBlock *block)
{
    for (unsigned row = 0; row < block->nb_regs; row++) {
        for (unsigned i = 0; i < reg_count(&block->regs[row]); i++) {
            block->values[block->first[row] + i] = block->regs[row].reset;
        }
    }
}

/* --- values --- */

uint64_t register_get_at(const RegisterBlock *block, unsigned row, unsigned i)
{
    assert(row < block->nb_regs && i < reg_count(&block->regs[row]));
    return block->values[block->first[row] + i];
}

void register_set_at(RegisterBlock *block, unsigned row, unsigned i, uint64_t value)
{
    assert(row < block->nb_regs && i < reg_count(&block->regs[row]));
    block->values[block->first[row] + i] = value;
}

uint64_t register_get(const RegisterBlock *block, unsigned row)
{
    return register_get_at(block, row, 0);
}

void register_set(RegisterBlock *block, unsigned row, uint64_t value)
{
    register_set_at(block, row, 0, value);
}

uint64_t *register_value(RegisterBlock *block, const Register *reg)
{
    return &block->values[block->first[reg - block->regs] + block->index];
}

/* --- messages --- */

static char *hit_name(const RegisterHit *hit)
{
    return reg_count(hit->reg) > 1 ? g_strdup_printf("%s%u", hit->reg->name, hit->index)
                                   : g_strdup(hit->reg->name);
}

static void G_GNUC_PRINTF(4, 5) log_register(const RegisterBlock *block, unsigned mask,
                                             const RegisterHit *hit, const char *fmt, ...)
{
    g_autofree char *name = NULL, *message = NULL;
    va_list ap;

    if (!qemu_loglevel_mask(mask)) {
        return;
    }
    va_start(ap, fmt);
    message = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    name = hit_name(hit);
    qemu_log_dev(mask, block->name, name, "%s", message);
}

static void log_hole(const RegisterBlock *block, const char *what, hwaddr offset, unsigned size)
{
    qemu_log_dev(LOG_UNIMP, block->name, NULL, "%s of %u byte%s at 0x%" HWADDR_PRIx
                 ": no register there", what, size, size == 1 ? "" : "s", offset);
}

/* "TE, RE" for the fields that the bits belong to, else the bits. */
static char *field_names(const Register *reg, uint64_t bits)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (const RegisterField *f = reg->fields; f && f->name; f++) {
        if (f->mask & bits) {
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", f->name);
            bits &= ~f->mask;
        }
    }
    if (bits || !names->len) {
        g_string_append_printf(names, "%sbits 0x%" PRIx64, names->len ? ", " : "", bits);
    }
    return g_strdup(names->str);
}

static void log_unmodelled_write(RegisterBlock *block, const RegisterHit *hit, uint64_t old,
                                 uint64_t value, uint64_t lanes)
{
    uint64_t bits = (old ^ value) & lanes & hit->reg->unmodelled;

    if (bits && qemu_loglevel_mask(LOG_UNIMP)) {
        g_autofree char *fields = field_names(hit->reg, bits);

        log_register(block, LOG_UNIMP, hit, "%s not modelled (value written 0x%" PRIx64 ")",
                     fields, value);
    }
}

/* --- access --- */

/* Register and access values as bytes in the order of addresses. */
static void to_bytes(const RegisterBlock *block, uint8_t *bytes, unsigned size, uint64_t value)
{
    if (block->endian == DEVICE_BIG_ENDIAN) {
        stn_be_p(bytes, (int)size, value);
    } else {
        stn_le_p(bytes, (int)size, value);
    }
}

static uint64_t from_bytes(const RegisterBlock *block, const uint8_t *bytes, unsigned size)
{
    return block->endian == DEVICE_BIG_ENDIAN ? ldn_be_p(bytes, (int)size)
                                              : ldn_le_p(bytes, (int)size);
}

static uint64_t read_register(RegisterBlock *block, const RegisterHit *hit)
{
    const Register *reg = hit->reg;
    uint64_t value = block->values[block->first[hit->row] + hit->index];

    if (reg->write_only) {
        log_register(block, LOG_GUEST_ERROR, hit, "read of a write-only register");
    }
    if (reg->read_unmodelled) {
        log_register(block, LOG_UNIMP, hit, "read, not modelled");
    }
    if (reg->read) {
        block->index = hit->index;
        value = reg->read(block, reg, value);
    }
    return value;
}

/* `value` holds the guest's bytes in `lanes` and the stored ones elsewhere. */
static void write_register(RegisterBlock *block, const RegisterHit *hit, uint64_t value,
                           uint64_t lanes)
{
    const Register *reg = hit->reg;
    uint64_t *stored = &block->values[block->first[hit->row] + hit->index];
    uint64_t writable = reg->writable & lanes;

    if (reg->read_only) {
        log_register(block, LOG_GUEST_ERROR, hit, "write of 0x%" PRIx64 " to a read-only register",
                     value);
        return;
    }
    log_unmodelled_write(block, hit, *stored, value, lanes);
    block->index = hit->index;
    if (reg->write) {
        *stored = reg->write(block, reg, value);
    } else {
        *stored = ((*stored & ~writable) | (value & writable)) & ~(value & reg->w1c & lanes);
    }
    if (reg->written) {
        block->index = hit->index;
        reg->written(block, reg, value);
    }
}

/* Where an access at [offset, offset + size) and a register meet: bytes into each, and how many. */
typedef struct Overlap {
    unsigned in_access, in_reg, len;
} Overlap;

static Overlap overlap_of(const RegisterHit *hit, hwaddr pos, hwaddr offset, unsigned size)
{
    Overlap o = { .in_access = (unsigned)(pos - offset), .in_reg = (unsigned)(pos - hit->offset) };

    o.len = MIN(hit->reg->size - o.in_reg, size - o.in_access);
    return o;
}

uint64_t register_block_read(RegisterBlock *block, hwaddr offset, unsigned size)
{
    uint8_t bytes[8] = { 0 };
    bool any = false;

    for (hwaddr pos = offset; pos < offset + size;) {
        RegisterHit hit;
        uint8_t reg_bytes[8];
        Overlap o;

        if (!find_register(block, pos, &hit)) {
            pos++;
            continue;
        }
        o = overlap_of(&hit, pos, offset, size);
        to_bytes(block, reg_bytes, hit.reg->size, read_register(block, &hit));
        memcpy(bytes + o.in_access, reg_bytes + o.in_reg, o.len);
        pos += o.len;
        any = true;
    }
    if (!any) {
        log_hole(block, "read", offset, size);
    }
    return from_bytes(block, bytes, size);
}

static void write_overlap(RegisterBlock *block, const RegisterHit *hit, const Overlap *o,
                          const uint8_t *bytes)
{
    uint8_t reg_bytes[8], lane_bytes[8] = { 0 };

    to_bytes(block, reg_bytes, hit->reg->size, block->values[block->first[hit->row] + hit->index]);
    memcpy(reg_bytes + o->in_reg, bytes + o->in_access, o->len);
    memset(lane_bytes + o->in_reg, 0xff, o->len);
    write_register(block, hit, from_bytes(block, reg_bytes, hit->reg->size),
                   from_bytes(block, lane_bytes, hit->reg->size));
}

void register_block_write(RegisterBlock *block, hwaddr offset, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    bool any = false;

    to_bytes(block, bytes, size, value);
    for (hwaddr pos = offset; pos < offset + size;) {
        RegisterHit hit;
        Overlap o;

        if (!find_register(block, pos, &hit)) {
            pos++;
            continue;
        }
        o = overlap_of(&hit, pos, offset, size);
        write_overlap(block, &hit, &o, bytes);
        pos += o.len;
        any = true;
    }
    if (!any) {
        log_hole(block, "write", offset, size);
    }
}

/* --- traces --- */

/* " EN=1 MODE=0x3": the fields that lie in `lanes` as a whole. */
static void append_fields(GString *text, const Register *reg, uint64_t value, uint64_t lanes)
{
    for (const RegisterField *f = reg->fields; f && f->name; f++) {
        if (f->mask && (f->mask & lanes) == f->mask) {
            uint64_t bits = (value & f->mask) >> ctz64(f->mask);

            g_string_append_printf(text, bits < 10 ? " %s=%" PRIu64 : " %s=0x%" PRIx64, f->name,
                                   bits);
        }
    }
}

static void describe_hit(const RegisterBlock *block, const RegisterHit *hit, const Overlap *o,
                         const uint8_t *bytes, MemoryRegionNameFunc *found, void *data)
{
    g_autofree char *name = hit_name(hit), *part = NULL;
    g_autoptr(GString) fields = g_string_new(NULL);
    uint8_t reg_bytes[8] = { 0 }, lane_bytes[8] = { 0 };

    memcpy(reg_bytes + o->in_reg, bytes + o->in_access, o->len);
    memset(lane_bytes + o->in_reg, 0xff, o->len);
    append_fields(fields, hit->reg, from_bytes(block, reg_bytes, hit->reg->size),
                  from_bytes(block, lane_bytes, hit->reg->size));
    if (o->len == 1 && hit->reg->size > 1) {
        part = g_strdup_printf("[%u]", o->in_reg);
    } else if (o->len < hit->reg->size) {
        part = g_strdup_printf("[%u-%u]", o->in_reg, o->in_reg + o->len - 1);
    }
    found(name, part ? part : "", fields->str, data);
}

static void block_names_at(void *opaque, hwaddr offset, unsigned size, uint64_t value,
                           MemoryRegionNameFunc *found, void *data)
{
    const RegisterBlock *block = opaque;
    uint8_t bytes[8];

    to_bytes(block, bytes, size, value);
    for (hwaddr pos = offset; pos < offset + size;) {
        RegisterHit hit;
        Overlap o = { .len = 1 };

        if (find_register(block, pos, &hit)) {
            o = overlap_of(&hit, pos, offset, size);
            describe_hit(block, &hit, &o, bytes, found, data);
        }
        pos += o.len;
    }
}

static void block_names_all(void *opaque, MemoryRegionNameFunc *found, void *data)
{
    const RegisterBlock *block = opaque;

    for (unsigned row = 0; row < block->nb_regs; row++) {
        RegisterHit hit = { .reg = &block->regs[row], .row = row };

        for (; hit.index < reg_count(hit.reg); hit.index++) {
            g_autofree char *name = hit_name(&hit);

            found(name, "", "", data);
        }
    }
}

const MemoryRegionNames register_block_names = { block_names_at, block_names_all };

/* --- snapshots --- */

const VMStateDescription vmstate_register_block = {
    .name = "register-block",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_VARRAY_UINT64_PTR(values, RegisterBlock, nb_values),
        VMSTATE_END_OF_LIST(),
    },
};
