/*
 * ramfb: a frame buffer anywhere in the guest's RAM, which firmware chooses through fw_cfg.
 *
 * The guest writes 28 bytes to the file "etc/ramfb", big-endian:
 *
 *      0 address (8)    8 format (4)    12 flags (4)    16 width (4)    20 height (4)    24 stride (4)
 *
 * The format is a code of four letters, as DRM has them; the stride is in bytes, 0: lines without
 * gaps. A width of 0, or what can't be shown, leaves the screen as it was.
 *
 * Reference: the driver's side, EDK2's OvmfPkg/QemuRamfbDxe, as an interface; drm_fourcc.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/sysbus.h"
#include "frame-buffer.h"
#include "hw/nvram/fw_cfg.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define TYPE_RAMFB "ramfb"
#define FILE_SIZE  28

#define CODE(a, b, c, d) ((uint32_t)(a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)

typedef struct RamFB {
    SysBusDevice parent_obj;

    Console *con;
    FrameBuffer fb;
    FrameLayout layout; /* in fb.memory, which is NULL: nothing is shown */
    uint8_t file[FILE_SIZE];
} RamFB;
DECLARE_INSTANCE_CHECKER(RamFB, RAMFB, TYPE_RAMFB)

static const struct {
    uint32_t code;
    unsigned depth;
} formats[] = {
    { CODE('X', 'R', '2', '4'), 32 }, { CODE('A', 'R', '2', '4'), 32 },
    { CODE('R', 'G', '2', '4'), 24 }, { CODE('R', 'G', '1', '6'), 16 },
    { CODE('X', 'R', '1', '5'), 15 },
};

static unsigned depth_of(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (formats[i].code == code) {
            return formats[i].depth;
        }
    }
    return 0;
}

/*
 * Looks at `memory` from now on. The reference that goes with it keeps it: it may be the memory of a
 * device that is unplugged.
 */
static void use_memory(RamFB *s, MemoryRegion *memory)
{
    MemoryRegion *before = s->fb.memory;

    frame_buffer_init(&s->fb, s->con, memory);
    if (before) {
        memory_region_unref(before);
    }
}

/* What the file says now; if that can't be shown, all stays as it was. */
static bool take_file(RamFB *s)
{
    MemoryRegionSection at = memory_region_find(get_system_memory(), ldq_be_p(s->file), 1);
    FrameLayout l = {
        .depth = depth_of(ldl_be_p(s->file + 8)),
        .width = ldl_be_p(s->file + 16),
        .height = ldl_be_p(s->file + 20),
        .stride = ldl_be_p(s->file + 24),
        .offset = at.offset_within_region,
    };
    bool good;

    if (!l.stride) {
        l.stride = (uint64_t)l.width * DIV_ROUND_UP(l.depth, 8);
    }
    good = at.mr && memory_region_is_ram(at.mr) &&
           frame_layout_is_valid(&l, memory_region_size(at.mr));
    if (good) {
        s->layout = l;
    }
    if (good && at.mr != s->fb.memory) {
        use_memory(s, at.mr);
    } else if (at.mr) {
        memory_region_unref(at.mr);
    }
    return good;
}

static void file_written(void *opaque, off_t start, size_t size)
{
    RamFB *s = opaque;

    if (!take_file(s)) {
        qemu_log_mask(LOG_GUEST_ERROR, "ramfb: %u x %u of format %08x at 0x%" PRIx64
                      " can't be shown\n", ldl_be_p(s->file + 16), ldl_be_p(s->file + 20),
                      ldl_be_p(s->file + 8), ldq_be_p(s->file));
    }
}

static void ramfb_refresh(void *opaque)
{
    RamFB *s = opaque;
    static const uint32_t no_colours[256];

    if (s->layout.width) {
        frame_buffer_refresh(&s->fb, &s->layout, no_colours);
    }
}

static void ramfb_reset(DeviceState *dev)
{
    RamFB *s = RAMFB(dev);

    memset(s->file, 0, sizeof(s->file));
    s->layout.width = 0;
    frame_buffer_forget(&s->fb);
    console_set_surface(s->con, surface_new(640, 480));
}

static bool there_is_one(void)
{
    for (unsigned i = 0; console_get(i); i++) {
        Object *device = console_device(console_get(i));

        if (device && object_dynamic_cast(device, TYPE_RAMFB)) {
            return true;
        }
    }
    return false;
}

static void ramfb_realize(DeviceState *dev, Error **errp)
{
    static const ConsoleOps ops = { .refresh = ramfb_refresh };
    RamFB *s = RAMFB(dev);
    FWCfgState *fw_cfg = fw_cfg_find();

    if (!fw_cfg || !fw_cfg_dma_enabled(fw_cfg)) {
        error_setg(errp, "ramfb: the guest says by fw_cfg with DMA where its pixels are, which this "
                         "machine hasn't got");
        return;
    }
    if (there_is_one()) {
        error_setg(errp, "ramfb: there is one already, and fw_cfg has one file for it");
        return;
    }
    s->con = console_new(OBJECT(dev), 0, &ops, s);
    fw_cfg_add_file_callback(fw_cfg, "etc/ramfb", NULL, file_written, s, s->file, sizeof(s->file),
                             false);
}

static int after_load(void *opaque, int version_id)
{
    take_file(opaque);
    return 0;
}

static const VMStateDescription vmstate_ramfb = {
    .name = TYPE_RAMFB,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(file, RamFB, FILE_SIZE),
        VMSTATE_END_OF_LIST()
    },
};

static void ramfb_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = ramfb_realize;
    dc->reset = ramfb_reset;
    dc->vmsd = &vmstate_ramfb;
    dc->desc = "frame buffer in RAM, chosen through fw_cfg";
    dc->user_creatable = true;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
}

static const TypeInfo ramfb_types[] = {
    {
        .name = TYPE_RAMFB,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(RamFB),
        .class_init = ramfb_class_init,
    },
};

DEFINE_TYPES(ramfb_types)
