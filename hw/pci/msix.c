/*
 * MSI-X.
 *
 * A message that is due while its vector (or the function) is masked is remembered in the pending
 * bits and sent when the mask goes away.
 *
 * Reference: PCI Local Bus Specification, revision 3.0, section 6.8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"

#define MAX_ENTRIES (PCI_MSIX_FLAGS_QSIZE + 1)

struct MSIXState {
    PCIDevice *dev;
    uint8_t *table; /* as software sees it: little-endian */
    uint32_t table_size;
    uint8_t *pending; /* bit n % 8 of byte n / 8: vector n */
    uint32_t pending_size;
    unsigned entries;
    MemoryRegion table_mmio;
    MemoryRegion pending_mmio;
    MemoryRegion *table_bar;
    MemoryRegion *pending_bar;
};

static uint16_t flags_of(const PCIDevice *dev)
{
    return dev->msix_cap ? pci_get_word(dev->config + dev->msix_cap + PCI_MSIX_FLAGS) : 0;
}

bool msix_present(const PCIDevice *dev)
{
    return dev->msix_cap;
}

bool msix_enabled(const PCIDevice *dev)
{
    return flags_of(dev) & PCI_MSIX_FLAGS_ENABLE;
}

unsigned msix_nr_vectors_allocated(const PCIDevice *dev)
{
    return dev->msix ? dev->msix->entries : 0;
}

/* --- messages --- */

static uint8_t *entry_of(MSIXState *s, unsigned vector)
{
    return s->table + vector * PCI_MSIX_ENTRY_SIZE;
}

static bool is_masked(MSIXState *s, unsigned vector)
{
    return (flags_of(s->dev) & PCI_MSIX_FLAGS_MASKALL) ||
           (pci_get_long(entry_of(s, vector) + PCI_MSIX_ENTRY_VECTOR_CTRL) &
            PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static void send_vector(MSIXState *s, unsigned vector)
{
    const uint8_t *entry = entry_of(s, vector);

    pci_send_message(s->dev, pci_get_quad(entry + PCI_MSIX_ENTRY_ADDRESS),
                     pci_get_long(entry + PCI_MSIX_ENTRY_DATA));
}

static void send_if_due(MSIXState *s, unsigned vector)
{
    uint8_t bit = 1 << vector % 8;

    if ((s->pending[vector / 8] & bit) && msix_enabled(s->dev) && !is_masked(s, vector)) {
        s->pending[vector / 8] &= ~bit;
        send_vector(s, vector);
    }
}

void msix_notify(PCIDevice *dev, unsigned vector)
{
    MSIXState *s = dev->msix;

    if (!s || vector >= s->entries || !msix_enabled(dev)) {
        return;
    }
    s->pending[vector / 8] |= 1 << vector % 8;
    send_if_due(s, vector);
}

void msix_clear_pending(PCIDevice *dev, unsigned vector)
{
    if (dev->msix && vector < dev->msix->entries) {
        dev->msix->pending[vector / 8] &= ~(1 << vector % 8);
    }
}

void msix_config_written(PCIDevice *dev)
{
    pci_update_irq_lines(dev);
    for (unsigned i = 0; i < msix_nr_vectors_allocated(dev); i++) {
        send_if_due(dev->msix, i);
    }
}

/* --- table and pending bits in the BAR --- */

static uint64_t table_read(void *opaque, hwaddr addr, unsigned size)
{
    MSIXState *s = opaque;

    return ldn_le_p(s->table + addr, size);
}

static void table_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    MSIXState *s = opaque;

    stn_le_p(s->table + addr, size, value);
    send_if_due(s, addr / PCI_MSIX_ENTRY_SIZE);
}

static uint64_t pending_read(void *opaque, hwaddr addr, unsigned size)
{
    MSIXState *s = opaque;

    return ldn_le_p(s->pending + addr, size);
}

static void pending_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    /* Read-only (6.8.2.10): what software writes has no effect. */
}

static const MemoryRegionOps table_ops = {
    .read = table_read,
    .write = table_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

static const MemoryRegionOps pending_ops = {
    .read = pending_read,
    .write = pending_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* --- making and unmaking --- */

static void mask_all(MSIXState *s)
{
    memset(s->table, 0, s->table_size);
    memset(s->pending, 0, s->pending_size);
    for (unsigned i = 0; i < s->entries; i++) {
        pci_set_long(entry_of(s, i) + PCI_MSIX_ENTRY_VECTOR_CTRL, PCI_MSIX_ENTRY_CTRL_MASKBIT);
    }
}

int msix_init(PCIDevice *dev, unsigned nentries, MemoryRegion *table_bar, uint8_t table_bar_nr,
              unsigned table_offset, MemoryRegion *pba_bar, uint8_t pba_bar_nr,
              unsigned pba_offset, uint8_t cap_pos, Error **errp)
{
    MSIXState *s;
    int place;

    if (nentries < 1 || nentries > MAX_ENTRIES) {
        error_setg(errp, "%s: %u MSI-X vectors: 1 to %u are possible", dev->name, nentries,
                   MAX_ENTRIES);
        return -EINVAL;
    }
    place = pci_add_capability(dev, PCI_CAP_ID_MSIX, cap_pos, PCI_CAP_MSIX_SIZEOF, errp);
    if (place < 0) {
        return place;
    }
    dev->msix_cap = place;
    pci_set_word(dev->config + place + PCI_MSIX_FLAGS, nentries - 1);
    pci_set_word(dev->wmask + place + PCI_MSIX_FLAGS,
                 PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    pci_set_long(dev->config + place + PCI_MSIX_TABLE, table_offset | table_bar_nr);
    pci_set_long(dev->config + place + PCI_MSIX_PBA, pba_offset | pba_bar_nr);

    s = dev->msix = g_new0(MSIXState, 1);
    s->dev = dev;
    s->entries = nentries;
    s->table_size = nentries * PCI_MSIX_ENTRY_SIZE;
    s->table = g_malloc0(s->table_size);
    s->pending_size = DIV_ROUND_UP(nentries, 64) * 8;
    s->pending = g_malloc0(s->pending_size);
    s->table_bar = table_bar;
    s->pending_bar = pba_bar;
    memory_region_init_io(&s->table_mmio, OBJECT(dev), &table_ops, s, "MSI-X table", s->table_size);
    memory_region_init_io(&s->pending_mmio, OBJECT(dev), &pending_ops, s, "MSI-X pending bits",
                          s->pending_size);
    memory_region_add_subregion(table_bar, table_offset, &s->table_mmio);
    memory_region_add_subregion(pba_bar, pba_offset, &s->pending_mmio);
    mask_all(s);
    return 0;
}

int msix_init_exclusive_bar(PCIDevice *dev, unsigned nentries, uint8_t bar_nr, Error **errp)
{
    g_autofree char *name = g_strdup_printf("%s MSI-X", dev->name);
    /* Table and pending bits share pages that nothing else is in, as the specification wants. */
    unsigned pba_offset = nentries * PCI_MSIX_ENTRY_SIZE;
    uint64_t size = pow2ceil(pba_offset + DIV_ROUND_UP(nentries, 64) * 8);
    int err;

    memory_region_init(&dev->msix_bar, OBJECT(dev), name, MAX(size, 0x1000));
    err = msix_init(dev, nentries, &dev->msix_bar, bar_nr, 0, &dev->msix_bar, bar_nr, pba_offset,
                    0, errp);
    if (err == 0) {
        pci_register_bar(dev, bar_nr, PCI_BASE_ADDRESS_SPACE_MEMORY, &dev->msix_bar);
    }
    return err;
}

void msix_uninit(PCIDevice *dev)
{
    MSIXState *s = dev->msix;

    if (s && dev->msix_cap) {
        memory_region_del_subregion(s->table_bar, &s->table_mmio);
        memory_region_del_subregion(s->pending_bar, &s->pending_mmio);
        pci_del_capability(dev, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
        dev->msix_cap = 0;
    }
}

/* Not before the device dies: views of memory that are still in use lead to the tables. */
void msix_finalize(PCIDevice *dev)
{
    if (dev->msix) {
        g_free(dev->msix->table);
        g_free(dev->msix->pending);
        g_free(dev->msix);
        dev->msix = NULL;
    }
}

void msix_reset(PCIDevice *dev)
{
    if (dev->msix_cap) {
        pci_set_word(dev->config + dev->msix_cap + PCI_MSIX_FLAGS, dev->msix->entries - 1);
        mask_all(dev->msix);
    }
}

static const VMStateDescription vmstate_msix_tables = {
    .name = "msix/tables",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VBUFFER_UINT32(table, MSIXState, 0, NULL, table_size),
            VMSTATE_VBUFFER_UINT32(pending, MSIXState, 0, NULL, pending_size),
            VMSTATE_END_OF_LIST(),
        },
};

static bool has_msix(void *opaque)
{
    return msix_present(opaque);
}

const VMStateDescription vmstate_msix = {
    .name = "PCIDevice/msix",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_msix,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT_POINTER(msix, PCIDevice, vmstate_msix_tables, MSIXState),
            VMSTATE_END_OF_LIST(),
        },
};
