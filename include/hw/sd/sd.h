/*
 * SD: the bus between a host controller and its card.
 *
 * A controller has a bus (sd_bus_init()), sends commands with sd_bus_command() and moves what a
 * data command asks for with sd_bus_read() and sd_bus_write(), block by block. The card is a device
 * on that bus that fills in SDCardClass.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SD_SD_H
#define HW_SD_SD_H

#include "hw/qdev-core.h"

#define TYPE_SD_BUS "sd-bus"
OBJECT_DECLARE_SIMPLE_TYPE(SDBus, SD_BUS)

#define TYPE_SD_DEVICE "sd-device"
OBJECT_DECLARE_TYPE(SDDevice, SDDeviceClass, SD_DEVICE)

#define SD_RESPONSE_SHORT 4  /* bytes: what stands between index and CRC */
#define SD_RESPONSE_LONG  16 /* CID or CSD, with CRC */

struct SDDevice {
    DeviceState parent_obj;
};

struct SDDeviceClass {
    DeviceClass parent_class;

    /*
     * A command with its argument. The response's length in bytes (most significant byte first), 0:
     * the card says nothing.
     */
    size_t (*command)(SDDevice *card, unsigned index, uint32_t argument, uint8_t response[SD_RESPONSE_LONG]);
    /* The next `size` bytes of a data transfer; false: the card has none, or takes none. */
    bool (*read)(SDDevice *card, uint8_t *data, size_t size);
    bool (*write)(SDDevice *card, const uint8_t *data, size_t size);
    /* There is something in the slot: for cards that are a slot with a medium. */
    bool (*is_inserted)(SDDevice *card);
    /* Its switch lets software write. */
    bool (*is_writable)(SDDevice *card);
};

/* What a controller wants to be told. */
typedef void SDCardChanged(void *opaque, bool inserted);

struct SDBus {
    BusState parent_obj;

    SDCardChanged *changed;
    void *opaque;
};

/* Within the controller's state; `changed` (may be NULL) when a card comes or goes. */
void sd_bus_init(SDBus *bus, DeviceState *controller, SDCardChanged *changed, void *opaque);

/* Of a bus without a card: no response, no data, not inserted. */
size_t sd_bus_command(SDBus *bus, unsigned index, uint32_t argument, uint8_t response[SD_RESPONSE_LONG]);
bool sd_bus_read(SDBus *bus, uint8_t *data, size_t size);
bool sd_bus_write(SDBus *bus, const uint8_t *data, size_t size);
bool sd_bus_is_inserted(SDBus *bus);
bool sd_bus_is_writable(SDBus *bus);

/* From a card: it has come or gone. */
void sd_bus_card_changed(SDBus *bus);

/*
 * Plugs a card with the next -drive if=sd into the bus, if there is one and the bus has none.
 * False: it can't be.
 */
bool sd_bus_take_drive(SDBus *bus, Error **errp);

#endif
