/*
 * QMP sessions: messages in, answers and events out.
 *
 * Messages wait in a queue and are carried out one after another, a few milliseconds of them in
 * each turn of the main loop. With the capability oob, one with exec-oob overtakes the queue: it is
 * carried out as soon as it has been read, even while another command takes its time. Nothing holds
 * the main loop for long, so it needs no thread of its own.
 *
 * Reading stops while answers aren't taken or enough commands wait; what events a client doesn't
 * take is bounded as well.
 *
 * Reference: the QEMU Machine Protocol's specification.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "json-stream.h"
#include "monitor/query.h"
#include "qemu/error-report.h"
#include "qmp.h"
#include "system/events.h"

/*
 * How many commands may wait. With oob there is room for more, so that exec-oob behind them is
 * seen.
 */
#define QUEUE_PLAIN 1
#define QUEUE_OOB   8
/* Events for a client that doesn't read; then they are lost. */
#define MAX_UNREAD_EVENTS (1 * MiB)

struct QmpSession {
    CharBackend chr;
    MonitorOutput out;
    JsonStream *stream;
    GQueue todo; /* of Message */
    QmpCall *running;
    guint turn;     /* the queue's */
    unsigned epoch; /* counts clients */
    bool pretty;
    bool ready; /* the handshake is over */
    bool oob;
    bool events_lost;
};

typedef struct Message {
    JsonNode *value;
    char *error; /* instead: it was no JSON */
} Message;

static GPtrArray *sessions;

static void message_free(Message *m)
{
    if (m->value) {
        json_node_unref(m->value);
    }
    g_free(m->error);
    g_free(m);
}

/* ---- Output ---- */

static void send_message(QmpSession *s, JsonObject *o)
{
    JsonNode *node = qmp_object(o);

    json_append_text(s->out.text, node, s->pretty);
    g_string_append(s->out.text, "\r\n");
    json_node_unref(node);
    monitor_output_flush(&s->out);
}

/* Takes answer (NULL: an empty object) and err; id may be NULL. */
static void respond(QmpSession *s, JsonNode *id, JsonNode *answer, Error *err)
{
    static const char *const classes[] = {
        [ERROR_CLASS_GENERIC_ERROR] = "GenericError",
        [ERROR_CLASS_COMMAND_NOT_FOUND] = "CommandNotFound",
        [ERROR_CLASS_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
        [ERROR_CLASS_DEVICE_NOT_FOUND] = "DeviceNotFound",
        [ERROR_CLASS_KVM_MISSING_CAP] = "KVMMissingCap",
    };
    JsonObject *o = json_object_new();

    if (err) {
        JsonObject *e = json_object_new();

        json_object_set_string_member(e, "class", classes[error_get_class(err)]);
        json_object_set_string_member(e, "desc", error_get_pretty(err));
        json_object_set_object_member(o, "error", e);
    } else {
        json_object_set_member(o, "return", answer ? answer : qmp_object(json_object_new()));
    }
    if (id) {
        json_object_set_member(o, "id", json_node_copy(id));
    }
    error_free(err);
    send_message(s, o);
}

/* ---- Carrying out ---- */

static void schedule_turn(QmpSession *s);

static void call_free(QmpCall *call)
{
    json_object_unref(call->args);
    g_clear_pointer(&call->id, json_node_unref);
    g_free(call);
}

/* To the client that asked, if it is still there. */
static void finish(QmpCall *call, JsonNode *answer, Error *err)
{
    QmpSession *s = call->session;

    if (s->running == call) {
        s->running = NULL;
    }
    if (call->epoch == s->epoch) {
        respond(s, call->id, answer, err);
    } else {
        g_clear_pointer(&answer, json_node_unref);
        error_free(err);
    }
    call_free(call);
    schedule_turn(s);
}

void qmp_later(QmpCall *call, void (*cancel)(QmpCall *call), void *opaque)
{
    call->later = true;
    call->cancel = cancel;
    call->opaque = opaque;
}

void qmp_done(QmpCall *call, JsonNode *answer, Error *err)
{
    finish(call, answer, err);
}

/* What a message may have; false with *errp set if it isn't so. */
static bool check_message(const QmpSession *s, JsonNode *message, Error **errp)
{
    g_autoptr(GList) names = NULL;
    JsonObject *o;

    if (!JSON_NODE_HOLDS_OBJECT(message)) {
        error_setg(errp, "QMP input must be a JSON object");
        return false;
    }
    o = json_node_get_object(message);
    names = json_object_get_members(o);
    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        JsonNode *value = json_object_get_member(o, name);
        bool is_command = g_str_equal(name, "execute") ||
                          (s->oob && g_str_equal(name, "exec-oob"));

        if (is_command && (!JSON_NODE_HOLDS_VALUE(value) ||
                           json_node_get_value_type(value) != G_TYPE_STRING)) {
            error_setg(errp, "QMP input member '%s' must be a string", name);
            return false;
        }
        if (g_str_equal(name, "arguments") && !JSON_NODE_HOLDS_OBJECT(value)) {
            error_setg(errp, "QMP input member 'arguments' must be an object");
            return false;
        }
        if (!is_command && strcmp(name, "arguments") && strcmp(name, "id")) {
            error_setg(errp, "QMP input member '%s' is unexpected", name);
            return false;
        }
    }
    if (json_object_has_member(o, "execute") == (s->oob && json_object_has_member(o, "exec-oob"))) {
        error_setg(errp, "QMP input must have one of the members 'execute' and 'exec-oob'");
        return false;
    }
    return true;
}

/* The command of a message that has been checked; NULL with *errp set if it can't be run now. */
static const QmpCommand *find_command(const QmpSession *s, JsonObject *message, Error **errp)
{
    bool is_oob = json_object_has_member(message, "exec-oob");
    const char *name = json_object_get_string_member(message, is_oob ? "exec-oob" : "execute");
    const QmpCommand *c = qmp_find_command(name);

    if (!s->ready && !(c && c->flags & QMP_HANDSHAKE)) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "Expecting capabilities negotiation with 'qmp_capabilities'");
        return NULL;
    }
    if (!c) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND, "The command %s has not been found", name);
        return NULL;
    }
    if (s->ready && c->flags & QMP_HANDSHAKE) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "Capabilities negotiation is already complete, command ignored");
        return NULL;
    }
    if (is_oob && !(c->flags & QMP_OOB)) {
        error_setg(errp, "The command %s does not support OOB", name);
        return NULL;
    }
    return c;
}

static void carry_out(QmpSession *s, JsonNode *message)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(message) ? json_node_get_object(message) : NULL;
    JsonNode *id = o ? json_object_get_member(o, "id") : NULL, *answer;
    Error *err = NULL;
    const QmpCommand *c = check_message(s, message, &err) ? find_command(s, o, &err) : NULL;
    g_autoptr(JsonObject) args = NULL;
    QmpCall *call;

    if (c) {
        args = json_object_has_member(o, "arguments")
                   ? json_object_ref(json_object_get_object_member(o, "arguments"))
                   : json_object_new();
        qmp_check_members(c->args, args, "", &err);
    }
    if (err) {
        respond(s, id, NULL, err);
        return;
    }
    call = g_new(QmpCall, 1);
    *call = (QmpCall){
        .command = c,
        .args = g_steal_pointer(&args),
        .id = id ? json_node_copy(id) : NULL,
        .session = s,
        .epoch = s->epoch,
    };
    answer = c->query ? c->query() : c->run(call, &err);
    if (!call->later) {
        finish(call, answer, err);
    } else {
        s->running = call;
    }
}

static bool can_go_on(const QmpSession *s)
{
    return !s->running && !g_queue_is_empty((GQueue *)&s->todo) &&
           s->out.text->len <= ENOUGH_OUTPUT;
}

static gboolean turn(void *opaque)
{
    QmpSession *s = opaque;
    int64_t end = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + MONITOR_SLICE_NS;

    while (can_go_on(s)) {
        Message *m = g_queue_pop_head(&s->todo);

        if (m->value) {
            carry_out(s, m->value);
        } else {
            Error *err = NULL;

            error_setg(&err, "JSON parse error: %s", m->error);
            respond(s, NULL, NULL, err);
        }
        message_free(m);
        if (qemu_clock_get_ns(QEMU_CLOCK_REALTIME) > end) {
            return G_SOURCE_CONTINUE;
        }
    }
    s->turn = 0;
    qemu_chr_fe_accept_input(&s->chr);
    return G_SOURCE_REMOVE;
}

static void schedule_turn(QmpSession *s)
{
    if (!s->turn && can_go_on(s)) {
        s->turn = g_idle_add_full(G_PRIORITY_DEFAULT, turn, s, NULL);
    }
}

void qmp_session_negotiate(QmpSession *s, bool oob)
{
    s->oob = oob;
    s->ready = true;
}

/* ---- Work in slices ---- */

typedef struct JobRun {
    MonitorJob *job;
    guint source;
} JobRun;

static void end_run(JobRun *run)
{
    if (run->source) {
        g_source_remove(run->source);
    }
    error_free(run->job->err);
    run->job->free(run->job);
    g_free(run);
}

static gboolean run_slice(void *opaque)
{
    QmpCall *call = opaque;
    JobRun *run = call->opaque;
    int64_t end = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + MONITOR_SLICE_NS;
    Error *err;

    do {
        if (!run->job->step(run->job, NULL)) {
            err = g_steal_pointer(&run->job->err);
            run->source = 0;
            end_run(run);
            qmp_done(call, NULL, err);
            return G_SOURCE_REMOVE;
        }
    } while (qemu_clock_get_ns(QEMU_CLOCK_REALTIME) < end);
    return G_SOURCE_CONTINUE;
}

static void cancel_run(QmpCall *call)
{
    end_run(call->opaque);
}

void qmp_run_job(QmpCall *call, MonitorJob *job)
{
    JobRun *run = g_new0(JobRun, 1);

    run->job = job;
    run->source = g_idle_add_full(G_PRIORITY_DEFAULT, run_slice, call, NULL);
    qmp_later(call, cancel_run, run);
}

/* ---- Input ---- */

static void got_value(void *opaque, JsonNode *value)
{
    QmpSession *s = opaque;
    Message *m;

    if (s->oob && JSON_NODE_HOLDS_OBJECT(value) &&
        json_object_has_member(json_node_get_object(value), "exec-oob")) {
        carry_out(s, value);
        json_node_unref(value);
        return;
    }
    m = g_new0(Message, 1);
    m->value = value;
    g_queue_push_tail(&s->todo, m);
    schedule_turn(s);
}

static void got_error(void *opaque, const char *why)
{
    QmpSession *s = opaque;
    Message *m = g_new0(Message, 1);

    m->error = g_strdup(why);
    g_queue_push_tail(&s->todo, m);
    schedule_turn(s);
}

static const JsonStreamOps stream_ops = { got_value, got_error };

static int can_read(void *opaque)
{
    QmpSession *s = opaque;
    guint room = s->oob ? QUEUE_OOB : QUEUE_PLAIN;

    return s->todo.length < room && s->out.text->len <= ENOUGH_OUTPUT ? 4096 : 0;
}

static void received(void *opaque, const uint8_t *buf, int size)
{
    json_stream_feed(((QmpSession *)opaque)->stream, buf, size);
}

static void output_taken(void *opaque)
{
    QmpSession *s = opaque;

    qemu_chr_fe_accept_input(&s->chr);
    schedule_turn(s);
}

static void drop_queue(QmpSession *s)
{
    Message *m;

    while ((m = g_queue_pop_head(&s->todo))) {
        message_free(m);
    }
}

/* Nothing of the one before is left but a command that is being carried out. */
static void client_came(QmpSession *s)
{
    JsonObject *greeting = json_object_new(), *qmp = json_object_new();
    JsonArray *capabilities = json_array_new();

    s->epoch++;
    s->ready = false;
    s->oob = false;
    s->events_lost = false;
    drop_queue(s);
    json_stream_reset(s->stream);
    monitor_output_unwatch(&s->out);
    g_string_truncate(s->out.text, 0);
    json_array_add_string_element(capabilities, "oob");
    json_object_set_member(qmp, "version", query_version());
    json_object_set_array_member(qmp, "capabilities", capabilities);
    json_object_set_object_member(greeting, "QMP", qmp);
    send_message(s, greeting);
}

static void chr_event(void *opaque, QEMUChrEvent event)
{
    QmpSession *s = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        client_came(s);
        break;
    case CHR_EVENT_CLOSED:
        /* What it sent is done all the same; of a pipe only the input has ended. */
        monitor_output_unwatch(&s->out);
        monitor_output_flush(&s->out);
        schedule_turn(s);
        break;
    case CHR_EVENT_MUX_IN:
        s->out.held = false;
        monitor_output_flush(&s->out);
        break;
    case CHR_EVENT_MUX_OUT:
        s->out.held = true;
        break;
    case CHR_EVENT_BREAK:
        break;
    }
}

/* ---- Events ---- */

/* Of an event with an interval: the last one that came within it, and when it is over. */
typedef struct Pace {
    const EventType *type;
    guint timer;
    bool waiting;
    JsonObject *data;
    gint64 when; /* it came, in us of real time */
} Pace;

static GHashTable *paces; /* EventType to Pace */

static void tell(const EventType *type, JsonObject *data, gint64 when)
{
    for (guint i = 0; sessions && i < sessions->len; i++) {
        QmpSession *s = g_ptr_array_index(sessions, i);
        JsonObject *o, *timestamp;

        if (!s->ready) {
            continue;
        }
        if (s->out.text->len > MAX_UNREAD_EVENTS) {
            if (!s->events_lost) {
                warn_report("QMP monitor on '%s': its client doesn't read: events are lost",
                            s->chr.chr->label);
            }
            s->events_lost = true;
            continue;
        }
        o = json_object_new();
        timestamp = json_object_new();
        json_object_set_int_member(timestamp, "seconds", when / G_USEC_PER_SEC);
        json_object_set_int_member(timestamp, "microseconds", when % G_USEC_PER_SEC);
        json_object_set_object_member(o, "timestamp", timestamp);
        json_object_set_string_member(o, "event", type->name);
        if (data) {
            json_object_set_object_member(o, "data", json_object_ref(data));
        }
        send_message(s, o);
    }
}

static gboolean interval_over(void *opaque)
{
    Pace *p = opaque;

    if (!p->waiting) {
        p->timer = 0;
        return G_SOURCE_REMOVE;
    }
    p->waiting = false;
    tell(p->type, p->data, p->when);
    g_clear_pointer(&p->data, json_object_unref);
    return G_SOURCE_CONTINUE;
}

static void event_came(const EventType *type, JsonObject *data)
{
    gint64 now = g_get_real_time();
    Pace *p = type->interval_ms ? g_hash_table_lookup(paces, type) : NULL;

    if (!type->interval_ms) {
        tell(type, data, now);
        return;
    }
    if (!p) {
        p = g_new0(Pace, 1);
        p->type = type;
        g_hash_table_insert(paces, (void *)type, p);
    }
    if (p->timer) {
        p->waiting = true;
        p->when = now;
        g_clear_pointer(&p->data, json_object_unref);
        p->data = data ? json_object_ref(data) : NULL;
        return;
    }
    tell(type, data, now);
    p->timer = g_timeout_add(type->interval_ms, interval_over, p);
}

static void pace_free(void *opaque)
{
    Pace *p = opaque;

    if (p->timer) {
        g_source_remove(p->timer);
    }
    g_clear_pointer(&p->data, json_object_unref);
    g_free(p);
}

/* ---- Life ---- */

bool monitor_init_qmp(Chardev *chr, bool pretty, Error **errp)
{
    QmpSession *s = g_new0(QmpSession, 1);

    if (!qemu_chr_fe_init(&s->chr, chr, errp)) {
        g_free(s);
        return false;
    }
    s->out = (MonitorOutput){ &s->chr, g_string_new(NULL), .taken = output_taken, .opaque = s };
    s->stream = json_stream_new(&stream_ops, s);
    s->pretty = pretty;
    g_queue_init(&s->todo);
    if (!sessions) {
        sessions = g_ptr_array_new();
        paces = g_hash_table_new_full(NULL, NULL, NULL, pace_free);
        event_set_listener(event_came);
    }
    g_ptr_array_add(sessions, s);
    qemu_chr_fe_set_handlers(&s->chr, can_read, received, chr_event, NULL, s, NULL, true);
    return true;
}

void qmp_cleanup(void)
{
    if (!sessions) {
        return;
    }
    event_set_listener(NULL);
    for (guint i = 0; i < sessions->len; i++) {
        QmpSession *s = g_ptr_array_index(sessions, i);

        if (s->running) {
            s->running->cancel(s->running);
            call_free(s->running);
        }
        drop_queue(s); /* first: nothing may want another turn, where the client goes meanwhile */
        if (s->turn) {
            g_source_remove(s->turn);
        }
        monitor_output_drain(&s->out);
        qemu_chr_fe_deinit(&s->chr, false);
        json_stream_free(s->stream);
        g_string_free(s->out.text, TRUE);
        g_free(s);
    }
    g_clear_pointer(&paces, g_hash_table_unref);
    g_clear_pointer(&sessions, g_ptr_array_unref);
}
