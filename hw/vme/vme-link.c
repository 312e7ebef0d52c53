/*
 * A cable between two emulated boards that sit in one crate:
 * `-device vme-link,chardev=ID[,timeout=MS]` on both, their sockets connected.
 *
 * What no card on this side answers goes across, and what comes from there is done here, by this
 * device as the master: data cycles, blocks, interrupt acknowledgements, SYSRESET. Interrupt levels
 * and the SYSFAIL and ACFAIL lines of each side are shown on the other.
 *
 * The one who asks waits for the answer, and while it waits it answers the other side's questions.
 * If none comes in time, the cycle is a bus error; so is each further one, without waiting, until
 * the other side is heard again. A machine that is stopped answers with bus errors.
 *
 * On the socket, both ways, a message is a header of 20 bytes, numbers big-endian, and data:
 *
 *     00 kind         01 address modifier, or level   02 width in bytes   03 result: 1 done
 *     04 number       the answer has its question's
 *     08 address      0c bytes: of data, or asked for
 *     10 interrupt levels  11 lines  12 zero: of the sender at that moment
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/qdev-properties.h"
#include "hw/vme/vme.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/runstate.h"

#define TYPE_VME_LINK "vme-link"
OBJECT_DECLARE_SIMPLE_TYPE(VMELinkState, VME_LINK)

#define HEADER_SIZE 20
#define DATA_MAX    (64 * KiB)
#define DEPTH_MAX   8 /* questions that wait for answers at the same time */
#define VERSION     1

typedef enum MessageKind {
    MSG_HELLO = 1, /* the first one; address: version of the protocol */
    MSG_READ,
    MSG_WRITE,
    MSG_IACK,
    MSG_ANSWER,
    MSG_LINES,     /* nothing but the header's lines; answered: one is under way at a time */
    MSG_SYSRESET,
    MSG_KINDS,
} MessageKind;

typedef struct Message {
    uint8_t kind, am, width, result;
    uint32_t number, addr, len;
    uint8_t levels, lines;
} Message;

/* A question whose answer is waited for. */
typedef struct Question {
    uint32_t number;
    uint8_t *buf; /* for the answer's data, `len` bytes; NULL: none */
    uint32_t len;
    bool answered, ok;
    struct Question *outer;
} Question;

struct VMELinkState {
    VMEDevice parent_obj;

    CharBackend chr;
    uint32_t timeout_ms; /* property */

    GByteArray *input;
    QEMUBH *bh;
    bool greeted;  /* the other side is there and speaks the same */
    bool silent;   /* it has left a question unanswered */
    bool deaf;     /* it has said what no board says */
    uint8_t shown_levels, shown_lines; /* that it has been told of */
    bool lines_told, lines_again;
    uint32_t lines_number;
    uint32_t next_number;
    Question *waiting;
    unsigned depth;
};

/* --- messages --- */

static void show_lines(VMELinkState *s, uint8_t levels, uint8_t lines)
{
    vme_set_irq_levels(VME_DEVICE(s), levels);
    vme_set_lines(VME_DEVICE(s), lines & (VME_SYSFAIL | VME_ACFAIL));
}

static void hang_up(VMELinkState *s)
{
    s->greeted = false;
    g_byte_array_set_size(s->input, 0);
    show_lines(s, 0, 0);
}

static bool has_data(const Message *m)
{
    return m->kind == MSG_WRITE || (m->kind == MSG_ANSWER && m->len);
}

static void send_message(VMELinkState *s, Message m, const void *data)
{
    VMEDevice *dev = VME_DEVICE(s);
    g_autoptr(GByteArray) out = g_byte_array_new();
    int sent;

    g_byte_array_set_size(out, HEADER_SIZE);
    memset(out->data, 0, HEADER_SIZE);
    out->data[0] = m.kind;
    out->data[1] = m.am;
    out->data[2] = m.width;
    out->data[3] = m.result;
    stl_be_p(out->data + 4, m.number);
    stl_be_p(out->data + 8, m.addr);
    stl_be_p(out->data + 12, m.len);
    out->data[16] = vme_irq_levels(dev);
    out->data[17] = vme_lines(dev);
    if (has_data(&m)) {
        g_byte_array_append(out, data, m.len);
    }
    sent = qemu_chr_fe_write(&s->chr, out->data, (int)out->len);
    if (sent != (int)out->len && s->greeted) {
        warn_report("%s: the other board doesn't read: no more until the link is opened anew",
                    TYPE_VME_LINK);
        s->deaf = true;
        hang_up(s);
    }
}

/* False: there isn't a whole one yet. *bad: there never will be. */
static bool take_message(VMELinkState *s, Message *m, uint8_t **data, bool *bad)
{
    const uint8_t *in = s->input->data;
    uint32_t total;

    if (s->input->len < HEADER_SIZE) {
        return false;
    }
    *m = (Message){ .kind = in[0], .am = in[1], .width = in[2], .result = in[3],
                    .number = ldl_be_p(in + 4), .addr = ldl_be_p(in + 8), .len = ldl_be_p(in + 12),
                    .levels = in[16], .lines = in[17] };
    *bad = !m->kind || m->kind >= MSG_KINDS || m->len > DATA_MAX ||
           (m->kind != MSG_HELLO && !s->greeted);
    total = HEADER_SIZE + (has_data(m) ? m->len : 0);
    if (*bad || s->input->len < total) {
        return false;
    }
    *data = g_memdup2(in + HEADER_SIZE, total - HEADER_SIZE);
    g_byte_array_remove_range(s->input, 0, total);
    return true;
}

/* --- answering --- */

static void do_transfer(VMELinkState *s, const Message *m, uint8_t *data)
{
    bool write = m->kind == MSG_WRITE;
    bool sane = m->width && m->width <= 8 && !(m->width & (m->width - 1));
    g_autofree uint8_t *buf = write ? NULL : g_malloc0(MAX(m->len, 1));
    uint8_t *bytes = write ? data : buf;
    bool ok = sane && runstate_is_running() &&
              vme_transfer(VME_DEVICE(s), m->am, m->addr, bytes, m->len, m->width, write) == m->len;

    send_message(s, (Message){ .kind = MSG_ANSWER, .number = m->number, .result = ok,
                               .len = ok && !write ? m->len : 0 }, bytes);
}

static void do_iack(VMELinkState *s, const Message *m)
{
    uint8_t statid = 0xff;
    bool ok = m->am >= 1 && m->am <= VME_LEVELS && runstate_is_running() &&
              vme_iack(VME_DEVICE(s), m->am, &statid);

    send_message(s, (Message){ .kind = MSG_ANSWER, .number = m->number, .result = ok, .len = ok },
                 &statid);
}

static void tell_lines(VMELinkState *s)
{
    if (!s->greeted || s->lines_told) {
        s->lines_again = true;
        return;
    }
    s->lines_told = true;
    s->lines_again = false;
    s->lines_number = ++s->next_number;
    send_message(s, (Message){ .kind = MSG_LINES, .number = s->lines_number }, NULL);
}

static void take_answer(VMELinkState *s, const Message *m, const uint8_t *data)
{
    if (s->lines_told && m->number == s->lines_number) {
        s->lines_told = false;
        if (s->lines_again) {
            tell_lines(s);
        }
        return;
    }
    /* One that came too late finds nobody. */
    for (Question *q = s->waiting; q; q = q->outer) {
        if (q->number == m->number) {
            q->answered = true;
            q->ok = m->result && (!q->buf || m->len == q->len);
            if (q->ok && q->buf) {
                memcpy(q->buf, data, q->len);
            }
        }
    }
}

static void greet(VMELinkState *s, const Message *m)
{
    if (m->addr != VERSION) {
        error_report("%s: the other board speaks version %u of the protocol, this one %d",
                     TYPE_VME_LINK, m->addr, VERSION);
        hang_up(s);
        s->deaf = true;
        return;
    }
    s->greeted = true;
    s->silent = false;
    s->lines_told = false;
    tell_lines(s);
}

static void handle_message(VMELinkState *s, const Message *m, uint8_t *data)
{
    s->silent = false;
    if (m->kind == MSG_HELLO) {
        greet(s, m);
    }
    if (s->greeted) {
        show_lines(s, m->levels, m->lines);
    }
    switch ((MessageKind)m->kind) {
    case MSG_READ:
    case MSG_WRITE:
        do_transfer(s, m, data);
        break;
    case MSG_IACK:
        do_iack(s, m);
        break;
    case MSG_ANSWER:
        take_answer(s, m, data);
        break;
    case MSG_LINES:
        send_message(s, (Message){ .kind = MSG_ANSWER, .number = m->number, .result = 1 }, NULL);
        break;
    case MSG_SYSRESET:
        vme_sysreset(VME_DEVICE(s));
        break;
    case MSG_HELLO:
    case MSG_KINDS:
        break;
    }
}

/* May be entered again from the question that a message leads to. */
static void handle_input(void *opaque)
{
    VMELinkState *s = opaque;
    bool bad = false;
    Message m;
    uint8_t *data;

    while (take_message(s, &m, &data, &bad)) {
        handle_message(s, &m, data);
        g_free(data);
    }
    if (bad) {
        error_report("%s: what comes from the socket is no VMEbus: ignored until it is opened anew",
                     TYPE_VME_LINK);
        hang_up(s);
        s->deaf = true;
    }
}

static int link_can_read(void *opaque)
{
    VMELinkState *s = opaque;

    return (int)(s->input->len < 2 * DATA_MAX ? 2 * DATA_MAX - s->input->len : 0);
}

/* Only takes it in: what it leads to may want more input, which the back end can't give now. */
static void link_read(void *opaque, const uint8_t *buf, int size)
{
    VMELinkState *s = opaque;

    if (!s->deaf) {
        g_byte_array_append(s->input, buf, (guint)size);
        qemu_bh_schedule(s->bh);
    }
}

static void link_event(void *opaque, QEMUChrEvent event)
{
    VMELinkState *s = opaque;

    if (event == CHR_EVENT_OPENED) {
        hang_up(s);
        s->deaf = false;
        send_message(s, (Message){ .kind = MSG_HELLO, .addr = VERSION }, NULL);
    } else if (event == CHR_EVENT_CLOSED) {
        hang_up(s);
    }
}

/* --- asking --- */

static bool ask(VMELinkState *s, Message m, const uint8_t *data, uint8_t *answer, uint32_t len)
{
    int64_t end = g_get_monotonic_time() + s->timeout_ms * INT64_C(1000);
    Question q = { .number = ++s->next_number, .buf = answer, .len = len, .outer = s->waiting };

    if (!s->greeted || s->silent || s->depth >= DEPTH_MAX) {
        return false;
    }
    m.number = q.number;
    s->waiting = &q;
    s->depth++;
    send_message(s, m, data);
    handle_input(s);
    while (!q.answered && s->greeted) {
        int64_t left = (end - g_get_monotonic_time() + 999) / 1000;

        if (left <= 0 || !qemu_chr_fe_wait_input(&s->chr, (int)left)) {
            break;
        }
        handle_input(s);
    }
    s->silent |= !q.answered;
    s->depth--;
    s->waiting = q.outer;
    return q.answered && q.ok;
}

static bool link_block(VMEDevice *dev, uint8_t am, uint32_t addr, uint8_t *buf, uint32_t len,
                       bool write)
{
    VMELinkState *s = VME_LINK(dev);
    uint8_t width = vme_modifier(am).kinds & VME_MBLOCK ? 8 : 4;

    if (len > DATA_MAX) {
        return false;
    }
    return ask(s, (Message){ .kind = write ? MSG_WRITE : MSG_READ, .am = am, .width = width,
                             .addr = addr, .len = len },
               buf, write ? NULL : buf, len);
}

static bool link_cycle(VMEDevice *dev, VMECycle *cycle)
{
    uint8_t buf[8];
    bool ok;

    stn_be_p(buf, cycle->size, cycle->data);
    ok = ask(VME_LINK(dev), (Message){ .kind = cycle->write ? MSG_WRITE : MSG_READ, .am = cycle->am,
                                       .width = cycle->size, .addr = cycle->addr,
                                       .len = cycle->size },
             buf, cycle->write ? NULL : buf, cycle->size);
    cycle->data = ldn_be_p(buf, cycle->size);
    return ok;
}

static bool link_iack(VMEDevice *dev, int level, uint8_t *statid)
{
    return ask(VME_LINK(dev), (Message){ .kind = MSG_IACK, .am = (uint8_t)level }, NULL, statid, 1);
}

static void link_lines_changed(VMEDevice *dev)
{
    VMELinkState *s = VME_LINK(dev);
    uint8_t levels = vme_irq_levels(dev), lines = vme_lines(dev);

    if (levels != s->shown_levels || lines != s->shown_lines) {
        s->shown_levels = levels;
        s->shown_lines = lines;
        tell_lines(s);
    }
}

static void link_sysreset(VMEDevice *dev)
{
    VMELinkState *s = VME_LINK(dev);

    if (s->greeted) {
        send_message(s, (Message){ .kind = MSG_SYSRESET }, NULL);
    }
}

/* --- the device --- */

static void link_realize(VMEDevice *dev, Error **errp)
{
    VMELinkState *s = VME_LINK(dev);
    Chardev *chr = qemu_chr_fe_get_driver(&s->chr);

    if (!chr || !object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_SOCKET)) {
        error_setg(errp, "%s: 'chardev' must name a socket", TYPE_VME_LINK);
        return;
    }
    s->bh = qemu_bh_new(handle_input, s);
    qemu_chr_fe_set_handlers(&s->chr, link_can_read, link_read, link_event, NULL, s, NULL, true);
}

static void link_unrealize(VMEDevice *dev)
{
    VMELinkState *s = VME_LINK(dev);

    qemu_chr_fe_deinit(&s->chr, false);
    qemu_bh_delete(s->bh);
}

static void link_instance_init(Object *obj)
{
    VMELinkState *s = VME_LINK(obj);

    s->input = g_byte_array_new();
    VME_DEVICE(obj)->remote = true;
}

static void link_instance_finalize(Object *obj)
{
    g_byte_array_unref(VME_LINK(obj)->input);
}

static Property link_properties[] = {
    DEFINE_PROP_CHR("chardev", VMELinkState, chr),
    DEFINE_PROP_UINT32_RANGE("timeout", VMELinkState, timeout_ms, 2000, 1, 60000),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits link_traits = {
    .desc = "VMEbus of another emulated board, over a socket",
    .properties = link_properties,
};

static void link_class_init(ObjectClass *klass, void *data)
{
    VMEDeviceClass *vc = VME_DEVICE_CLASS(klass);

    device_class_init_traits(klass, (void *)&link_traits);
    vc->realize = link_realize;
    vc->unrealize = link_unrealize;
    vc->cycle = link_cycle;
    vc->block = link_block;
    vc->iack = link_iack;
    vc->lines_changed = link_lines_changed;
    vc->sysreset = link_sysreset;
    set_bit(DEVICE_CATEGORY_BRIDGE, DEVICE_CLASS(klass)->categories);
}

static const TypeInfo link_types[] = {
    {
        .name = TYPE_VME_LINK,
        .parent = TYPE_VME_DEVICE,
        .instance_size = sizeof(VMELinkState),
        .instance_init = link_instance_init,
        .instance_finalize = link_instance_finalize,
        .class_init = link_class_init,
    },
};

DEFINE_TYPES(link_types)
