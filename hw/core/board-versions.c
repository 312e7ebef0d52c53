/*
 * Boards of older versions: what a guest installed on one of them would find changed, of devices
 * that all boards may have.
 *
 * Rows are what `info qtree` and `info hotpluggable-cpus` of the installed QEMU show to differ from
 * one version to the next, for devices that there are here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/board-versions.h"

/* The values hold for `last` and all versions before it. */
static const struct {
    unsigned last;
    GlobalProperty property;
} changes[] = {
    { BOARD_VERSION(4, 0), { "VGA", "edid", "off" } },
    { BOARD_VERSION(4, 0), { "bochs-display", "edid", "off" } },
    { BOARD_VERSION(4, 0), { "virtio-gpu-device", "edid", "off" } },
    { BOARD_VERSION(4, 2), { "virtio-blk-device", "queue-size", "128" } },
    { BOARD_VERSION(4, 2), { "virtio-scsi-device", "virtqueue_size", "128" } },
    { BOARD_VERSION(5, 1), { "virtio-blk-device", "num-queues", "1" } },
    { BOARD_VERSION(5, 1), { "virtio-scsi-device", "num_queues", "1" } },
    { BOARD_VERSION(5, 2), { "virtio-net-pci", "vectors", "3" } },
    { BOARD_VERSION(7, 1), { "virtio-rng-pci", "vectors", "0" } },
    { BOARD_VERSION(7, 1), { "virtio-device", "queue_reset", "off" } },
};

void board_version_class_init(MachineClass *mc, unsigned version)
{
    mc->prefers_sockets = version <= BOARD_VERSION(6, 1);
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        if (version <= changes[i].last) {
            g_ptr_array_add(mc->compat_props,
                            g_memdup2(&changes[i].property, sizeof(GlobalProperty)));
        }
    }
}
