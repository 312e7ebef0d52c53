/*
 * A register card that a file describes: `-device vme-regs,file=adc.card[,addr=0xc000]`.
 *
 * The file is a key file (docs/user/vme.md). Its group [card] says where the card answers:
 *
 *     [card]
 *     space=a16
 *     addr=0xc000
 *     size=0x100
 *     width=16          widest cycle it takes: 8, 16 (default), 32
 *     level=3           interrupt level, none without
 *     vector=0x40       status/ID
 *
 * and every other group is a register, named by the group:
 *
 *     [STATUS]
 *     offset=0x02
 *     size=2            bytes: 1, 2 (default), 4
 *     count=1           so many of them in a row
 *     reset=0x0001
 *     writable=0x00ff   bits that a write changes
 *     w1c=0xff00        bits that writing 1 clears
 *     interrupt=0x8000  while one of these bits is set, the card drives its level
 *
 * Numbers are big-endian on the bus. What is within `size` and isn't a register reads as 0. Each
 * register is a property of the device, so that a test can look at it and set it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "hw/vme/vme.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/module.h"

#define TYPE_VME_REGS "vme-regs"
OBJECT_DECLARE_SIMPLE_TYPE(VMERegsState, VME_REGS)

#define MAX_REGISTERS 4096

struct VMERegsState {
    VMEDevice parent_obj;

    char *file; /* properties */
    uint64_t addr;

    RegisterBlock block;
    GArray *rows;       /* of Register */
    GArray *interrupts; /* of uint32_t, one for each row */
    uint8_t level, vector;
    VMESlave slave;
};

/* --- the file --- */

typedef struct CardFile {
    GKeyFile *keys;
    const char *name;
    Error **errp;
} CardFile;

/* False with *errp set if there is a value that isn't a number up to `max`. */
static bool file_number(const CardFile *f, const char *group, const char *key, uint64_t initial,
                        uint64_t max, uint64_t *value)
{
    g_autofree char *text = g_key_file_get_string(f->keys, group, key, NULL);

    *value = initial;
    if (text && (qemu_strtou64(g_strstrip(text), NULL, 0, value) < 0 || *value > max)) {
        error_setg(f->errp, "%s: [%s] %s=%s: expected a number up to 0x%" PRIx64, f->name, group,
                   key, text, max);
        return false;
    }
    return true;
}

/* Names what nobody would look at. */
static bool file_knows_keys(const CardFile *f, const char *group, const char *const *known)
{
    g_auto(GStrv) keys = g_key_file_get_keys(f->keys, group, NULL, NULL);

    for (int i = 0; keys && keys[i]; i++) {
        if (!g_strv_contains(known, keys[i])) {
            g_autofree char *all = g_strjoinv(", ", (char **)known);

            error_setg(f->errp, "%s: [%s] has no key '%s', expected one of %s", f->name, group,
                       keys[i], all);
            return false;
        }
    }
    return true;
}

static bool read_card(VMERegsState *s, const CardFile *f)
{
    static const char *const known[] = { "space", "addr", "size", "width", "level", "vector",
                                         NULL };
    g_autofree char *space = g_key_file_get_string(f->keys, "card", "space", NULL);
    uint64_t addr, size, width, level, vector;

    if (!file_knows_keys(f, "card", known) ||
        !file_number(f, "card", "addr", 0, UINT32_MAX, &addr) ||
        !file_number(f, "card", "size", 0, 16 << 20, &size) ||
        !file_number(f, "card", "width", 16, 32, &width) ||
        !file_number(f, "card", "level", 0, VME_LEVELS, &level) ||
        !file_number(f, "card", "vector", 0xff, 0xff, &vector)) {
        return false;
    }
    s->level = (uint8_t)level;
    s->vector = (uint8_t)vector;
    return vme_slave_place(&s->slave, f->name, space, s->addr == UINT64_MAX ? addr : s->addr, size,
                           f->errp) &&
           vme_slave_limit_width(&s->slave, f->name, (unsigned)width, f->errp);
}

static void regs_written(RegisterBlock *block, const Register *reg, uint64_t value);

static bool read_register(VMERegsState *s, const CardFile *f, const char *group)
{
    static const char *const known[] = { "offset", "size", "count", "reset", "writable", "w1c",
                                         "interrupt", NULL };
    uint64_t offset, size, count, mask, reset, writable, w1c, interrupt;
    uint32_t interrupt_mask;

    if (!file_knows_keys(f, group, known) ||
        !file_number(f, group, "offset", 0, s->slave.size - 1, &offset) ||
        !file_number(f, group, "size", 2, 4, &size)) {
        return false;
    }
    if (size != 1 && size != 2 && size != 4) {
        error_setg(f->errp, "%s: [%s] size=%" PRIu64 ": expected 1, 2 or 4", f->name, group, size);
        return false;
    }
    mask = (1ULL << (8 * size)) - 1;
    if (!file_number(f, group, "count", 1, MAX_REGISTERS, &count) ||
        !file_number(f, group, "reset", 0, mask, &reset) ||
        !file_number(f, group, "writable", 0, mask, &writable) ||
        !file_number(f, group, "w1c", 0, mask, &w1c) ||
        !file_number(f, group, "interrupt", 0, mask, &interrupt)) {
        return false;
    }
    if (!count || offset + count * size > s->slave.size) {
        error_setg(f->errp, "%s: [%s] reaches past the card's size, or has no registers", f->name,
                   group);
        return false;
    }
    g_array_append_val(s->rows, ((Register){ .name = g_strdup(group), .offset = offset,
                                             .size = (unsigned)size, .count = (unsigned)count,
                                             .reset = reset, .writable = writable, .w1c = w1c,
                                             .written = regs_written }));
    interrupt_mask = (uint32_t)interrupt;
    g_array_append_val(s->interrupts, interrupt_mask);
    return true;
}

/* The register block aborts at overlaps, its programmer's mistakes: here they are a user's. */
static bool rows_are_apart(VMERegsState *s, const CardFile *f)
{
    g_autofree uint16_t *owner = g_new0(uint16_t, s->slave.size);

    for (unsigned row = 0; row < s->rows->len; row++) {
        const Register *reg = &g_array_index(s->rows, Register, row);

        for (uint64_t at = reg->offset; at < reg->offset + reg->count * reg->size; at++) {
            if (owner[at]) {
                error_setg(f->errp, "%s: [%s] and [%s] overlap", f->name, reg->name,
                           g_array_index(s->rows, Register, owner[at] - 1).name);
                return false;
            }
            owner[at] = (uint16_t)(row + 1);
        }
    }
    return true;
}

static bool read_file(VMERegsState *s, Error **errp)
{
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) gerr = NULL;
    g_auto(GStrv) groups = NULL;
    CardFile f = { keys, s->file, errp };

    if (!s->file) {
        error_setg(errp, "%s: 'file' must be given", TYPE_VME_REGS);
        return false;
    }
    if (!g_key_file_load_from_file(keys, s->file, G_KEY_FILE_NONE, &gerr)) {
        error_setg(errp, "%s: could not read the card's description '%s': %s", TYPE_VME_REGS,
                   s->file, gerr->message);
        return false;
    }
    if (!g_key_file_has_group(keys, "card")) {
        error_setg(errp, "%s: has no group [card]", s->file);
        return false;
    }
    if (!read_card(s, &f)) {
        return false;
    }
    groups = g_key_file_get_groups(keys, NULL);
    for (int i = 0; groups[i]; i++) {
        if (s->rows->len >= MAX_REGISTERS) {
            error_setg(errp, "%s: more than %d registers", s->file, MAX_REGISTERS);
            return false;
        }
        if (!g_str_equal(groups[i], "card") && !read_register(s, &f, groups[i])) {
            return false;
        }
    }
    return rows_are_apart(s, &f);
}

/* --- the card --- */

static bool wants_interrupt(VMERegsState *s)
{
    for (unsigned row = 0; row < s->rows->len; row++) {
        uint32_t mask = g_array_index(s->interrupts, uint32_t, row);

        for (unsigned i = 0; mask && i < g_array_index(s->rows, Register, row).count; i++) {
            if (register_get_at(&s->block, row, i) & mask) {
                return true;
            }
        }
    }
    return false;
}

static void update_interrupt(VMERegsState *s)
{
    vme_set_irq_levels(VME_DEVICE(s), s->level && wants_interrupt(s) ? 1u << s->level : 0);
}

static void regs_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_interrupt(VME_REGS(block->owner));
}

static bool regs_cycle(void *opaque, uint32_t offset, VMECycle *cycle)
{
    VMERegsState *s = opaque;

    if (cycle->write) {
        register_block_write(&s->block, offset, cycle->data, cycle->size);
    } else {
        cycle->data = register_block_read(&s->block, offset, cycle->size);
    }
    return true;
}

static bool regs_iack(VMEDevice *dev, int level, uint8_t *statid)
{
    *statid = VME_REGS(dev)->vector;
    return true;
}

/* --- a property for each register --- */

typedef struct RegisterProperty {
    unsigned row, index;
} RegisterProperty;

static void get_register(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const RegisterProperty *at = opaque;

    qvalue_set_uint(v, register_get_at(&VME_REGS(obj)->block, at->row, at->index));
}

static void set_register(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    VMERegsState *s = VME_REGS(obj);
    const RegisterProperty *at = opaque;
    unsigned bits = 8 * g_array_index(s->rows, Register, at->row).size;
    uint64_t value;

    if (qvalue_to_uint(v, name, (1ULL << bits) - 1, &value, errp)) {
        register_set_at(&s->block, at->row, at->index, value);
        update_interrupt(s);
    }
}

static void release_register(Object *obj, const char *name, void *opaque)
{
    g_free(opaque);
}

static bool add_properties(VMERegsState *s, Error **errp)
{
    for (unsigned row = 0; row < s->rows->len; row++) {
        const Register *reg = &g_array_index(s->rows, Register, row);

        for (unsigned i = 0; i < reg->count; i++) {
            g_autofree char *name = reg->count == 1 ? g_strdup(reg->name)
                                                    : g_strdup_printf("%s%u", reg->name, i);
            RegisterProperty *at = g_new(RegisterProperty, 1);

            *at = (RegisterProperty){ row, i };
            if (!object_property_try_add(OBJECT(s), name, "uint32", get_register, set_register,
                                         release_register, at, NULL)) {
                g_free(at);
                error_setg(errp, "%s: a register can't be named '%s': the device has a property of "
                                 "that name", s->file, name);
                return false;
            }
        }
    }
    return true;
}

/* --- the device --- */

static void regs_realize(VMEDevice *dev, Error **errp)
{
    VMERegsState *s = VME_REGS(dev);

    if (!read_file(s, errp) || !add_properties(s, errp)) {
        return;
    }
    register_block_init(&s->block, DEVICE(dev), TYPE_VME_REGS,
                        (const Register *)(const void *)s->rows->data, s->rows->len,
                        DEVICE_BIG_ENDIAN, s->slave.size);
    s->slave.cycle = regs_cycle;
    s->slave.opaque = s;
    vme_add_slave(dev, &s->slave);
}

static void regs_reset(DeviceState *dev)
{
    VMERegsState *s = VME_REGS(dev);

    register_block_reset(&s->block);
    update_interrupt(s);
}

static void clear_row(void *row)
{
    g_free((char *)((Register *)row)->name);
}

static void regs_instance_init(Object *obj)
{
    VMERegsState *s = VME_REGS(obj);

    s->rows = g_array_new(false, false, sizeof(Register));
    g_array_set_clear_func(s->rows, clear_row);
    s->interrupts = g_array_new(false, false, sizeof(uint32_t));
}

static void regs_instance_finalize(Object *obj)
{
    VMERegsState *s = VME_REGS(obj);

    register_block_finalize(&s->block);
    g_array_unref(s->rows);
    g_array_unref(s->interrupts);
}

static int regs_post_load(void *opaque, int version_id)
{
    update_interrupt(opaque);
    return 0;
}

static const VMStateDescription vmstate_regs = {
    .name = TYPE_VME_REGS,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = regs_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(block, VMERegsState),
        VMSTATE_END_OF_LIST()
    },
};

static Property regs_properties[] = {
    DEFINE_PROP_STRING("file", VMERegsState, file),
    DEFINE_PROP_UINT64("addr", VMERegsState, addr, UINT64_MAX),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits regs_traits = {
    .desc = "VMEbus card with the registers that a file describes",
    .reset = regs_reset,
    .state = &vmstate_regs,
    .properties = regs_properties,
};

static void regs_class_init(ObjectClass *klass, void *data)
{
    VMEDeviceClass *vc = VME_DEVICE_CLASS(klass);

    device_class_init_traits(klass, (void *)&regs_traits);
    vc->realize = regs_realize;
    vc->iack = regs_iack;
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(klass)->categories);
}

static const TypeInfo regs_types[] = {
    {
        .name = TYPE_VME_REGS,
        .parent = TYPE_VME_DEVICE,
        .instance_size = sizeof(VMERegsState),
        .instance_init = regs_instance_init,
        .instance_finalize = regs_instance_finalize,
        .class_init = regs_class_init,
    },
};

DEFINE_TYPES(regs_types)
