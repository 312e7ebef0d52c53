/*
 * QMP's inside: the table of commands, types, calls.
 *
 * What a command takes and answers stands in its row, in a notation of one line:
 *
 *     "path:str property:str value?:any"      members; ? means: may be left out
 *     "driver:str id?:str *"                  and others, which the handler looks at itself
 *     "[int]"                                 a list
 *
 * with the built-in types (str, bool, number, int, int8 … uint64, size, null, any) and those of
 * qmp-types.c. Dispatch, the check of arguments and query-qmp-schema read the same rows.
 *
 * Everything here runs on the main loop with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H

#include "qemu/osdep.h"
#include <json-glib/json-glib.h>
#include "monitor-internal.h"

/* ---- Types (qmp-types.c) ---- */

/*
 * Checks the members of `object` against a row's notation. False with *errp naming the member,
 * behind `where` ("backend.data.", or ""). A notation with * lets the others pass.
 */
bool qmp_check_members(const char *members, JsonObject *object, const char *where, Error **errp);
/* The same for one value of a type; `name` is how messages call it. */
bool qmp_check_value(const char *type, JsonNode *value, const char *name, Error **errp);

/* The whole interface as query-qmp-schema answers it. */
JsonNode *qmp_schema(void);

/* ---- Commands (qmp-commands.c) ---- */

typedef struct QmpSession QmpSession;
typedef struct QmpCommand QmpCommand;

/* A command that is being carried out. */
typedef struct QmpCall {
    const QmpCommand *command;
    JsonObject *args; /* checked; never NULL */
    JsonNode *id;     /* of the message, or NULL */
    QmpSession *session;
    unsigned epoch; /* of the session: an answer to a client that has gone is dropped */
    bool later;     /* see qmp_later() */
    void (*cancel)(struct QmpCall *call);
    void *opaque;
} QmpCall;

enum {
    QMP_OOB = 1 << 0,       /* may overtake others, with exec-oob */
    QMP_HANDSHAKE = 1 << 1, /* is for the time before the others, and for that only */
};

struct QmpCommand {
    const char *name;
    const char *args;    /* members */
    const char *returns; /* a type; NULL: nothing, which is an empty object */
    /*
     * One of these: the answer (NULL where there is nothing to say), or *errp; what needs no
     * arguments.
     */
    JsonNode *(*run)(QmpCall *call, Error **errp);
    JsonNode *(*query)(void);
    unsigned flags;
};

extern const QmpCommand qmp_commands[]; /* ends with an empty row */
const QmpCommand *qmp_find_command(const char *name);

/* Arguments; those that were left out are NULL, or what is given here. */
bool qmp_has(const QmpCall *call, const char *name);
const char *qmp_str(const QmpCall *call, const char *name);
int64_t qmp_int(const QmpCall *call, const char *name, int64_t otherwise);
bool qmp_bool(const QmpCall *call, const char *name, bool otherwise);

/*
 * For a command that takes its time: its run() calls this and returns NULL, and somebody calls
 * qmp_done() with the answer or the error (which it takes), once. Until then the session's next
 * command waits; those with exec-oob don't. `cancel`: the program ends, so clean up; there is no
 * qmp_done() then.
 */
void qmp_later(QmpCall *call, void (*cancel)(QmpCall *call), void *opaque);
void qmp_done(QmpCall *call, JsonNode *answer, Error *err);
/* The same for a MonitorJob, which is taken. */
void qmp_run_job(QmpCall *call, MonitorJob *job);

/* Nodes around what they take. */
JsonNode *qmp_object(JsonObject *o);
JsonNode *qmp_array(JsonArray *a);
JsonNode *qmp_string(const char *text);

/* Values of properties. */
JsonNode *qmp_from_qvalue(const QValue *v);
void qmp_to_qvalue(JsonNode *node, QValue *v);
/*
 * The members but those in `without` (ends with NULL) as names and texts by turns, as options have
 * them; NULL with *errp set for what no option can say.
 */
GPtrArray *qmp_to_options(JsonObject *o, const char *const *without, Error **errp);

/* ---- Sessions (qmp-session.c) ---- */

/* Closes all, on the way out. */
void qmp_cleanup(void);

/* qmp_capabilities: ends the handshake; `oob`: exec-oob is allowed from now on. */
void qmp_session_negotiate(QmpSession *s, bool oob);

/* Handlers. */
#define QMP_CMD(n) JsonNode *qmp_##n(QmpCall *call, Error **errp)
QMP_CMD(balloon);
QMP_CMD(block_commit);
QMP_CMD(block_job_cancel);
QMP_CMD(block_job_complete);
QMP_CMD(block_job_dismiss);
QMP_CMD(block_job_pause);
QMP_CMD(block_job_resume);
QMP_CMD(block_job_set_speed);
QMP_CMD(block_resize);
QMP_CMD(block_stream);
QMP_CMD(blockdev_add);
QMP_CMD(blockdev_backup);
QMP_CMD(blockdev_change_medium);
QMP_CMD(blockdev_del);
QMP_CMD(blockdev_reopen);
QMP_CMD(blockdev_mirror);
QMP_CMD(capabilities);
QMP_CMD(change_vnc_password);
QMP_CMD(chardev_add);
QMP_CMD(chardev_remove);
QMP_CMD(chardev_send_break);
QMP_CMD(cont);
QMP_CMD(device_add);
QMP_CMD(device_del);
QMP_CMD(device_list_properties);
QMP_CMD(drive_backup);
QMP_CMD(drive_mirror);
QMP_CMD(dump_guest_memory);
QMP_CMD(eject);
QMP_CMD(expire_password);
QMP_CMD(human_info);
QMP_CMD(human_monitor_command);
QMP_CMD(inject_nmi);
QMP_CMD(input_send_event);
QMP_CMD(memsave);
QMP_CMD(netdev_add);
QMP_CMD(netdev_del);
QMP_CMD(object_add);
QMP_CMD(object_del);
QMP_CMD(pmemsave);
QMP_CMD(qom_get);
QMP_CMD(qom_list);
QMP_CMD(qom_list_properties);
QMP_CMD(qom_list_types);
QMP_CMD(qom_set);
QMP_CMD(query_balloon);
QMP_CMD(query_blockstats);
QMP_CMD(query_hotpluggable_cpus);
QMP_CMD(query_vm_generation_id);
QMP_CMD(quit);
QMP_CMD(watchdog_set_action);
QMP_CMD(ringbuf_read);
QMP_CMD(screendump);
QMP_CMD(send_key);
QMP_CMD(set_action);
QMP_CMD(set_link);
QMP_CMD(set_password);
QMP_CMD(stop);
QMP_CMD(system_powerdown);
QMP_CMD(system_reset);
QMP_CMD(system_wakeup);

#endif
