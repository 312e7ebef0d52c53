/*
 * ipmi-bmc-sim: a baseboard management controller, without hardware of its own: what it manages is
 * the machine.
 *
 * Not there: other channels (IPMB, LAN), users and sessions, thresholds, event filters. What it
 * doesn't know it answers with "invalid command", as the specification wants it.
 *
 * Reference: IPMI 2.0: chapters 20 (the controller), 22 (messages), 27 (watchdog), 28 (chassis).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "bmc-sim.h"
#include "hw/nmi.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"

/* Message flags and the enables of their interrupts (tables 22-4, 22-3). */
enum { FLAG_MESSAGE = 0x01, FLAG_EVENT_BUFFER = 0x02, FLAG_PRETIMEOUT = 0x08 };
enum { ENABLE_MESSAGE_INTERRUPT = 0x01, ENABLE_EVENT_INTERRUPT = 0x02, ENABLES = 0x0f,
       ENABLE_LOGGING = 0x08 };

/* ---- Responses ---- */

void bmc_put_bytes(BmcCall *call, const void *bytes, unsigned len)
{
    IpmiMessage *m = call->response;

    len = MIN(len, IPMI_MAX_MESSAGE - m->len);
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

void bmc_put(BmcCall *call, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = value >> 8 * i;

        bmc_put_bytes(call, &byte, 1);
    }
}

static void tell_interface(BmcSim *s)
{
    if (s->parent_obj.attention_changed) {
        s->parent_obj.attention_changed(s->parent_obj.opaque);
    }
}

/* ---- The controller itself (chapter 20) ---- */

static uint8_t get_device_id(BmcSim *s, BmcCall *call)
{
    enum { SENSORS = 0x01, SDR_REPOSITORY = 0x02, SEL = 0x04 };

    bmc_put(call, 1, s->device_id);
    bmc_put(call, 1, s->device_rev & 0x0f);
    bmc_put(call, 1, s->fwrev1 & 0x7f);
    bmc_put(call, 1, s->fwrev2);
    bmc_put(call, 1, s->ipmi_version);
    bmc_put(call, 1, SENSORS | SDR_REPOSITORY | SEL);
    bmc_put(call, 3, s->mfg_id);
    bmc_put(call, 2, s->product_id);
    return IPMI_OK;
}

static void restart(BmcSim *s)
{
    s->enables = ENABLE_LOGGING;
    s->flags = 0;
    s->event_waits = false;
    s->system_power = s->device_power = 0;
    s->scans = s->sends_events = true;
    s->watchdog_states = 0;
    timer_del(s->watchdog.timer);
    s->watchdog = (BmcWatchdog){ .timer = s->watchdog.timer };
}

static uint8_t reset(BmcSim *s, BmcCall *call)
{
    restart(s);
    return IPMI_OK;
}

static uint8_t get_self_test(BmcSim *s, BmcCall *call)
{
    enum { NO_ERROR = 0x55 };

    bmc_put(call, 1, NO_ERROR);
    bmc_put(call, 1, 0);
    return IPMI_OK;
}

/* Software says how deep the system sleeps; bit 7: that it does. */
static uint8_t set_power_state(BmcSim *s, BmcCall *call)
{
    enum { SET = 0x80 };

    s->system_power = call->data[0] & SET ? call->data[0] & ~SET : s->system_power;
    s->device_power = call->data[1] & SET ? call->data[1] & ~SET : s->device_power;
    return IPMI_OK;
}

static uint8_t get_power_state(BmcSim *s, BmcCall *call)
{
    bmc_put(call, 1, s->system_power);
    bmc_put(call, 1, s->device_power);
    return IPMI_OK;
}

static uint8_t get_guid(BmcSim *s, BmcCall *call)
{
    bmc_put_bytes(call, s->guid_bytes, sizeof(s->guid_bytes));
    return IPMI_OK;
}

/* ---- Messages (chapter 22) ---- */

static uint8_t set_enables(BmcSim *s, BmcCall *call)
{
    if (call->data[0] & ~ENABLES) {
        return IPMI_INVALID_FIELD;
    }
    s->enables = call->data[0];
    return IPMI_OK;
}

static uint8_t get_enables(BmcSim *s, BmcCall *call)
{
    bmc_put(call, 1, s->enables);
    return IPMI_OK;
}

static uint8_t clear_flags(BmcSim *s, BmcCall *call)
{
    s->flags &= ~call->data[0];
    s->event_waits &= !(call->data[0] & FLAG_EVENT_BUFFER);
    return IPMI_OK;
}

static uint8_t get_flags(BmcSim *s, BmcCall *call)
{
    bmc_put(call, 1, s->flags);
    return IPMI_OK;
}

/* Nobody is on other channels who could send something. */
static uint8_t get_message(BmcSim *s, BmcCall *call)
{
    return IPMI_NO_DATA;
}

static uint8_t send_message(BmcSim *s, BmcCall *call)
{
    return IPMI_INVALID_FIELD;
}

static uint8_t read_event_buffer(BmcSim *s, BmcCall *call)
{
    if (!s->event_waits) {
        return IPMI_NO_DATA;
    }
    bmc_put_bytes(call, s->event, sizeof(s->event));
    s->event_waits = false;
    s->flags &= ~FLAG_EVENT_BUFFER;
    return IPMI_OK;
}

/* Of BT only (22.10): requests at a time, the longest ones, seconds to an answer, retries. */
static uint8_t get_bt_capabilities(BmcSim *s, BmcCall *call)
{
    static const uint8_t capabilities[] = { 1, UINT8_MAX, UINT8_MAX, 1, 0 };

    if (s->parent_obj.protocol != IPMI_PROTOCOL_BT) {
        return IPMI_INVALID_COMMAND;
    }
    bmc_put_bytes(call, capabilities, sizeof(capabilities));
    return IPMI_OK;
}

/* Table 22-29. The system's interface is the only channel: it is number 15, or "this one". */
static uint8_t get_channel_info(BmcSim *s, BmcCall *call)
{
    enum { SYSTEM_INTERFACE = 15, THIS_ONE = 14, MEDIUM_SYSTEM_INTERFACE = 12, IPMI_FORUM = 7154,
           NO_INTERRUPT = 0xff };
    unsigned channel = call->data[0] & 0x0f;

    if (channel != SYSTEM_INTERFACE && channel != THIS_ONE) {
        return IPMI_INVALID_FIELD;
    }
    bmc_put(call, 1, SYSTEM_INTERFACE);
    bmc_put(call, 1, MEDIUM_SYSTEM_INTERFACE);
    bmc_put(call, 1, s->parent_obj.protocol);
    bmc_put(call, 1, 0); /* no sessions */
    bmc_put(call, 3, IPMI_FORUM);
    bmc_put(call, 2, NO_INTERRUPT | NO_INTERRUPT << 8);
    return IPMI_OK;
}

/* ---- The chassis (chapter 28), which is the machine ---- */

static uint8_t get_chassis_capabilities(BmcSim *s, BmcCall *call)
{
    bmc_put(call, 1, 0);
    for (unsigned device = 0; device < 5; device++) {
        bmc_put(call, 1, s->slave_addr); /* of FRU, SDR, SEL, management, bridge */
    }
    return IPMI_OK;
}

static uint8_t get_chassis_status(BmcSim *s, BmcCall *call)
{
    enum { IS_ON = 0x01, UNKNOWN_POLICY = 0x60 };

    bmc_put(call, 1, IS_ON | UNKNOWN_POLICY);
    bmc_put(call, 1, 0);
    bmc_put(call, 1, 0);
    return IPMI_OK;
}

enum { POWER_DOWN, POWER_UP, POWER_CYCLE, HARD_RESET, DIAGNOSTIC_INTERRUPT, SOFT_SHUTDOWN };

static void press_nmi(void)
{
    Error *err = NULL;

    nmi_monitor_handle(0, &err);
    if (err) {
        error_report_err(err);
    }
}

static uint8_t control_chassis(BmcSim *s, BmcCall *call)
{
    switch (call->data[0] & 0x0f) {
    case POWER_DOWN:
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
        return IPMI_OK;
    case POWER_UP:
        return IPMI_OK; /* it is */
    case POWER_CYCLE:
    case HARD_RESET:
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        return IPMI_OK;
    case DIAGNOSTIC_INTERRUPT:
        press_nmi();
        return IPMI_OK;
    case SOFT_SHUTDOWN:
        qemu_system_powerdown_request();
        return IPMI_OK;
    default:
        return IPMI_INVALID_FIELD;
    }
}

/* The only parameter that all have: whether they are being set. Firmware takes none from here. */
static uint8_t get_boot_options(BmcSim *s, BmcCall *call)
{
    enum { VERSION = 1, SET_IN_PROGRESS = 0 };

    if ((call->data[0] & 0x7f) != SET_IN_PROGRESS) {
        return IPMI_NO_DATA; /* 80h: such a parameter isn't supported */
    }
    bmc_put(call, 1, VERSION);
    bmc_put(call, 1, SET_IN_PROGRESS);
    bmc_put(call, 1, 0);
    return IPMI_OK;
}

/* ---- The watchdog (chapter 27) ---- */

enum { DONT_LOG = 0x80, DONT_STOP = 0x40, USE = 0x07 };
enum { PRETIMEOUT_NONE, PRETIMEOUT_SMI, PRETIMEOUT_NMI, PRETIMEOUT_MESSAGE };
enum { ACTION_NONE, ACTION_RESET, ACTION_POWER_DOWN, ACTION_POWER_CYCLE };
enum { SENSOR_WATCHDOG = 0x23, PRETIMEOUT_OFFSET = 8 };
#define COUNT_NS (100 * 1000 * 1000ll)

static unsigned pretimeout_kind(const BmcWatchdog *w)
{
    return w->action >> 4 & 7;
}

static bool has_pretimeout(const BmcWatchdog *w)
{
    return pretimeout_kind(w) != PRETIMEOUT_NONE && !w->pretimeout_over;
}

static void wait_for_next(BmcWatchdog *w)
{
    timer_mod(w->timer,
              w->end - (has_pretimeout(w) ? w->pretimeout * NANOSECONDS_PER_SECOND : 0));
}

static void start_watchdog(BmcWatchdog *w)
{
    w->running = true;
    w->pretimeout_over = false;
    w->end = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + w->initial * COUNT_NS;
    wait_for_next(w);
}

static void note_event(BmcSim *s, unsigned offset)
{
    s->watchdog_states |= 1u << offset;
    if (!(s->watchdog.use & DONT_LOG)) {
        bmc_sensor_event(s, SENSOR_WATCHDOG, WATCHDOG_SENSOR, offset);
    }
}

static void pretimeout_reached(BmcSim *s)
{
    BmcWatchdog *w = &s->watchdog;

    w->pretimeout_over = true;
    note_event(s, PRETIMEOUT_OFFSET);
    if (pretimeout_kind(w) == PRETIMEOUT_NMI) {
        press_nmi();
    } else if (pretimeout_kind(w) == PRETIMEOUT_MESSAGE) {
        s->flags |= FLAG_PRETIMEOUT;
    } else {
        qemu_log_dev(LOG_UNIMP, TYPE_IPMI_BMC_SIM, "watchdog", "no SMI is raised");
    }
    wait_for_next(w);
}

static void watchdog_ended(BmcSim *s)
{
    BmcWatchdog *w = &s->watchdog;
    unsigned action = w->action & 7;

    w->running = false;
    w->expired |= 1u << (w->use & USE);
    note_event(s, action);
    if (action == ACTION_POWER_DOWN) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    } else if (action != ACTION_NONE) {
        qemu_system_reset_request_because(SHUTDOWN_CAUSE_GUEST_RESET,
                                          "watchdog: the BMC's has run out");
    }
}

static void watchdog_due(void *opaque)
{
    BmcSim *s = opaque;

    if (has_pretimeout(&s->watchdog)) {
        pretimeout_reached(s);
    } else {
        watchdog_ended(s);
    }
    tell_interface(s);
}

static uint8_t reset_watchdog(BmcSim *s, BmcCall *call)
{
    enum { NEVER_SET = 0x80 };

    if (!s->watchdog.set) {
        return NEVER_SET;
    }
    start_watchdog(&s->watchdog);
    return IPMI_OK;
}

/* It stops by that, unless it is asked not to: then it begins anew. */
static uint8_t set_watchdog(BmcSim *s, BmcCall *call)
{
    BmcWatchdog *w = &s->watchdog;
    bool goes_on = w->running && call->data[0] & DONT_STOP;

    if ((call->data[1] & 7) > ACTION_POWER_CYCLE || (call->data[1] >> 4 & 7) > PRETIMEOUT_MESSAGE) {
        return IPMI_INVALID_FIELD;
    }
    w->set = true;
    w->use = call->data[0] & (DONT_LOG | USE);
    w->action = call->data[1] & 0x77;
    w->pretimeout = call->data[2];
    w->expired &= ~call->data[3];
    w->initial = call->data[4] | call->data[5] << 8;
    timer_del(w->timer);
    w->running = false;
    if (goes_on) {
        start_watchdog(w);
    }
    return IPMI_OK;
}

static uint8_t get_watchdog(BmcSim *s, BmcCall *call)
{
    const BmcWatchdog *w = &s->watchdog;
    int64_t left = w->end - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    bmc_put(call, 1, w->use | (w->running ? DONT_STOP : 0));
    bmc_put(call, 1, w->action);
    bmc_put(call, 1, w->pretimeout);
    bmc_put(call, 1, w->expired);
    bmc_put(call, 2, w->initial);
    bmc_put(call, 2, w->running ? MAX(left, 0) / COUNT_NS : 0);
    return IPMI_OK;
}

/* ---- Commands ---- */

static const BmcCommand commands[] = {
    { NETFN_CHASSIS, 0x00, 0, get_chassis_capabilities },
    { NETFN_CHASSIS, 0x01, 0, get_chassis_status },
    { NETFN_CHASSIS, 0x02, 1, control_chassis },
    { NETFN_CHASSIS, 0x09, 3, get_boot_options },
    { NETFN_APP, 0x01, 0, get_device_id },
    { NETFN_APP, 0x02, 0, reset },
    { NETFN_APP, 0x03, 0, reset },
    { NETFN_APP, 0x04, 0, get_self_test },
    { NETFN_APP, 0x06, 2, set_power_state },
    { NETFN_APP, 0x07, 0, get_power_state },
    { NETFN_APP, 0x08, 0, get_guid },
    { NETFN_APP, 0x22, 0, reset_watchdog },
    { NETFN_APP, 0x24, 6, set_watchdog },
    { NETFN_APP, 0x25, 0, get_watchdog },
    { NETFN_APP, 0x2e, 1, set_enables },
    { NETFN_APP, 0x2f, 0, get_enables },
    { NETFN_APP, 0x30, 1, clear_flags },
    { NETFN_APP, 0x31, 0, get_flags },
    { NETFN_APP, 0x33, 0, get_message },
    { NETFN_APP, 0x34, 1, send_message },
    { NETFN_APP, 0x35, 0, read_event_buffer },
    { NETFN_APP, 0x36, 0, get_bt_capabilities },
    { NETFN_APP, 0x37, 0, get_guid },
    { NETFN_APP, 0x42, 1, get_channel_info },
};

static const BmcCommand *find_command(const BmcCommand *table, unsigned count, uint8_t function,
                                      uint8_t command)
{
    for (unsigned i = 0; i < count; i++) {
        if (table[i].function == function && table[i].command == command) {
            return &table[i];
        }
    }
    return NULL;
}

static uint8_t perform(BmcSim *s, const IpmiMessage *request, IpmiMessage *response)
{
    uint8_t function = request->bytes[0] >> 2, number = request->bytes[1];
    BmcCall call = { request->bytes + 2, request->len - 2, response };
    const BmcCommand *command = find_command(commands, ARRAY_SIZE(commands), function, number);

    if (!command) {
        command = find_command(bmc_record_commands, bmc_record_command_count, function, number);
    }
    if (!command || request->bytes[0] & 3) {
        return IPMI_INVALID_COMMAND; /* or of another LUN, where nobody is */
    }
    return call.len < command->min_len ? IPMI_WRONG_LENGTH : command->fn(s, &call);
}

static void handle(IpmiBmc *bmc, const IpmiMessage *request, IpmiMessage *response)
{
    enum { HEAD = 3, IS_RESPONSE = 1 << 2 };
    uint8_t code;

    response->bytes[0] = request->bytes[0] | IS_RESPONSE;
    response->bytes[1] = request->bytes[1];
    response->len = HEAD;
    code = perform(IPMI_BMC_SIM(bmc), request, response);
    response->bytes[2] = code;
    if (code != IPMI_OK) {
        response->len = HEAD;
    }
}

static void get_attention(IpmiBmc *bmc, IpmiAttention *attention)
{
    const BmcSim *s = IPMI_BMC_SIM(bmc);

    attention->pending = s->flags & (FLAG_MESSAGE | FLAG_EVENT_BUFFER | FLAG_PRETIMEOUT);
    attention->interrupts = (s->flags & FLAG_MESSAGE && s->enables & ENABLE_MESSAGE_INTERRUPT) ||
                            (s->flags & FLAG_EVENT_BUFFER && s->enables & ENABLE_EVENT_INTERRUPT) ||
                            s->flags & FLAG_PRETIMEOUT;
    attention->transfers = s->enables & ENABLE_MESSAGE_INTERRUPT;
}

static uint8_t get_slave_address(IpmiBmc *bmc)
{
    return IPMI_BMC_SIM(bmc)->slave_addr;
}

/* ---- The device ---- */

static bool take_guid(BmcSim *s, Error **errp)
{
    g_autofree char *text = g_strcmp0(s->guid, "auto") ? g_strdup(s->guid) : g_uuid_string_random();
    const char *digit = text;

    if (!text || !g_uuid_string_is_valid(text)) {
        error_setg(errp, TYPE_IPMI_BMC_SIM ": 'guid' is '%s', expected auto, or 32 hexadecimal "
                   "digits with dashes between", text ? text : "");
        return false;
    }
    for (unsigned i = 0; i < sizeof(s->guid_bytes); i++, digit += 2) {
        digit += *digit == '-';
        s->guid_bytes[i] = g_ascii_xdigit_value(digit[0]) << 4 | g_ascii_xdigit_value(digit[1]);
    }
    return true;
}

static void bmc_sim_realize(DeviceState *dev, Error **errp)
{
    BmcSim *s = IPMI_BMC_SIM(dev);

    if (!take_guid(s, errp) || !bmc_records_init(s, errp)) {
        return;
    }
    s->watchdog.timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, watchdog_due, s);
    restart(s);
}

static const VMStateDescription vmstate_watchdog = {
    .name = "ipmi-bmc-watchdog",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_TIMER_PTR(timer, BmcWatchdog),
        VMSTATE_UINT8(use, BmcWatchdog),
        VMSTATE_UINT8(action, BmcWatchdog),
        VMSTATE_UINT8(pretimeout, BmcWatchdog),
        VMSTATE_UINT8(expired, BmcWatchdog),
        VMSTATE_UINT16(initial, BmcWatchdog),
        VMSTATE_BOOL(set, BmcWatchdog),
        VMSTATE_BOOL(running, BmcWatchdog),
        VMSTATE_BOOL(pretimeout_over, BmcWatchdog),
        VMSTATE_INT64(end, BmcWatchdog),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_bmc_sim = {
    .name = TYPE_IPMI_BMC_SIM,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8(enables, BmcSim),
        VMSTATE_UINT8(flags, BmcSim),
        VMSTATE_UINT8(system_power, BmcSim),
        VMSTATE_UINT8(device_power, BmcSim),
        VMSTATE_BOOL(event_waits, BmcSim),
        VMSTATE_UINT8_ARRAY(event, BmcSim, SEL_ENTRY_SIZE),
        VMSTATE_STRUCT(watchdog, BmcSim, 1, vmstate_watchdog, BmcWatchdog),
        VMSTATE_UINT16(watchdog_states, BmcSim),
        VMSTATE_BOOL(scans, BmcSim),
        VMSTATE_BOOL(sends_events, BmcSim),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_bmc_records, NULL },
};

static Property bmc_sim_properties[] = {
    DEFINE_PROP_UINT8("device_id", BmcSim, device_id, 0x20),
    DEFINE_PROP_UINT8("device_rev", BmcSim, device_rev, 0),
    DEFINE_PROP_UINT8("fwrev1", BmcSim, fwrev1, 0),
    DEFINE_PROP_UINT8("fwrev2", BmcSim, fwrev2, 0),
    DEFINE_PROP_UINT8("ipmi_version", BmcSim, ipmi_version, 0x02),
    DEFINE_PROP_UINT8("slave_addr", BmcSim, slave_addr, 0x20),
    DEFINE_PROP_UINT32("mfg_id", BmcSim, mfg_id, 0),
    DEFINE_PROP_UINT16("product_id", BmcSim, product_id, 0),
    DEFINE_PROP_UINT16("fruareasize", BmcSim, fru_size, 1024),
    DEFINE_PROP_STRING("frudatafile", BmcSim, fru_file),
    DEFINE_PROP_STRING("sdrfile", BmcSim, sdr_file),
    DEFINE_PROP_STRING("guid", BmcSim, guid),
    DEFINE_PROP_END_OF_LIST(),
};

static void bmc_sim_init(Object *obj)
{
    IPMI_BMC_SIM(obj)->guid = g_strdup("auto");
}

static void bmc_sim_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    IpmiBmcClass *bc = IPMI_BMC_CLASS(oc);

    bc->handle = handle;
    bc->get_attention = get_attention;
    bc->get_slave_address = get_slave_address;
    dc->realize = bmc_sim_realize; /* no reset: log and watchdog go on when the machine's comes */
    dc->vmsd = &vmstate_bmc_sim;
    dc->hotpluggable = false;
    dc->desc = "a management controller (BMC), for IPMI's interfaces";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, bmc_sim_properties);
}

static const TypeInfo bmc_sim_types[] = {
    {
        .name = TYPE_IPMI_BMC_SIM,
        .parent = TYPE_IPMI_BMC,
        .instance_size = sizeof(BmcSim),
        .instance_init = bmc_sim_init,
        .class_init = bmc_sim_class_init,
    },
};

DEFINE_TYPES(bmc_sim_types)
