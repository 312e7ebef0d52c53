/*
 * ipmi-bmc-sim: what its files share. bmc-sim.c has the controller's own commands, the chassis and
 * the watchdog; bmc-records.c the event log, sensors' descriptions and the FRU's data.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IPMI_BMC_SIM_H
#define HW_IPMI_BMC_SIM_H

#include "hw/ipmi/ipmi.h"
#include "migration/vmstate.h"
#include "qemu/timer.h"

#define TYPE_IPMI_BMC_SIM "ipmi-bmc-sim"
OBJECT_DECLARE_SIMPLE_TYPE(BmcSim, IPMI_BMC_SIM)

/* Completion codes (IPMI table 5-2). */
enum { IPMI_OK = 0x00, IPMI_NO_DATA = 0x80, IPMI_INVALID_COMMAND = 0xc1, IPMI_OUT_OF_SPACE = 0xc4,
       IPMI_RESERVATION_GONE = 0xc5, IPMI_WRONG_LENGTH = 0xc7, IPMI_OUT_OF_RANGE = 0xc9,
       IPMI_NOT_THERE = 0xcb, IPMI_INVALID_FIELD = 0xcc };

/* A command: its data, and where the response's go; the result is the completion code. */
typedef struct BmcCall {
    const uint8_t *data;
    unsigned len;
    IpmiMessage *response;
} BmcCall;

typedef struct BmcCommand {
    uint8_t function, command; /* the network function is that of requests */
    uint8_t min_len;           /* of data */
    uint8_t (*fn)(BmcSim *s, BmcCall *call);
} BmcCommand;

enum { NETFN_CHASSIS = 0x00, NETFN_SENSOR = 0x04, NETFN_APP = 0x06, NETFN_STORAGE = 0x0a };

enum { SEL_ENTRY_SIZE = 16, SEL_MAX_ENTRIES = 128, SDR_MAX_SIZE = 16384, FRU_MAX_SIZE = 65535,
       WATCHDOG_SENSOR = 0 };

typedef struct BmcWatchdog {
    QEMUTimer *timer; /* of the next of the two: pre-timeout, end */
    uint8_t use, action, pretimeout, expired;
    uint16_t initial;
    bool set, running, pretimeout_over;
    int64_t end; /* ns of the virtual clock */
} BmcWatchdog;

struct BmcSim {
    IpmiBmc parent_obj;

    /* properties */
    uint8_t device_id, device_rev, fwrev1, fwrev2, ipmi_version, slave_addr;
    uint32_t mfg_id;
    uint16_t product_id, fru_size;
    char *guid, *fru_file, *sdr_file;

    uint8_t guid_bytes[16];
    uint8_t enables, flags, system_power, device_power;
    bool event_waits;
    uint8_t event[SEL_ENTRY_SIZE];
    BmcWatchdog watchdog;
    uint16_t watchdog_states; /* the sensor's: offsets that are asserted */
    bool scans, sends_events;

    uint8_t sel[SEL_MAX_ENTRIES * SEL_ENTRY_SIZE];
    uint32_t sel_count;
    uint16_t sel_next_id, sel_reservation, sdr_reservation;
    uint32_t sel_added, sel_erased;
    bool sel_overflow;
    int64_t clock_offset; /* seconds that the log's clock is ahead of the machine's */

    uint8_t sdr[SDR_MAX_SIZE], fru[FRU_MAX_SIZE];
    uint32_t sdr_len;
};

extern const BmcCommand bmc_record_commands[];
extern const unsigned bmc_record_command_count;

/* Appends to the response. */
void bmc_put(BmcCall *call, unsigned bytes, uint32_t value);
void bmc_put_bytes(BmcCall *call, const void *bytes, unsigned len);

/* Makes the records that there are from the start; *errp: a file is missing or wrong. */
bool bmc_records_init(BmcSim *s, Error **errp);
/* Logs an event of 16 bytes, filling in its number and time; that number, 0: the log is full. */
uint16_t bmc_log(BmcSim *s, const uint8_t *entry);
/* An event of a sensor of the BMC's own, if it sends some. */
void bmc_sensor_event(BmcSim *s, uint8_t type, uint8_t number, uint8_t offset);

extern const VMStateDescription vmstate_bmc_records;

#endif
