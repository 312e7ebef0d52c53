/*
 * ipmi-bmc-sim: the system event log (SEL), the sensors and their descriptions (SDR), the
 * FRU's data.
 *
 * There is one sensor, the watchdog's, unless the user describes more.
 *
 * Reference: IPMI 2.0, chapters 29 (events), 31 (SEL), 33 (SDR), 34 (FRU), 35 (sensors), 43
 * (records).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "bmc-sim.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "system/rtc.h"

enum { VERSION = 0x51, FIRST = 0x0000, LAST = 0xffff, WHOLE = 0xff, NO_TIME = -1 };
enum { SEL_SUPPORTS = 0x0a /* deleting, reserving */,
       SDR_SUPPORTS = 0x22 /* reserving, anytime */ };
enum { SENSOR_WATCHDOG = 0x23, SENSOR_SPECIFIC = 0x6f, EVENT_REVISION = 4, SYSTEM_EVENT = 2 };
enum { EVENT_BUFFER_FULL = 0x02, EVENT_BUFFER_ENABLED = 0x04, LOGGING_ENABLED = 0x08 };
enum { FIRST_OEM_RECORD = 0xe0 }; /* records that have no time */

/* ---- The log ---- */

static uint32_t log_time(const BmcSim *s)
{
    struct tm tm;

    qemu_get_timedate(&tm, 0);
    return timegm(&tm) + s->clock_offset;
}

static uint8_t *sel_entry(BmcSim *s, unsigned index)
{
    return s->sel + index * SEL_ENTRY_SIZE;
}

/* -1: there is none of that number. */
static int find_entry(BmcSim *s, uint16_t id)
{
    if (!s->sel_count) {
        return -1;
    }
    if (id == FIRST) {
        return 0;
    }
    if (id == LAST) {
        return s->sel_count - 1;
    }
    for (unsigned i = 0; i < s->sel_count; i++) {
        if (lduw_le_p(sel_entry(s, i)) == id) {
            return i;
        }
    }
    return -1;
}

static uint16_t add_entry(BmcSim *s, const uint8_t *entry)
{
    uint8_t *place = sel_entry(s, s->sel_count);

    if (s->sel_count == SEL_MAX_ENTRIES) {
        s->sel_overflow = true;
        return 0;
    }
    memcpy(place, entry, SEL_ENTRY_SIZE);
    do {
        s->sel_next_id++;
    } while (s->sel_next_id == FIRST || s->sel_next_id == LAST ||
             find_entry(s, s->sel_next_id) >= 0);
    stw_le_p(place, s->sel_next_id);
    s->sel_added = log_time(s);
    if (place[2] < FIRST_OEM_RECORD) {
        stl_le_p(place + 3, s->sel_added);
    }
    s->sel_count++;
    return s->sel_next_id;
}

/* Software that fetches events by themselves finds it in the event message buffer, too. */
uint16_t bmc_log(BmcSim *s, const uint8_t *entry)
{
    uint16_t id = s->enables & LOGGING_ENABLED ? add_entry(s, entry) : LAST;

    if (s->enables & EVENT_BUFFER_ENABLED && !s->event_waits) {
        memcpy(s->event, entry, SEL_ENTRY_SIZE);
        stw_le_p(s->event, LAST);
        stl_le_p(s->event + 3, log_time(s));
        s->event_waits = true;
        s->flags |= EVENT_BUFFER_FULL;
    }
    return id;
}

void bmc_sensor_event(BmcSim *s, uint8_t type, uint8_t number, uint8_t offset)
{
    uint8_t entry[SEL_ENTRY_SIZE] = {
        [2] = SYSTEM_EVENT, [7] = s->slave_addr, [9] = EVENT_REVISION, [10] = type, [11] = number,
        [12] = SENSOR_SPECIFIC, [13] = offset, [14] = 0xff, [15] = 0xff,
    };

    if (s->sends_events) {
        bmc_log(s, entry);
    }
}

static uint8_t get_sel_info(BmcSim *s, BmcCall *call)
{
    bmc_put(call, 1, VERSION);
    bmc_put(call, 2, s->sel_count);
    bmc_put(call, 2, (SEL_MAX_ENTRIES - s->sel_count) * SEL_ENTRY_SIZE);
    bmc_put(call, 4, s->sel_added);
    bmc_put(call, 4, s->sel_erased);
    bmc_put(call, 1, SEL_SUPPORTS | (s->sel_overflow ? 0x80 : 0));
    return IPMI_OK;
}

static uint8_t reserve_sel(BmcSim *s, BmcCall *call)
{
    s->sel_reservation += s->sel_reservation == UINT16_MAX ? 2 : 1;
    bmc_put(call, 2, s->sel_reservation);
    return IPMI_OK;
}

/* Whether the call's first word is the last one that was handed out. */
static bool is_reserved(const BmcCall *call, uint16_t reservation)
{
    return reservation && lduw_le_p(call->data) == reservation;
}

/* Part of a record, behind the number of the next one. */
static uint8_t put_part(BmcCall *call, uint16_t next, const uint8_t *record, unsigned size)
{
    unsigned offset = call->data[4], count = call->data[5];

    if (offset >= size) {
        return IPMI_OUT_OF_RANGE;
    }
    if (count == WHOLE || count > size - offset) {
        count = size - offset;
    }
    bmc_put(call, 2, next);
    bmc_put_bytes(call, record + offset, count);
    return IPMI_OK;
}

static uint8_t get_sel_entry(BmcSim *s, BmcCall *call)
{
    int index = find_entry(s, lduw_le_p(call->data + 2));
    bool is_last = index == (int)s->sel_count - 1;

    if (call->data[4] && !is_reserved(call, s->sel_reservation)) {
        return IPMI_RESERVATION_GONE;
    }
    if (index < 0) {
        return IPMI_NOT_THERE;
    }
    return put_part(call, is_last ? LAST : lduw_le_p(sel_entry(s, index + 1)), sel_entry(s, index),
                    SEL_ENTRY_SIZE);
}

static uint8_t add_sel_entry(BmcSim *s, BmcCall *call)
{
    uint16_t id = add_entry(s, call->data);

    if (!id) {
        return IPMI_OUT_OF_SPACE;
    }
    bmc_put(call, 2, id);
    return IPMI_OK;
}

static uint8_t delete_sel_entry(BmcSim *s, BmcCall *call)
{
    int index = find_entry(s, lduw_le_p(call->data + 2));

    if (!is_reserved(call, s->sel_reservation)) {
        return IPMI_RESERVATION_GONE;
    }
    if (index < 0) {
        return IPMI_NOT_THERE;
    }
    bmc_put(call, 2, lduw_le_p(sel_entry(s, index)));
    s->sel_count--;
    memmove(sel_entry(s, index), sel_entry(s, index + 1), (s->sel_count - index) * SEL_ENTRY_SIZE);
    s->sel_erased = log_time(s);
    s->sel_overflow = false;
    s->sel_reservation = 0;
    return IPMI_OK;
}

/* It is done at once, so whoever asks how far it has come is told so. */
static uint8_t clear_sel(BmcSim *s, BmcCall *call)
{
    enum { GET_STATUS = 0x00, BEGIN = 0xaa, COMPLETED = 1 };

    if (!is_reserved(call, s->sel_reservation)) {
        return IPMI_RESERVATION_GONE;
    }
    if (memcmp(call->data + 2, "CLR", 3) ||
        (call->data[5] != BEGIN && call->data[5] != GET_STATUS)) {
        return IPMI_INVALID_FIELD;
    }
    if (call->data[5] == BEGIN) {
        s->sel_count = 0;
        s->sel_overflow = false;
        s->sel_erased = log_time(s);
    }
    bmc_put(call, 1, COMPLETED);
    return IPMI_OK;
}

static uint8_t get_sel_time(BmcSim *s, BmcCall *call)
{
    bmc_put(call, 4, log_time(s));
    return IPMI_OK;
}

static uint8_t set_sel_time(BmcSim *s, BmcCall *call)
{
    s->clock_offset += (int64_t)ldl_le_p(call->data) - log_time(s);
    return IPMI_OK;
}

/* From the system's software an event comes with its generator's number first. */
static uint8_t platform_event(BmcSim *s, BmcCall *call)
{
    uint8_t entry[SEL_ENTRY_SIZE] = { [2] = SYSTEM_EVENT, [14] = 0xff, [15] = 0xff };

    entry[7] = call->data[0];
    memcpy(entry + 9, call->data + 1, MIN(call->len - 1, 7));
    bmc_log(s, entry);
    return IPMI_OK;
}

/* ---- Sensors' descriptions ---- */

enum { SDR_HEADER = 5, SDR_LENGTH = 4 };

/* Section 43.2: a compact record. */
static const uint8_t watchdog_record[] = {
    0x00, 0x00, VERSION, 0x02, 35,       /* number, version, type, bytes that follow */
    0x20, 0x00, WATCHDOG_SENSOR,         /* owner, its LUN, sensor */
    0x23, 0x01,                          /* the operating system */
    0x63, 0x00,                          /* scanning and events are on; sends them itself */
    SENSOR_WATCHDOG, SENSOR_SPECIFIC,
    0x0f, 0x01, 0x0f, 0x01, 0x0f, 0x01,  /* offsets that it asserts, deasserts, shows: 0 to 3, 8 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0xc0 | 8, 'W', 'a', 't', 'c', 'h', 'd', 'o', 'g',
};
G_STATIC_ASSERT(sizeof(watchdog_record) == SDR_HEADER + 35);

static unsigned record_size(const uint8_t *record)
{
    return SDR_HEADER + record[SDR_LENGTH];
}

/* Appends a record and numbers it. false: no room, or it isn't whole. */
static bool add_record(BmcSim *s, const uint8_t *record, unsigned len, uint16_t *id)
{
    unsigned count = 0;

    if (len < SDR_HEADER || record_size(record) > len ||
        record_size(record) > SDR_MAX_SIZE - s->sdr_len) {
        return false;
    }
    for (unsigned at = 0; at < s->sdr_len; at += record_size(s->sdr + at)) {
        count++;
    }
    memcpy(s->sdr + s->sdr_len, record, record_size(record));
    stw_le_p(s->sdr + s->sdr_len, count);
    s->sdr_len += record_size(record);
    *id = count;
    return true;
}

static uint8_t get_sdr_info(BmcSim *s, BmcCall *call)
{
    unsigned count = 0;

    for (unsigned at = 0; at < s->sdr_len; at += record_size(s->sdr + at)) {
        count++;
    }
    bmc_put(call, 1, VERSION);
    bmc_put(call, 2, count);
    bmc_put(call, 2, SDR_MAX_SIZE - s->sdr_len);
    bmc_put(call, 4, NO_TIME);
    bmc_put(call, 4, NO_TIME);
    bmc_put(call, 1, SDR_SUPPORTS);
    return IPMI_OK;
}

static uint8_t reserve_sdr(BmcSim *s, BmcCall *call)
{
    s->sdr_reservation += s->sdr_reservation == UINT16_MAX ? 2 : 1;
    bmc_put(call, 2, s->sdr_reservation);
    return IPMI_OK;
}

/* They are numbered in their order; the last one has two numbers. */
static uint8_t get_sdr(BmcSim *s, BmcCall *call)
{
    uint16_t id = lduw_le_p(call->data + 2), n = 0;

    if (call->data[4] && !is_reserved(call, s->sdr_reservation)) {
        return IPMI_RESERVATION_GONE;
    }
    for (unsigned at = 0, next; at < s->sdr_len; at = next, n++) {
        next = at + record_size(s->sdr + at);
        if (n == id || (id == LAST && next == s->sdr_len)) {
            return put_part(call, next == s->sdr_len ? LAST : n + 1, s->sdr + at,
                            record_size(s->sdr + at));
        }
    }
    return IPMI_NOT_THERE;
}

static uint8_t add_sdr(BmcSim *s, BmcCall *call)
{
    uint16_t id;

    if (call->len != record_size(call->data)) {
        return IPMI_WRONG_LENGTH;
    }
    if (!add_record(s, call->data, call->len, &id)) {
        return IPMI_OUT_OF_SPACE;
    }
    bmc_put(call, 2, id);
    return IPMI_OK;
}

/* ---- Sensors ---- */

enum { SCANS = 0x40, SENDS_EVENTS = 0x80, WATCHDOG_OFFSETS = 0x010f };

static uint8_t sensor_status(const BmcSim *s)
{
    return (s->scans ? SCANS : 0) | (s->sends_events ? SENDS_EVENTS : 0);
}

static uint8_t get_reading(BmcSim *s, BmcCall *call)
{
    if (call->data[0] != WATCHDOG_SENSOR) {
        return IPMI_NOT_THERE;
    }
    bmc_put(call, 1, 0);
    bmc_put(call, 1, sensor_status(s));
    bmc_put(call, 2, s->watchdog_states);
    return IPMI_OK;
}

static uint8_t get_event_enable(BmcSim *s, BmcCall *call)
{
    if (call->data[0] != WATCHDOG_SENSOR) {
        return IPMI_NOT_THERE;
    }
    bmc_put(call, 1, sensor_status(s));
    bmc_put(call, 2, WATCHDOG_OFFSETS);
    bmc_put(call, 2, 0);
    return IPMI_OK;
}

/* As a whole; which offsets send events can't be chosen. */
static uint8_t set_event_enable(BmcSim *s, BmcCall *call)
{
    enum { CHANGES_OFFSETS = 0x30 };

    if (call->data[0] != WATCHDOG_SENSOR) {
        return IPMI_NOT_THERE;
    }
    if (call->data[1] & CHANGES_OFFSETS) {
        return IPMI_INVALID_FIELD;
    }
    s->scans = call->data[1] & SCANS;
    s->sends_events = call->data[1] & SENDS_EVENTS;
    return IPMI_OK;
}

static uint8_t rearm(BmcSim *s, BmcCall *call)
{
    if (call->data[0] != WATCHDOG_SENSOR) {
        return IPMI_NOT_THERE;
    }
    s->watchdog_states = 0;
    return IPMI_OK;
}

static uint8_t get_event_status(BmcSim *s, BmcCall *call)
{
    if (call->data[0] != WATCHDOG_SENSOR) {
        return IPMI_NOT_THERE;
    }
    bmc_put(call, 1, sensor_status(s));
    bmc_put(call, 2, s->watchdog_states);
    bmc_put(call, 2, 0);
    return IPMI_OK;
}

static uint8_t get_sensor_type(BmcSim *s, BmcCall *call)
{
    if (call->data[0] != WATCHDOG_SENSOR) {
        return IPMI_NOT_THERE;
    }
    bmc_put(call, 1, SENSOR_WATCHDOG);
    bmc_put(call, 1, SENSOR_SPECIFIC);
    return IPMI_OK;
}

/* ---- The FRU's data: bytes that are the user's or software's ---- */

enum { FRU_DEVICE = 0 };

static uint8_t get_fru_info(BmcSim *s, BmcCall *call)
{
    if (call->data[0] != FRU_DEVICE) {
        return IPMI_NOT_THERE;
    }
    bmc_put(call, 2, s->fru_size);
    bmc_put(call, 1, 0); /* by bytes */
    return IPMI_OK;
}

static uint8_t read_fru(BmcSim *s, BmcCall *call)
{
    unsigned offset = lduw_le_p(call->data + 1), count = call->data[3];

    if (call->data[0] != FRU_DEVICE) {
        return IPMI_NOT_THERE;
    }
    if (offset >= s->fru_size) {
        return IPMI_OUT_OF_RANGE;
    }
    count = MIN(count, s->fru_size - offset);
    bmc_put(call, 1, count);
    bmc_put_bytes(call, s->fru + offset, count);
    return IPMI_OK;
}

static uint8_t write_fru(BmcSim *s, BmcCall *call)
{
    unsigned offset = lduw_le_p(call->data + 1), count = call->len - 3;

    if (call->data[0] != FRU_DEVICE) {
        return IPMI_NOT_THERE;
    }
    if (offset + count > s->fru_size) {
        return IPMI_OUT_OF_RANGE;
    }
    memcpy(s->fru + offset, call->data + 3, count);
    bmc_put(call, 1, count);
    return IPMI_OK;
}

const BmcCommand bmc_record_commands[] = {
    { NETFN_SENSOR, 0x02, 5, platform_event },
    { NETFN_SENSOR, 0x28, 2, set_event_enable },
    { NETFN_SENSOR, 0x29, 1, get_event_enable },
    { NETFN_SENSOR, 0x2a, 1, rearm },
    { NETFN_SENSOR, 0x2b, 1, get_event_status },
    { NETFN_SENSOR, 0x2d, 1, get_reading },
    { NETFN_SENSOR, 0x2f, 1, get_sensor_type },
    { NETFN_STORAGE, 0x10, 1, get_fru_info },
    { NETFN_STORAGE, 0x11, 4, read_fru },
    { NETFN_STORAGE, 0x12, 3, write_fru },
    { NETFN_STORAGE, 0x20, 0, get_sdr_info },
    { NETFN_STORAGE, 0x22, 0, reserve_sdr },
    { NETFN_STORAGE, 0x23, 6, get_sdr },
    { NETFN_STORAGE, 0x24, SDR_HEADER, add_sdr },
    { NETFN_STORAGE, 0x40, 0, get_sel_info },
    { NETFN_STORAGE, 0x42, 0, reserve_sel },
    { NETFN_STORAGE, 0x43, 6, get_sel_entry },
    { NETFN_STORAGE, 0x44, SEL_ENTRY_SIZE, add_sel_entry },
    { NETFN_STORAGE, 0x46, 4, delete_sel_entry },
    { NETFN_STORAGE, 0x47, 6, clear_sel },
    { NETFN_STORAGE, 0x48, 0, get_sel_time },
    { NETFN_STORAGE, 0x49, 4, set_sel_time },
};
const unsigned bmc_record_command_count = ARRAY_SIZE(bmc_record_commands);

/* ---- Making them ---- */

/* "" or NULL: no file. *size is at most `most`. */
static bool load_file(const char *key, const char *name, uint8_t *to, unsigned most, gsize *size,
                      Error **errp)
{
    g_autoptr(GError) gerr = NULL;
    g_autofree char *contents = NULL;

    *size = 0;
    if (!name || !*name) {
        return true;
    }
    if (!g_file_get_contents(name, &contents, size, &gerr)) {
        error_setg(errp, TYPE_IPMI_BMC_SIM ": '%s': %s", key, gerr->message);
        return false;
    }
    if (*size > most) {
        error_setg(errp, TYPE_IPMI_BMC_SIM ": '%s': '%s' has %zu bytes, expected at most %u", key,
                   name, (size_t)*size, most);
        return false;
    }
    memcpy(to, contents, *size);
    return true;
}

static bool load_sdr(BmcSim *s, Error **errp)
{
    g_autofree uint8_t *bytes = g_malloc(SDR_MAX_SIZE);
    uint16_t id;
    gsize size;

    if (!load_file("sdrfile", s->sdr_file, bytes, SDR_MAX_SIZE, &size, errp)) {
        return false;
    }
    if (!size) {
        return add_record(s, watchdog_record, sizeof(watchdog_record), &id);
    }
    for (gsize at = 0; at < size; at += record_size(bytes + at)) {
        if (!add_record(s, bytes + at, size - at, &id)) {
            error_setg(errp, TYPE_IPMI_BMC_SIM ": 'sdrfile': what is at byte %zu of '%s' is no "
                       "whole record", (size_t)at, s->sdr_file);
            return false;
        }
    }
    return true;
}

bool bmc_records_init(BmcSim *s, Error **errp)
{
    gsize size;

    s->sel_added = s->sel_erased = NO_TIME;
    return load_sdr(s, errp) &&
           load_file("frudatafile", s->fru_file, s->fru, s->fru_size, &size, errp);
}

static int check_loaded(void *opaque, int version_id)
{
    BmcSim *s = opaque;
    unsigned at = 0;

    while (at + SDR_HEADER <= s->sdr_len && s->sdr_len <= SDR_MAX_SIZE) {
        at += record_size(s->sdr + at);
    }
    return at == s->sdr_len && s->sel_count <= SEL_MAX_ENTRIES ? 0 : -EINVAL;
}

const VMStateDescription vmstate_bmc_records = {
    .name = "ipmi-bmc-records",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = check_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(sel, BmcSim, SEL_MAX_ENTRIES * SEL_ENTRY_SIZE),
        VMSTATE_UINT32(sel_count, BmcSim),
        VMSTATE_UINT16(sel_next_id, BmcSim),
        VMSTATE_UINT16(sel_reservation, BmcSim),
        VMSTATE_UINT16(sdr_reservation, BmcSim),
        VMSTATE_UINT32(sel_added, BmcSim),
        VMSTATE_UINT32(sel_erased, BmcSim),
        VMSTATE_BOOL(sel_overflow, BmcSim),
        VMSTATE_INT64(clock_offset, BmcSim),
        VMSTATE_UINT32(sdr_len, BmcSim),
        VMSTATE_UINT8_ARRAY(sdr, BmcSim, SDR_MAX_SIZE),
        VMSTATE_UINT8_ARRAY(fru, BmcSim, FRU_MAX_SIZE),
        VMSTATE_END_OF_LIST()
    },
};
