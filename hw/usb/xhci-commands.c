/*
 * xHCI: the command ring, and the slots and endpoints that commands make.
 *
 * Contexts are read from memory when a command says that they count, and checked then; what the
 * controller needs of them it keeps. Output contexts are for software to look at.
 *
 * Reference: eXtensible Host Controller Interface 1.2, sections 4.5, 4.6, 6.2 and 6.4.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "xhci-internal.h"

#define COMMANDS_A_TURN 64
#define INPUT_SIZE      ((XHCI_NUM_ENDPOINTS + 2) * XHCI_CONTEXT_SIZE)
#define CRCR_RUNNING    0x8

/* Words of a slot context (6.2.2). */
#define SLOT_ROUTE(w0)      ((w0) & 0xfffff)
#define SLOT_ENTRIES(w0)    ((w0) >> 27)
#define SLOT_PORT(w1)       ((w1) >> 16 & 0xff)
#define SLOT_HUB_BITS       0x06000000 /* hub, MTT */
#define SLOT_NUM_PORTS      0xff000000

typedef struct Command {
    XhciTrb trb;
    unsigned slot; /* from 1; of the event too */
} Command;

/* --- contexts --- */

typedef struct Context {
    uint32_t w[XHCI_CONTEXT_SIZE / 4];
} Context;

static bool read_context(XhciState *s, uint64_t at, Context *context)
{
    if (!xhci_dma_read(s, at, context->w, sizeof(context->w))) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(context->w); i++) {
        context->w[i] = le32_to_cpu(context->w[i]);
    }
    return true;
}

static bool write_context(XhciState *s, uint64_t at, const Context *context)
{
    Context raw;

    for (size_t i = 0; i < G_N_ELEMENTS(raw.w); i++) {
        raw.w[i] = cpu_to_le32(context->w[i]);
    }
    return xhci_dma_write(s, at, raw.w, sizeof(raw.w));
}

/* The n-th of an input context: 0 is the control context, 1 the slot's (6.2.5). */
static bool read_input(XhciState *s, const Command *c, unsigned n, Context *context)
{
    return read_context(s, (c->trb.parameter & ~0xfULL) + n * XHCI_CONTEXT_SIZE, context);
}

/* The slot's state, and how many contexts are in use, for software. */
static void store_slot(XhciState *s, XhciSlot *slot)
{
    unsigned entries = 0, number = slot - s->slots + 1;
    Context context;

    if (!read_context(s, slot->context, &context)) {
        return;
    }
    for (unsigned i = 0; i < XHCI_NUM_ENDPOINTS; i++) {
        entries = slot->endpoints[i].state != EP_DISABLED ? i + 1 : entries;
    }
    context.w[0] = (context.w[0] & ~0xf8000000) | entries << 27;
    context.w[3] = (slot->state >= SLOT_ADDRESSED ? number : 0) | (uint32_t)slot->state << 27;
    write_context(s, slot->context, &context);
}

/* --- endpoints --- */

static void disable_endpoint(XhciEndpoint *ep)
{
    xhci_drop_td(ep);
    ep->state = EP_DISABLED;
}

static void enable_endpoint(XhciState *s, XhciSlot *slot, unsigned dci, const Context *input)
{
    XhciEndpoint *ep = &slot->endpoints[dci - 1];
    Context output = *input;
    uint64_t dequeue = (uint64_t)input->w[3] << 32 | input->w[2];

    xhci_drop_td(ep);
    ep->type = input->w[1] >> 3 & 7;
    ep->interval = input->w[0] >> 16 & 0xff;
    ep->state = EP_RUNNING;
    ep->ring.dequeue = dequeue & ~0xfULL;
    ep->ring.cycle = dequeue & 1;
    output.w[0] = (output.w[0] & ~7) | EP_RUNNING;
    write_context(s, slot->context + dci * XHCI_CONTEXT_SIZE, &output);
}

/* The type agrees with the index; streams aren't offered (MaxPSASize is 0). */
static bool is_sane_endpoint(unsigned dci, const Context *input)
{
    unsigned type = input->w[1] >> 3 & 7, streams = input->w[0] >> 10 & 0x1f;
    bool type_in = type & EP_TYPE_IN, index_in = dci & 1;

    return type && !streams && (type == EP_TYPE_CONTROL ? dci == 1 : type_in == index_in);
}

/* --- slots --- */

static void free_slot(XhciSlot *slot)
{
    for (int i = 0; i < XHCI_NUM_ENDPOINTS; i++) {
        disable_endpoint(&slot->endpoints[i]);
    }
    slot->enabled = false;
    slot->state = SLOT_DISABLED;
    slot->dev = NULL;
}

void xhci_slots_reset(XhciState *s)
{
    for (int i = 0; i < XHCI_NUM_SLOTS; i++) {
        free_slot(&s->slots[i]);
    }
}

static XhciSlot *slot_of(XhciState *s, const Command *c)
{
    return &s->slots[c->slot - 1];
}

static unsigned enable_slot(XhciState *s, Command *c)
{
    unsigned allowed = MIN(register_get(&s->regs, ROW_CONFIG) & 0xff, XHCI_NUM_SLOTS);

    for (unsigned i = 0; i < allowed; i++) {
        if (!s->slots[i].enabled) {
            s->slots[i].enabled = true;
            c->slot = i + 1;
            return CC_SUCCESS;
        }
    }
    return CC_NO_SLOTS;
}

static unsigned disable_slot(XhciState *s, Command *c)
{
    XhciSlot *slot = slot_of(s, c);
    bool has_context = slot->state != SLOT_DISABLED;

    free_slot(slot);
    if (has_context) {
        store_slot(s, slot);
    }
    return CC_SUCCESS;
}

static bool read_output_pointer(XhciState *s, unsigned number, uint64_t *pointer)
{
    uint64_t table = register_get(&s->regs, ROW_DCBAAP);
    uint8_t bytes[8];

    if (!xhci_dma_read(s, table + number * sizeof(bytes), bytes, sizeof(bytes))) {
        return false;
    }
    *pointer = ldq_le_p(bytes) & ~0x3fULL;
    return true;
}

static unsigned address_device(XhciState *s, Command *c)
{
    XhciSlot *slot = slot_of(s, c);
    bool keep_default = c->trb.control & TRB_BSR;
    Context control, input, ep0;
    USBDevice *dev;

    if (!read_input(s, c, 0, &control) || !read_input(s, c, 1, &input) ||
        !read_input(s, c, 2, &ep0) || !read_output_pointer(s, c->slot, &slot->context)) {
        return CC_RESOURCE_ERROR;
    }
    if (slot->state > (keep_default ? SLOT_DISABLED : SLOT_DEFAULT)) {
        return CC_CONTEXT_STATE_ERROR;
    }
    if ((control.w[1] & 3) != 3 || !is_sane_endpoint(1, &ep0)) {
        return CC_PARAMETER_ERROR;
    }
    slot->route = SLOT_ROUTE(input.w[0]);
    slot->port = SLOT_PORT(input.w[1]);
    dev = xhci_find_device(s, slot->port, slot->route);
    if (!dev || !dev->port->enabled || dev->state < USB_STATE_DEFAULT) {
        return CC_TRANSACTION_ERROR;
    }
    for (int i = 0; i < XHCI_NUM_SLOTS; i++) {
        if (&s->slots[i] != slot && s->slots[i].dev == dev) {
            s->slots[i].dev = NULL; /* software has given the device another slot */
        }
    }
    slot->dev = dev;
    slot->state = keep_default ? SLOT_DEFAULT : SLOT_ADDRESSED;
    usb_set_address(dev, keep_default ? 0 : c->slot);
    write_context(s, slot->context, &input);
    enable_endpoint(s, slot, 1, &ep0);
    store_slot(s, slot);
    return CC_SUCCESS;
}

static void deconfigure(XhciSlot *slot, XhciState *s)
{
    for (unsigned i = 1; i < XHCI_NUM_ENDPOINTS; i++) {
        XhciEndpoint *ep = &slot->endpoints[i];

        if (ep->state != EP_DISABLED) {
            disable_endpoint(ep);
            xhci_store_endpoint(ep);
        }
    }
}

static unsigned configure_endpoint(XhciState *s, Command *c)
{
    XhciSlot *slot = slot_of(s, c);
    Context control, input, eps[XHCI_NUM_ENDPOINTS + 1], output;
    uint32_t drop, add;

    if (slot->state < SLOT_ADDRESSED) {
        return CC_CONTEXT_STATE_ERROR;
    }
    if (c->trb.control & TRB_DC) {
        deconfigure(slot, s);
        slot->state = SLOT_ADDRESSED;
        store_slot(s, slot);
        return CC_SUCCESS;
    }
    if (!read_input(s, c, 0, &control) || !read_input(s, c, 1, &input) ||
        !read_context(s, slot->context, &output)) {
        return CC_RESOURCE_ERROR;
    }
    drop = control.w[0];
    add = control.w[1];
    if ((drop & 3) || (add & 3) != 1) {
        return CC_PARAMETER_ERROR;
    }
    /* All are looked at before one is changed: the command does everything or nothing. */
    for (unsigned dci = 2; dci <= XHCI_NUM_ENDPOINTS; dci++) {
        if (add >> dci & 1) {
            if (!read_input(s, c, dci + 1, &eps[dci])) {
                return CC_RESOURCE_ERROR;
            }
            if (!is_sane_endpoint(dci, &eps[dci])) {
                return CC_PARAMETER_ERROR;
            }
        }
    }
    for (unsigned dci = 2; dci <= XHCI_NUM_ENDPOINTS; dci++) {
        if (drop >> dci & 1) {
            disable_endpoint(&slot->endpoints[dci - 1]);
            xhci_store_endpoint(&slot->endpoints[dci - 1]);
        }
        if (add >> dci & 1) {
            enable_endpoint(s, slot, dci, &eps[dci]);
        }
    }
    output.w[0] = (output.w[0] & ~SLOT_HUB_BITS) | (input.w[0] & SLOT_HUB_BITS);
    output.w[1] = (output.w[1] & ~SLOT_NUM_PORTS) | (input.w[1] & SLOT_NUM_PORTS);
    write_context(s, slot->context, &output);
    slot->state = SLOT_CONFIGURED;
    store_slot(s, slot);
    return CC_SUCCESS;
}

/* Of the slot: exit latency and interrupter; of endpoint 0: the size of packets (4.6.7). */
static unsigned evaluate_context(XhciState *s, Command *c)
{
    XhciSlot *slot = slot_of(s, c);
    Context control, input, output;

    if (slot->state < SLOT_DEFAULT) {
        return CC_CONTEXT_STATE_ERROR;
    }
    if (!read_input(s, c, 0, &control)) {
        return CC_RESOURCE_ERROR;
    }
    if (control.w[0] || (control.w[1] & ~3)) {
        return CC_PARAMETER_ERROR;
    }
    if ((control.w[1] & 1) && read_input(s, c, 1, &input) &&
        read_context(s, slot->context, &output)) {
        output.w[1] = (output.w[1] & ~0xffff) | (input.w[1] & 0xffff);
        output.w[2] = (output.w[2] & ~0xffc00000) | (input.w[2] & 0xffc00000);
        write_context(s, slot->context, &output);
    }
    if ((control.w[1] & 2) && read_input(s, c, 2, &input) &&
        read_context(s, slot->context + XHCI_CONTEXT_SIZE, &output)) {
        output.w[1] = (output.w[1] & 0xffff) | (input.w[1] & 0xffff0000);
        write_context(s, slot->context + XHCI_CONTEXT_SIZE, &output);
    }
    return CC_SUCCESS;
}

/* Back to the default state, with endpoint 0 alone (4.6.11). */
static unsigned reset_device(XhciState *s, Command *c)
{
    XhciSlot *slot = slot_of(s, c);

    if (slot->state < SLOT_ADDRESSED) {
        return CC_CONTEXT_STATE_ERROR;
    }
    deconfigure(slot, s);
    xhci_drop_td(&slot->endpoints[0]);
    slot->state = SLOT_DEFAULT;
    store_slot(s, slot);
    return CC_SUCCESS;
}

/* --- endpoint commands --- */

/* The endpoint that a command names; NULL, with *code, if there is none. */
static XhciEndpoint *endpoint_of(XhciState *s, const Command *c, unsigned *code)
{
    unsigned dci = c->trb.control >> 16 & 0x1f;
    XhciEndpoint *ep = dci ? &slot_of(s, c)->endpoints[dci - 1] : NULL;

    if (!ep) {
        *code = CC_TRB_ERROR;
    } else if (ep->state == EP_DISABLED) {
        *code = CC_ENDPOINT_NOT_ENABLED;
        ep = NULL;
    }
    return ep;
}

static unsigned stop_endpoint(XhciState *s, Command *c)
{
    unsigned code = CC_SUCCESS;
    XhciEndpoint *ep = endpoint_of(s, c, &code);

    if (ep && ep->state != EP_RUNNING) {
        return CC_CONTEXT_STATE_ERROR;
    }
    if (ep) {
        xhci_stop_td(ep);
        ep->state = EP_STOPPED;
        xhci_store_endpoint(ep);
    }
    return code;
}

static unsigned reset_endpoint(XhciState *s, Command *c)
{
    unsigned code = CC_SUCCESS;
    XhciEndpoint *ep = endpoint_of(s, c, &code);

    if (ep && ep->state != EP_HALTED) {
        return CC_CONTEXT_STATE_ERROR;
    }
    if (ep) {
        ep->state = EP_STOPPED;
        xhci_store_endpoint(ep);
    }
    return code;
}

static unsigned set_dequeue(XhciState *s, Command *c)
{
    unsigned code = CC_SUCCESS;
    XhciEndpoint *ep = endpoint_of(s, c, &code);

    if (ep && ep->state != EP_STOPPED && ep->state != EP_ERROR) {
        return CC_CONTEXT_STATE_ERROR;
    }
    if (ep) {
        ep->ring.dequeue = c->trb.parameter & ~0xfULL;
        ep->ring.cycle = c->trb.parameter & 1;
        ep->state = EP_STOPPED;
        xhci_store_endpoint(ep);
    }
    return code;
}

static unsigned no_operation(XhciState *s, Command *c)
{
    return CC_SUCCESS;
}

/* --- the ring --- */

static const struct {
    unsigned (*run)(XhciState *s, Command *c); /* a completion code */
    bool needs_slot;
} commands[] = {
    [TRB_ENABLE_SLOT] = { enable_slot },
    [TRB_DISABLE_SLOT] = { disable_slot, true },
    [TRB_ADDRESS_DEVICE] = { address_device, true },
    [TRB_CONFIGURE_ENDPOINT] = { configure_endpoint, true },
    [TRB_EVALUATE_CONTEXT] = { evaluate_context, true },
    [TRB_RESET_ENDPOINT] = { reset_endpoint, true },
    [TRB_STOP_ENDPOINT] = { stop_endpoint, true },
    [TRB_SET_DEQUEUE] = { set_dequeue, true },
    [TRB_RESET_DEVICE] = { reset_device, true },
    [TRB_NOOP_COMMAND] = { no_operation },
};

static unsigned run_command(XhciState *s, Command *c)
{
    unsigned type = trb_type(&c->trb);

    if (type >= G_N_ELEMENTS(commands) || !commands[type].run) {
        qemu_log_dev(LOG_UNIMP, TYPE_XHCI, "command", "type %u not modelled", type);
        return CC_TRB_ERROR;
    }
    if (commands[type].needs_slot &&
        (!c->slot || c->slot > XHCI_NUM_SLOTS || !slot_of(s, c)->enabled)) {
        return CC_SLOT_NOT_ENABLED;
    }
    return commands[type].run(s, c);
}

static void command_event(XhciState *s, uint64_t at, unsigned code, unsigned slot)
{
    XhciTrb event = {
        .parameter = at,
        .status = code << 24,
        .control = TRB_COMMAND_EVENT << 10 | slot << 24,
    };

    xhci_post_event(s, 0, &event);
}

static void set_ring_running(XhciState *s, bool run)
{
    uint64_t crcr = register_get(&s->regs, ROW_CRCR);

    s->commands_run = run;
    register_set(&s->regs, ROW_CRCR, run ? crcr | CRCR_RUNNING : crcr & ~CRCR_RUNNING);
}

void xhci_run_commands(XhciState *s)
{
    s->commands_again = false;
    if (!xhci_is_running(s)) {
        return;
    }
    set_ring_running(s, true);
    for (int i = 0; i < COMMANDS_A_TURN; i++) {
        Command c = { 0 };
        unsigned code;

        if (xhci_events_wait(s, 0)) {
            s->commands_again = true;
            return;
        }
        if (xhci_fetch(s, &s->commands, &c.trb) != XHCI_FETCH_OK) {
            return;
        }
        c.slot = c.trb.control >> 24;
        code = run_command(s, &c);
        if (!xhci_is_running(s)) {
            return; /* memory didn't answer */
        }
        command_event(s, c.trb.at, code, c.slot);
    }
    s->commands_again = true;
    xhci_schedule_turn(s);
}

void xhci_stop_commands(XhciState *s)
{
    if (s->commands_run) {
        set_ring_running(s, false);
        command_event(s, s->commands.dequeue, CC_RING_STOPPED, 0);
    }
    s->commands_again = false;
}
