/*
 * "virtio-vga": a virtio GPU that is a VGA until its driver shows something, and again after a reset.
 *
 * BAR 0 is the VGA's memory, BAR 2 has virtio's registers, with the VGA's in what its first page has
 * to spare, BAR 4 is MSI-X's.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.7; QEMU's
 * description of its standard VGA, docs/specs/standard-vga, and where its guests find these BARs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "vga-pci.h"
#include "virtio-gpu.h"

#define TYPE_VIRTIO_VGA "virtio-vga"

typedef struct VirtioVGA {
    VirtioPCI parent_obj;

    uint32_t memory_mb; /* property */
    VGAState vga;
    MemoryRegion bar;
    VGAPCIBar bar_parts;
} VirtioVGA;
DECLARE_INSTANCE_CHECKER(VirtioVGA, VIRTIO_VGA, TYPE_VIRTIO_VGA)

/* The class above is one for all virtio devices on PCI. */
static void (*parent_realize)(PCIDevice *dev, Error **errp);
static void (*parent_exit)(PCIDevice *dev);
static PCIConfigWriteFunc *parent_config_write;
static DeviceReset parent_reset;

static void driver_shows(void *opaque, bool shows)
{
    vga_hide(opaque, shows);
}

static void virtio_vga_realize(PCIDevice *dev, Error **errp)
{
    VirtioVGA *s = VIRTIO_VGA(dev);
    Object *obj = OBJECT(dev);
    ERRP_GUARD();

    if (!is_power_of_2(s->memory_mb) || s->memory_mb > 512) {
        error_setg(errp, "vgamem_mb: expected a power of two from 1 to 512");
        return;
    }
    if (s->parent_obj.disable_modern) {
        error_setg(errp, "virtio-vga has no legacy interface: disable-modern=on is not possible");
        return;
    }
    memory_region_init_ram(&s->vga.memory, obj, "vga.vram", s->memory_mb * MiB, errp);
    if (*errp) {
        return;
    }
    parent_realize(dev, errp);
    if (*errp) {
        return;
    }
    s->vga.native_order = true;
    vga_init(&s->vga, obj);
    memory_region_init(&s->bar, obj, "vga.mmio", 4 * KiB);
    vga_pci_init_bar(&s->vga, obj, &s->bar, &s->bar_parts);
    memory_region_add_subregion_overlap(&s->parent_obj.modern, 0, &s->bar, 1);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, &s->vga.memory);
    vga_pci_take_legacy(&s->vga, dev);
    virtio_gpu_share_screen(s->parent_obj.dev, s->vga.con, driver_shows, &s->vga);
}

static void virtio_vga_exit(PCIDevice *dev)
{
    VirtioVGA *s = VIRTIO_VGA(dev);

    virtio_gpu_share_screen(s->parent_obj.dev, NULL, driver_shows, &s->vga);
    vga_pci_drop_legacy(&s->vga, dev);
    vga_exit(&s->vga);
    parent_exit(dev);
}

static void virtio_vga_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    parent_config_write(dev, address, value, len);
    vga_pci_update_legacy(&VIRTIO_VGA(dev)->vga, dev);
}

static void virtio_vga_reset(DeviceState *dev)
{
    VirtioVGA *s = VIRTIO_VGA(dev);

    parent_reset(dev);
    vga_reset(&s->vga);
    vga_pci_update_legacy(&s->vga, PCI_DEVICE(dev));
}

static int after_load(void *opaque, int version_id)
{
    VirtioVGA *s = opaque;

    vga_pci_update_legacy(&s->vga, &s->parent_obj.parent_obj);
    return 0;
}

static const VMStateDescription vmstate_virtio_vga = {
    .name = "virtio-vga",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(parent_obj, VirtioVGA, 0, vmstate_virtio_pci, VirtioPCI),
        VMSTATE_VGA(vga, VirtioVGA),
        VMSTATE_END_OF_LIST()
    },
};

static Property virtio_vga_properties[] = {
    DEFINE_PROP_UINT32("vgamem_mb", VirtioVGA, memory_mb, 8),
    DEFINE_PROP_END_OF_LIST(),
};

static void virtio_vga_class_init(ObjectClass *oc)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    parent_realize = pc->realize;
    parent_exit = pc->exit;
    parent_config_write = pc->config_write;
    pc->realize = virtio_vga_realize;
    pc->exit = virtio_vga_exit;
    pc->config_write = virtio_vga_config_write;
    dc->desc = "virtio GPU that is a VGA until its driver shows something";
    dc->hotpluggable = false;
    dc->vmsd = &vmstate_virtio_vga;
    device_class_set_parent_reset(dc, virtio_vga_reset, &parent_reset);
    device_class_set_props(dc, virtio_vga_properties);
}

static const VirtioPCIKind virtio_vga = {
    .name = TYPE_VIRTIO_VGA,
    .backend = TYPE_VIRTIO_GPU,
    .class_id = PCI_CLASS_DISPLAY_VGA,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_DISPLAY,
    .modern_bar = 2,
    .msix_bar = 4,
    .instance_size = sizeof(VirtioVGA),
    .class_init = virtio_vga_class_init,
};

static void register_virtio_vga(void)
{
    virtio_pci_register(&virtio_vga);
}

type_init(register_virtio_vga)
