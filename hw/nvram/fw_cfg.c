/*
 * fw_cfg: see hw/nvram/fw_cfg.h.
 *
 * The guest selects an item by its key, and reads it from the start: byte by byte through the data
 * register, or as a whole with a DMA request. What the machine says is worked out elsewhere: here
 * are the items and the three registers.
 *
 * Reference: "QEMU Firmware Configuration (fw_cfg) Device", the public description of the
 * interface.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/nvram/fw_cfg-machine.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/address-spaces.h"
#include "system/dma.h"

#define KEY_MASK        ((uint16_t)~FW_CFG_WRITE_CHANNEL)
#define MAX_FILES       (FW_CFG_WRITE_CHANNEL - FW_CFG_FILE_FIRST)
#define DIRECTORY_ENTRY 64
#define SELECTOR_SIZE   2
#define DMA_SIZE        8

typedef struct Item {
    char *name; /* of a file; NULL */
    uint8_t *data;
    uint8_t *owned; /* data, if it is the device's to free; NULL */
    uint32_t len;
    bool writable;
    FWCfgCallback selected;
    FWCfgWriteCallback written;
    void *opaque; /* of both */
} Item;

struct FWCfgState {
    SysBusDevice parent_obj;

    MemoryRegion selector, data, dma;
    AddressSpace *dma_as;

    /* properties */
    uint32_t data_width, file_slots;
    bool dma_enabled;

    GHashTable *items; /* key -> Item, those without names */
    GPtrArray *files;  /* Item, by name */
    Item directory;

    bool in_request;
    /* state */
    uint16_t key;
    uint32_t offset; /* in the selected item; it may be behind its end */
    uint64_t dma_addr;
};

/* ---- Items ---- */

static void item_free(void *opaque)
{
    Item *item = opaque;

    g_free(item->owned);
    g_free(item->name);
    g_free(item);
}

static Item *item_new(const char *name, void *data, size_t len, bool owned)
{
    Item *item = g_new0(Item, 1);

    item->name = g_strdup(name);
    item->data = data;
    item->owned = owned ? data : NULL;
    item->len = len;
    return item;
}

/* NULL: the guest reads zeros there. */
static Item *find_item(FWCfgState *s, uint16_t key)
{
    unsigned file;

    key &= KEY_MASK;
    if (key == FW_CFG_FILE_DIR) {
        return &s->directory;
    }
    file = key - FW_CFG_FILE_FIRST;
    if (key >= FW_CFG_FILE_FIRST && file < s->files->len) {
        return g_ptr_array_index(s->files, file);
    }
    return g_hash_table_lookup(s->items, GUINT_TO_POINTER(key));
}

/* Of an item that must be there, or must not: anything else is a mistake in a board. */
static void put(FWCfgState *s, uint16_t key, Item *item, bool replaces)
{
    bool there = find_item(s, key) != NULL;

    if (there != replaces || (key >= FW_CFG_FILE_FIRST && key < FW_CFG_WRITE_CHANNEL)) {
        error_setg(&error_abort, "fw_cfg: item 0x%x %s", key,
                   there ? "is there already" : "is not there, or a file's");
    }
    g_hash_table_replace(s->items, GUINT_TO_POINTER(key), item);
}

static void put_number(FWCfgState *s, uint16_t key, uint64_t value, size_t size, bool replaces)
{
    uint64_t little = cpu_to_le64(value);

    put(s, key, item_new(NULL, g_memdup2(&little, size), size, true), replaces);
}

static void put_string(FWCfgState *s, uint16_t key, const char *value, bool replaces)
{
    put(s, key, item_new(NULL, g_strdup(value), strlen(value) + 1, true), replaces);
}

void fw_cfg_add_bytes(FWCfgState *s, uint16_t key, void *data, size_t len)
{
    put(s, key, item_new(NULL, data, len, false), false);
}

void fw_cfg_add_string(FWCfgState *s, uint16_t key, const char *value)
{
    put_string(s, key, value, false);
}

void fw_cfg_modify_string(FWCfgState *s, uint16_t key, const char *value)
{
    put_string(s, key, value, true);
}

#define NUMBERS(bits)                                                                              \
    void fw_cfg_add_i##bits(FWCfgState *s, uint16_t key, uint##bits##_t value)                     \
    {                                                                                              \
        put_number(s, key, value, bits / 8, false);                                                \
    }                                                                                              \
    void fw_cfg_modify_i##bits(FWCfgState *s, uint16_t key, uint##bits##_t value)                  \
    {                                                                                              \
        put_number(s, key, value, bits / 8, true);                                                 \
    }
NUMBERS(16)
NUMBERS(32)
NUMBERS(64)

/* ---- Files ---- */

/* Where the file is, or would be. */
static bool find_file(FWCfgState *s, const char *name, unsigned *place)
{
    int order = -1;

    for (*place = 0; *place < s->files->len; ++*place) {
        order = strcmp(name, ((Item *)g_ptr_array_index(s->files, *place))->name);
        if (order <= 0) {
            break;
        }
    }
    return *place < s->files->len && order == 0;
}

/*
 * The number of files, then for each its size, key, two bytes of nothing and name; all big-endian.
 */
static void write_directory(FWCfgState *s)
{
    uint32_t len = 4 + s->files->len * DIRECTORY_ENTRY;
    uint8_t *entry;

    s->directory.owned = g_realloc(s->directory.owned, len);
    s->directory.data = memset(s->directory.owned, 0, len);
    s->directory.len = len;
    stl_be_p(s->directory.data, s->files->len);
    entry = s->directory.data + 4;
    for (unsigned i = 0; i < s->files->len; i++, entry += DIRECTORY_ENTRY) {
        const Item *file = g_ptr_array_index(s->files, i);

        stl_be_p(entry, file->len);
        stw_be_p(entry + 4, FW_CFG_FILE_FIRST + i);
        g_strlcpy((char *)entry + 8, file->name, FW_CFG_MAX_FILE_PATH);
    }
}

static bool add_file(FWCfgState *s, Item *file, Error **errp)
{
    size_t name_len = strlen(file->name);
    unsigned place;

    if (name_len < 1 || name_len >= FW_CFG_MAX_FILE_PATH) {
        error_setg(errp, "fw_cfg: file name '%s' has %zu characters, expected 1 to %d", file->name,
                   name_len, FW_CFG_MAX_FILE_PATH - 1);
    } else if (find_file(s, file->name, &place)) {
        error_setg(errp, "fw_cfg: there already is a file '%s'", file->name);
    } else if (s->files->len >= s->file_slots) {
        error_setg(errp, "fw_cfg: no room for file '%s': there are %u already", file->name,
                   s->files->len);
    } else {
        g_ptr_array_insert(s->files, place, file);
        write_directory(s);
        return true;
    }
    item_free(file);
    return false;
}

void fw_cfg_add_file_callback(FWCfgState *s, const char *filename, FWCfgCallback select_cb,
                              FWCfgWriteCallback write_cb, void *callback_opaque, void *data,
                              size_t len, bool read_only)
{
    Item *file = item_new(filename, data, len, false);

    file->writable = !read_only;
    file->selected = select_cb;
    file->written = write_cb;
    file->opaque = callback_opaque;
    add_file(s, file, &error_fatal); /* -fw_cfg may have taken the name, or all the room */
}

void fw_cfg_add_file(FWCfgState *s, const char *filename, void *data, size_t len)
{
    fw_cfg_add_file_callback(s, filename, NULL, NULL, NULL, data, len, true);
}

bool fw_cfg_add_user_file(FWCfgState *s, const char *filename, void *data, size_t len, Error **errp)
{
    if (len > UINT32_MAX) {
        error_setg(errp, "fw_cfg: file '%s' has %zu bytes, expected less than 4 GiB", filename,
                   len);
        g_free(data);
        return false;
    }
    return add_file(s, item_new(filename, data, len, true), errp);
}

void *fw_cfg_modify_file(FWCfgState *s, const char *filename, void *data, size_t len)
{
    unsigned place;
    Item *file;
    void *old;

    if (!find_file(s, filename, &place)) {
        fw_cfg_add_file(s, filename, data, len);
        return NULL;
    }
    file = g_ptr_array_index(s->files, place);
    old = file->data;
    file->data = data;
    file->len = len;
    file->writable = false;
    write_directory(s);
    return old;
}

/* ---- The selected item ---- */

static void select_item(FWCfgState *s, uint16_t key)
{
    Item *item = find_item(s, key);

    s->key = key;
    s->offset = 0;
    if (item && item->selected) {
        item->selected(item->opaque);
    }
}

/* How much of it is left. */
static uint32_t left(const FWCfgState *s, const Item *item)
{
    return item && item->len > s->offset ? item->len - s->offset : 0;
}

static void advance(FWCfgState *s, uint32_t bytes)
{
    s->offset = MIN((uint64_t)s->offset + bytes, UINT32_MAX);
}

static uint8_t next_byte(FWCfgState *s)
{
    Item *item = find_item(s, s->key);
    uint8_t byte = left(s, item) ? item->data[s->offset] : 0;

    advance(s, 1);
    return byte;
}

/* ---- DMA requests ---- */

typedef struct Request {
    uint32_t control, length;
    uint64_t address;
} Request;

/* Ends with the first piece that can't be written: the guest may ask for 4 GiB of them. */
static bool write_zeros(FWCfgState *s, uint64_t address, uint32_t length)
{
    for (uint32_t n; length; address += n, length -= n) {
        n = MIN(length, 4 * KiB);
        if (dma_memory_set(s->dma_as, address, 0, n, MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
            return false;
        }
    }
    return true;
}

/* What is behind the end of the item reads as zero. */
static bool request_read(FWCfgState *s, const Request *r)
{
    Item *item = find_item(s, s->key);
    uint32_t n = MIN(left(s, item), r->length), offset = s->offset;
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;

    advance(s, r->length);
    return (!n || dma_memory_write(s->dma_as, r->address, item->data + offset, n, attrs) ==
                      MEMTX_OK) &&
           write_zeros(s, r->address + n, r->length - n);
}

/* All of it has to fit. */
static bool request_write(FWCfgState *s, const Request *r)
{
    Item *item = find_item(s, s->key);
    uint32_t start = s->offset;

    if (!item || !item->writable || r->length > left(s, item) ||
        dma_memory_read(s->dma_as, r->address, item->data + start, r->length,
                        MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        return false;
    }
    advance(s, r->length);
    if (item->written) {
        item->written(item->opaque, start, r->length);
    }
    return true;
}

static bool perform(FWCfgState *s, const Request *r)
{
    if (r->control & FW_CFG_DMA_CTL_SELECT) {
        select_item(s, r->control >> 16);
    }
    if (r->control & (FW_CFG_DMA_CTL_READ | FW_CFG_DMA_CTL_WRITE) &&
        r->address + r->length < r->address) {
        return false;
    }
    if (r->control & FW_CFG_DMA_CTL_READ) {
        return request_read(s, r);
    }
    if (r->control & FW_CFG_DMA_CTL_WRITE) {
        return request_write(s, r);
    }
    if (r->control & FW_CFG_DMA_CTL_SKIP) {
        advance(s, r->length);
    }
    return true;
}

/* The request that the DMA address points to; its control word tells how it went. */
static void start_request(FWCfgState *s)
{
    uint64_t addr = s->dma_addr;
    uint8_t raw[16];
    Request r;
    bool done;

    s->dma_addr = 0;
    if (s->in_request) {
        qemu_log_dev(LOG_GUEST_ERROR, "fw_cfg", "DMA", "a request that writes to the registers");
        return;
    }
    s->in_request = true;
    done = dma_memory_read(s->dma_as, addr, raw, sizeof(raw), MEMTXATTRS_UNSPECIFIED) == MEMTX_OK;
    if (done) {
        r = (Request){ .control = ldl_be_p(raw), .length = ldl_be_p(raw + 4),
                       .address = ldq_be_p(raw + 8) };
        done = perform(s, &r);
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, "fw_cfg", "DMA", "no request at 0x%" PRIx64, addr);
    }
    stl_be_dma(s->dma_as, addr, done ? 0 : FW_CFG_DMA_CTL_ERROR, MEMTXATTRS_UNSPECIFIED);
    s->in_request = false;
}

/* ---- Registers ---- */

static uint64_t selector_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void selector_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    select_item(opaque, value);
}

/* Wider reads are as many bytes, the first one at the lowest address. */
static uint64_t data_read(void *opaque, hwaddr addr, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | next_byte(opaque);
    }
    return value;
}

static void data_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    qemu_log_dev(LOG_GUEST_ERROR, "fw_cfg", "DATA", "written: only DMA requests write");
}

static uint64_t dma_read(void *opaque, hwaddr addr, unsigned size)
{
    return FW_CFG_DMA_SIGNATURE >> (8 * (DMA_SIZE - size - addr));
}

/* The lower half starts. */
static void dma_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    FWCfgState *s = opaque;

    if (size == 8) {
        s->dma_addr = value;
    } else if (addr == 0) {
        s->dma_addr = value << 32;
        return;
    } else {
        s->dma_addr = (s->dma_addr & ~(uint64_t)UINT32_MAX) | value;
    }
    start_request(s);
}

static const MemoryRegionOps selector_ops = {
    .read = selector_read,
    .write = selector_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = SELECTOR_SIZE, .max_access_size = SELECTOR_SIZE },
};

static const MemoryRegionOps data_ops = {
    .read = data_read,
    .write = data_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

static bool dma_accepts(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return !is_write || size >= 4;
}

static const MemoryRegionOps dma_ops = {
    .read = dma_read,
    .write = dma_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = DMA_SIZE, .accepts = dma_accepts },
    .impl = { .min_access_size = 1, .max_access_size = DMA_SIZE },
};

/* Two ports: a word written to the first selects, a byte read from either is the next one. */
static uint64_t ports_read(void *opaque, hwaddr addr, unsigned size)
{
    return next_byte(opaque);
}

static void ports_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (size == SELECTOR_SIZE) {
        select_item(opaque, value);
    } else {
        data_write(opaque, addr, value, size);
    }
}

static bool ports_accept(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return size == 1 || (is_write && addr == 0);
}

static const MemoryRegionOps ports_ops = {
    .read = ports_read,
    .write = ports_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = SELECTOR_SIZE, .accepts = ports_accept },
    .impl = { .min_access_size = 1, .max_access_size = SELECTOR_SIZE },
};

/* ---- The device ---- */

static void fw_cfg_reset(DeviceState *dev)
{
    FWCfgState *s = FW_CFG(dev);

    s->dma_addr = 0;
    select_item(s, FW_CFG_SIGNATURE);
}

static bool check_properties(FWCfgState *s, Error **errp)
{
    if (s->file_slots < FW_CFG_FILE_SLOTS_MIN || s->file_slots > MAX_FILES) {
        error_setg(errp, "x-file-slots is %u, expected %d to %d", s->file_slots,
                   FW_CFG_FILE_SLOTS_MIN, MAX_FILES);
    } else if (s->data_width < 1 || s->data_width > 8 || !is_power_of_2(s->data_width)) {
        error_setg(errp, "data_width is %u, expected 1, 2, 4 or 8", s->data_width);
    } else {
        return true;
    }
    return false;
}

static void realize_common(FWCfgState *s)
{
    static uint8_t signature[] = { 'Q', 'E', 'M', 'U' };

    fw_cfg_add_bytes(s, FW_CFG_SIGNATURE, signature, sizeof(signature));
    fw_cfg_add_i32(s, FW_CFG_ID, FW_CFG_VERSION | (s->dma_enabled ? FW_CFG_VERSION_DMA : 0));
    write_directory(s);
    if (s->dma_enabled) {
        s->dma_as = s->dma_as ? s->dma_as : &address_space_memory;
        memory_region_init_io(&s->dma, OBJECT(s), &dma_ops, s, "fwcfg.dma", DMA_SIZE);
        sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->dma);
    }
}

static void fw_cfg_mem_realize(DeviceState *dev, Error **errp)
{
    FWCfgState *s = FW_CFG(dev);

    if (!check_properties(s, errp)) {
        return;
    }
    memory_region_init_io(&s->selector, OBJECT(s), &selector_ops, s, "fwcfg.ctl", SELECTOR_SIZE);
    memory_region_init_io(&s->data, OBJECT(s), &data_ops, s, "fwcfg.data", s->data_width);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->selector);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->data);
    realize_common(s);
}

static void fw_cfg_io_realize(DeviceState *dev, Error **errp)
{
    FWCfgState *s = FW_CFG(dev);

    if (!check_properties(s, errp)) {
        return;
    }
    memory_region_init_io(&s->selector, OBJECT(s), &ports_ops, s, "fwcfg", SELECTOR_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->selector);
    realize_common(s);
}

static void fw_cfg_instance_init(Object *obj)
{
    FWCfgState *s = FW_CFG(obj);

    s->items = g_hash_table_new_full(NULL, NULL, NULL, item_free);
    s->files = g_ptr_array_new_with_free_func(item_free);
}

static void fw_cfg_finalize(Object *obj)
{
    FWCfgState *s = FW_CFG(obj);

    g_hash_table_unref(s->items);
    g_ptr_array_unref(s->files);
    g_free(s->directory.owned);
}

/* ---- Making one ---- */

static FWCfgState *new_device(const char *type, uint32_t data_width, AddressSpace *dma_as)
{
    DeviceState *dev = qdev_new(type);

    object_property_add_child(qdev_get_machine(), "fw_cfg", OBJECT(dev));
    qdev_prop_set_uint32(dev, "data_width", data_width);
    qdev_prop_set_bit(dev, "dma_enabled", dma_as != NULL);
    FW_CFG(dev)->dma_as = dma_as;
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    if (current_machine) {
        fw_cfg_add_machine_items(FW_CFG(dev), current_machine);
    }
    return FW_CFG(dev);
}

FWCfgState *fw_cfg_init_mem_wide(hwaddr ctl_addr, hwaddr data_addr, uint32_t data_width,
                                 hwaddr dma_addr, AddressSpace *dma_as)
{
    FWCfgState *s = new_device(TYPE_FW_CFG_MEM, data_width, dma_as);

    sysbus_mmio_map(SYS_BUS_DEVICE(s), 0, ctl_addr);
    sysbus_mmio_map(SYS_BUS_DEVICE(s), 1, data_addr);
    if (dma_as) {
        sysbus_mmio_map(SYS_BUS_DEVICE(s), 2, dma_addr);
    }
    return s;
}

FWCfgState *fw_cfg_init_mem(hwaddr ctl_addr, hwaddr data_addr)
{
    return fw_cfg_init_mem_wide(ctl_addr, data_addr, 1, 0, NULL);
}

FWCfgState *fw_cfg_init_io_dma(uint32_t iobase, uint32_t dma_iobase, AddressSpace *dma_as)
{
    FWCfgState *s = new_device(TYPE_FW_CFG_IO, 1, dma_as);

    memory_region_add_subregion(get_system_io(), iobase, &s->selector);
    if (dma_as) {
        memory_region_add_subregion(get_system_io(), dma_iobase, &s->dma);
    }
    return s;
}

FWCfgState *fw_cfg_init_io(uint32_t iobase)
{
    return fw_cfg_init_io_dma(iobase, 0, NULL);
}

FWCfgState *fw_cfg_find(void)
{
    return (FWCfgState *)object_resolve_path_type("/machine/fw_cfg", TYPE_FW_CFG, NULL);
}

bool fw_cfg_dma_enabled(void *fw_cfg)
{
    return FW_CFG(fw_cfg)->dma_enabled;
}

/* ---- Types ---- */

static const VMStateDescription vmstate_fw_cfg = {
    .name = TYPE_FW_CFG,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16(key, FWCfgState),
        VMSTATE_UINT32(offset, FWCfgState),
        VMSTATE_UINT64(dma_addr, FWCfgState),
        VMSTATE_END_OF_LIST(),
    },
};

static Property fw_cfg_properties[] = {
    DEFINE_PROP_UINT32("data_width", FWCfgState, data_width, 1),
    DEFINE_PROP_BOOL("dma_enabled", FWCfgState, dma_enabled, true),
    DEFINE_PROP_UINT32("x-file-slots", FWCfgState, file_slots, FW_CFG_FILE_SLOTS_DFLT),
    DEFINE_PROP_END_OF_LIST(),
};

#define TRAITS(where, realize_it)                                                                  \
    {                                                                                              \
        .desc = "What the machine tells its firmware, " where,                                     \
        .realize = realize_it,                                                                     \
        .reset = fw_cfg_reset,                                                                     \
        .state = &vmstate_fw_cfg,                                                                  \
        .properties = fw_cfg_properties,                                                           \
        .board_only = true,                                                                        \
    }
static const DeviceTraits mem_traits = TRAITS("in memory", fw_cfg_mem_realize);
static const DeviceTraits io_traits = TRAITS("at I/O ports", fw_cfg_io_realize);

static const TypeInfo fw_cfg_types[] = {
    {
        .name = TYPE_FW_CFG,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(FWCfgState),
        .instance_init = fw_cfg_instance_init,
        .instance_finalize = fw_cfg_finalize,
    },
    {
        .name = TYPE_FW_CFG_MEM,
        .parent = TYPE_FW_CFG,
        .class_init = device_class_init_traits,
        .class_data = (void *)&mem_traits,
    },
    {
        .name = TYPE_FW_CFG_IO,
        .parent = TYPE_FW_CFG,
        .class_init = device_class_init_traits,
        .class_data = (void *)&io_traits,
    },
};

DEFINE_TYPES(fw_cfg_types)
