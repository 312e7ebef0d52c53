/*
 * Page slots: gives each guest access of a region, and every one near the stack pointer, the slot
 * in which it looks for its page first (CPUJitState.page_slots).
 *
 * There is one slot for stacks, as long as that is good: frames that are hot may lie on two pages.
 * Then, and elsewhere, accesses by the same base share a slot, since they are likely to be in the
 * same page: those of a register that hasn't been assigned again, or only moved on by a constant,
 * as pointers in loops are; and so do those with constant addresses in a page. Everything else,
 * with an index for instance, gets a slot of its own, as long as there are enough.
 *
 * Relies on: displacements folded into accesses (pass-address.c). Guarantees: nothing but speed; so
 * the slots that temps have are followed in layout order, whatever the control flow. Must never:
 * touch accesses that must be aligned (their test is part of the TLB's compare) or that aren't to
 * the modes that have slots.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"
#include "qemu/atomic.h"

static size_t nb_accesses;

size_t tcg_page_slot_accesses(void)
{
    return qatomic_read(&nb_accesses);
}

void tcg_use_page_slots(TCGContext *s, TCGPageSlotSet bad)
{
    s->has_page_slots = true;
    s->bad_page_slots = bad;
}

void tcg_use_stack_page_slot(TCGContext *s)
{
    s->has_stack_page_slot = true;
}

static bool may_take_slot(const TCGOp *op)
{
    return !memop_align_mask(get_memop(op->mem.oi)) && get_mmuidx(op->mem.oi) < NB_PAGE_SLOT_MODES;
}

/* Pages with constant addresses: the accesses to each share a slot. */
#define MAX_CONST_PAGES 16

typedef struct ConstPages {
    uint64_t page[MAX_CONST_PAGES];
    uint8_t slot[MAX_CONST_PAGES];
    unsigned nb;
} ConstPages;

static uint8_t slot_of_page(ConstPages *pages, uint64_t page, uint8_t *given)
{
    unsigned i = 0;

    while (i < pages->nb && pages->page[i] != page) {
        i++;
    }
    if (i == pages->nb) {
        if (i == MAX_CONST_PAGES) {
            return 1 + (*given)++ % STACK_PAGE_SLOT;
        }
        pages->page[i] = page;
        pages->slot[i] = 1 + (*given)++ % STACK_PAGE_SLOT;
        pages->nb++;
    }
    return pages->slot[i];
}

/* Where most frames end. */
#define STACK_REACH 2048

/* Of a frame, rather than of an array that is on the stack, too. */
static bool is_near_stack_pointer(const TCGOp *op)
{
    return (get_memop(op->mem.oi) & MO_STACK) && op->mem.disp >= -STACK_REACH &&
           op->mem.disp < STACK_REACH;
}

/* Far from the base is another page than near it. */
static uint8_t slot_at(uint8_t of_base, int64_t disp)
{
    uint32_t pages_away = (disp + (int64_t)TARGET_PAGE_SIZE / 2) >> TARGET_PAGE_BITS;

    return 1 + (of_base - 1 + 17 * pages_away) % STACK_PAGE_SLOT;
}

/* Of a frame that lies on two pages: one of its parts has accesses to both. */
#define FRAME_PART_BITS 7

static uint8_t slot_in_frame(uint8_t of_base, int64_t disp)
{
    return 1 + (of_base - 1 + 5 * (uint32_t)(disp >> FRAME_PART_BITS)) % STACK_PAGE_SLOT;
}

static bool is_bad(const TCGContext *s, bool store, uint8_t slot)
{
    return s->bad_page_slots.of[store] >> (slot - 1) & 1;
}

/* The slot of what the operation computes: its operand's, if that is moved on or copied. */
static uint8_t result_slot(const TCGContext *s, const TCGOp *op, const uint8_t *slots)
{
    bool follows = op->opc == OP_mov || ((op->opc == OP_add || op->opc == OP_sub) &&
                                         temp_is_const(s, op->in[1]));

    return follows ? slots[op->in[0]] : 0;
}

void tcg_pass_slots(TCGContext *s)
{
    uint8_t given = s->tb->pc >> 2; /* regions begin in different places */
    ConstPages pages = { .nb = 0 };
    uint8_t *slots; /* by temp: 1 + the slot of what it points to */
    size_t found = 0;

    if (tcg_backend_kind != TCG_BACKEND_HOST || (!s->has_page_slots && !s->has_stack_page_slot)) {
        return;
    }
    slots = arena_alloc(&s->arena, s->nb_temps);
    memset(slots, 0, s->nb_temps);
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            bool store = op_is_guest_store(op);
            uint8_t slot = 0;

            if (op_is_guest_access(op) && may_take_slot(op)) {
                TempIdx base = op->in[op_address(op)];
                uint8_t *of_base = &slots[base];

                if (temp_is_const(s, base)) {
                    uint64_t address = s->temps[base].value + op->mem.disp;

                    slot = s->has_page_slots
                               ? slot_of_page(&pages, address >> TARGET_PAGE_BITS, &given) : 0;
                } else if (op_has_index(op)) { /* like an address of its own */
                    slot = s->has_page_slots ? 1 + given++ % STACK_PAGE_SLOT : 0;
                } else if (is_near_stack_pointer(op) && !is_bad(s, store, 1 + STACK_PAGE_SLOT)) {
                    slot = 1 + STACK_PAGE_SLOT;
                } else if (s->has_page_slots) {
                    *of_base = *of_base ? *of_base : 1 + given++ % STACK_PAGE_SLOT;
                    slot = is_near_stack_pointer(op) ? slot_in_frame(*of_base, op->mem.disp)
                                                     : slot_at(*of_base, op->mem.disp);
                }
                if (slot && !is_bad(s, store, slot)) {
                    op->mem.slot = slot;
                    found++;
                }
            }
            slot = result_slot(s, op, slots);
            for (unsigned i = 0; i < op->nb_out; i++) {
                slots[op->out[i]] = slot;
            }
        }
    }
    qatomic_add(&nb_accesses, found);
}
