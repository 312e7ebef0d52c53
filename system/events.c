/*
 * The table of events.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/events.h"

#define BLOCK_JOB_EVENT "type:JobType device:str len:int offset:int speed:int"

const EventType event_types[] = {
    { "ACPI_DEVICE_OST", "info:ACPIOSTInfo" },
    { "BALLOON_CHANGE", "actual:int", 1000 },
    { "BLOCK_IO_ERROR", "device:str node-name?:str operation:IoOperationType "
                        "action:BlockErrorAction nospace:bool reason:str" },
    { "BLOCK_JOB_CANCELLED", BLOCK_JOB_EVENT },
    { "BLOCK_JOB_COMPLETED", BLOCK_JOB_EVENT " error?:str" },
    { "BLOCK_JOB_READY", BLOCK_JOB_EVENT },
    { "DEVICE_DELETED", "device?:str path:str" },
    { "DEVICE_TRAY_MOVED", "device:str id:str tray-open:bool" },
    { "GUEST_CRASHLOADED", "action:GuestPanicAction" },
    { "GUEST_PANICKED", "action:GuestPanicAction" },
    { "JOB_STATUS_CHANGE", "id:str status:JobStatus" },
    { "MEM_UNPLUG_ERROR", "device:str msg:str" },
    { "POWERDOWN", "" },
    { "RESET", "guest:bool reason:ShutdownCause" },
    { "RESUME", "" },
    { "SHUTDOWN", "guest:bool reason:ShutdownCause" },
    { "STOP", "" },
    { "SUSPEND", "" },
    { "VNC_CONNECTED", "server:VncServerInfo client:VncBasicInfo" },
    { "VNC_DISCONNECTED", "server:VncServerInfo client:VncBasicInfo" },
    { "VNC_INITIALIZED", "server:VncServerInfo client:VncBasicInfo" },
    { "VSERPORT_CHANGE", "id:str open:bool" },
    { "WAKEUP", "" },
    { "WATCHDOG", "action:WatchdogAction", 1000 },
    { NULL },
};

static EventListener *listener;

void event_set_listener(EventListener *func)
{
    listener = func;
}

void event_send(const char *name, JsonObject *data)
{
    const EventType *type = event_types;

    while (type->name && strcmp(type->name, name)) {
        type++;
    }
    g_assert(type->name);
    if (listener) {
        listener(type, data);
    }
    g_clear_pointer(&data, json_object_unref);
}
