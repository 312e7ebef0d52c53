/*
 * x86-64: guest memory accesses.
 *
 * Window: one instruction [r15 + address + displacement], at least five bytes long so that a jump
 * fits over it when tcg_patch_site() finds that it has to go another way. An address beyond either
 * end of the 4 GiB window hits guard pages. An access that must be aligned is tested before, and
 * goes to a slow path like the TLB's.
 *
 * TLB: with A = guest address and T = scratch,
 *
 *     mov   T, A                       index of the entry
 *     shr   T, 7
 *     and   T, [tlb.mask]
 *     add   T, [tlb.entries]
 *     lea   r11d, [A + size - 1]       page of the last byte: an access across pages never matches
 *     and   r11d, -4096
 *     or    r11, [tlb.tag]
 *     cmp   r11, [T].read
 *     jne   slow
 *     mov   T, [T].addend
 *     movbe value, [T + A]
 *
 * with the 64-bit forms where addresses have 64 bits (MO_WIDE).
 *
 * Page slot (stacks; in regions all bases): the page where the base was last, before the TLB.
 *
 *     lea   r11d, [B + disp]           or [B + I * scale + disp]
 *     sub   r11, [slot.page]
 *     cmp   r11, 4096 - size
 *     ja    miss
 *     add   r11, [slot.host]
 *     movbe value, [r11]
 *
 * and where the address is a constant
 *
 *     cmp   [slot.page], page
 *     jne   miss
 *     mov   r11, [slot.host]
 *     movbe value, [r11 + offset]
 *
 * A miss calls a thunk, which looks into the TLB and fills the slot (prologue.c).
 *
 * Paged window (TCG_SITE_PAGED): as a window; a fault continues at the slow path behind the block.
 *
 * host_ld, host_st: the page slot's or the TLB's lookup, and the host address as the result.
 *
 * Vectors (MO_VECTOR) are moved as they are, by movdqu and movq: the order of their bytes is the
 * front end's.
 *
 * A slow path pushes the MemOpIdx and the site's offset in the code buffer and calls a thunk
 * (prologue.c) with the address in r11 and the value in CPUJitState.slow_value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "emit.h"

typedef struct SlowPath {
    struct SlowPath *next;
    uint8_t slot;    /* TCGOp.mem.slot: the miss is that of a page slot; 0: of the TLB */
    uint8_t *access; /* slot: where to go on with the host address in r11 */
    uint8_t *miss;   /* jump to the slow path; NULL: a paged window's fault leads there */
    uint32_t site;   /* index of its TCGSite */
    X86Mem addr;     /* what a LEA makes the guest address of, unless: */
    bool is_constant;
    uint64_t constant; /* the guest address */
    uint16_t offset;   /* within its page: `access` wants the host's page in r11 */
    const TCGHostRange *range; /* host_ld, host_st: these are theirs */
    uint8_t *unusual;          /* another jump to the slow path, or NULL */
    uint8_t out, nb_values, values[TCG_HOST_VALUES];
} SlowPath;

/* The access as its site describes it: all that is needed to emit it, at translation or later. */
typedef struct Access {
    MemOp op;
    bool store;
    bool wide;     /* the value is an i64 */
    bool vectors;  /* vector registers must survive */
    Operand value; /* register; or constant to store */
} Access;

static Access op_access(const TCGOp *op, const HostOperands *h)
{
    bool store = op->opc == OP_qemu_st;

    return (Access){ get_memop(op->mem.oi), store, op->type == TCG_TYPE_I64,
                     false, store ? h->in[0] : h->out[0] };
}

static bool has_window(const TCGContext *s, const TCGOp *op)
{
    MemOp memop = get_memop(op->mem.oi);
    uint32_t modes = memop & MO_STACK ? s->stack_window_modes : s->window_modes;

    return !op->mem.outside && !(memop & (MO_WIDE | MO_AHEAD)) && (modes >> get_mmuidx(op->mem.oi) & 1);
}

static bool is_paged(const TCGContext *s, const TCGOp *op)
{
    return !has_window(s, op) && !(get_memop(op->mem.oi) & (MO_WIDE | MO_AHEAD)) &&
           (s->paged_modes >> get_mmuidx(op->mem.oi) & 1);
}

static bool has_slot(const TCGContext *s, const TCGOp *op)
{
    return op->mem.slot && (op_is_host_range(op) || !has_window(s, op));
}

/* One at a constant address, which isn't across pages: its page is one that CMP knows. */
static bool has_const_slot(const TCGContext *s, const TCGOp *op)
{
    const TCGTemp *temp = &s->temps[op->in[op_address(op)]];
    uint64_t address = temp->value + op->mem.disp;

    return has_slot(s, op) && !is_paged(s, op) && temp->kind == TEMP_CONST &&
           (get_memop(op->mem.oi) & MO_WIDE) && fits_i32(address & TARGET_PAGE_MASK) &&
           (address & ~TARGET_PAGE_MASK) <= TARGET_PAGE_SIZE - memop_span(get_memop(op->mem.oi));
}

static bool is_never_unusual(const TCGContext *s, const TCGOp *op)
{
    const TCGTemp *unusual = &s->temps[op->in[op->nb_in - 1]];

    return unusual->kind == TEMP_CONST && !unusual->value;
}

unsigned host_access_size(const TCGContext *s, const TCGOp *op)
{
    return has_window(s, op) ? 8 : has_slot(s, op) ? 50 : 80;
}

static void constraint_access(TCGContext *s, const TCGOp *op, OpConstraint *c)
{
    bool store = op->opc == OP_qemu_st, window = has_window(s, op);
    MemOp memop = get_memop(op->mem.oi);

    c->in[store] = (window || has_const_slot(s, op)) && !memop_align_mask(memop) ? IN_IMM : IN_REG;
    if (store) {
        bool swaps_itself = !(memop & MO_BE) || (memop & MO_SIZE) == MO_8 || x86_features.movbe;

        c->in[0] = swaps_itself && (memop & MO_SIZE) != MO_64 ? IN_IMM : IN_REG;
    } else {
        c->reuse = 1;
    }
    c->nb_scratch = window || has_slot(s, op) || is_paged(s, op) ? 0
                    : op->mem.disp || op_has_index(op)           ? 2 : 1;
    if (store && (memop & MO_BE) && !x86_features.movbe) {
        c->nb_scratch++;
    }
}

/* A TLB lookup works in the result's register. */
static void constraint_host_range(TCGContext *s, const TCGOp *op, OpConstraint *c)
{
    unsigned unusual = op->nb_in - 1;

    if (op->opc == OP_host_st && is_never_unusual(s, op)) {
        c->in[unusual] = IN_IMM;
    }
    c->nb_scratch = op->mem.disp && !has_slot(s, op) ? 1 : 0;
}

void x_constraint_guest_access(TCGContext *s, const TCGOp *op, OpConstraint *c)
{
    if (op_is_host_range(op)) {
        constraint_host_range(s, op, c);
        return;
    }
    constraint_access(s, op, c);
}

static uint64_t swapped(uint64_t v, unsigned size)
{
    return size == MO_16 ? __builtin_bswap16(v) : size == MO_32 ? __builtin_bswap32(v) : v;
}

static void emit_store_imm(TCGContext *s, const Access *a, X86Mem m)
{
    static const uint32_t opcodes[] = { X_MOVB_IMM, X_MOV_IMM | X_66, X_MOV_IMM };
    unsigned size = a->op & MO_SIZE;
    uint64_t v = a->op & MO_BE ? swapped(a->value.imm, size) : (uint64_t)a->value.imm;

    x_rm(s, opcodes[size], 0, m);
    for (unsigned i = 0; i < 1u << size; i++) {
        x_byte(s, v >> (8 * i));
    }
}

/* Without movbe: swap in `tmp`, then store that. */
static void swap_into(TCGContext *s, unsigned size, unsigned tmp, unsigned value)
{
    x_rr(s, X_MOV | X_W, tmp, value);
    if (size == MO_16) {
        x_shift_i(s, X_66, SH_ROL, tmp, 8);
    } else {
        x_bswap(s, size == MO_64 ? X_W : 0, tmp);
    }
}

static bool needs_swap(const Access *a)
{
    return (a->op & MO_BE) && (a->op & MO_SIZE) != MO_8 && !x86_features.movbe;
}

static TCGType vector_type(const Access *a)
{
    return a->op & MO_PAIR                ? TCG_TYPE_V128
           : (a->op & MO_SIZE) == MO_64 ? TCG_TYPE_V64
                                        : TCG_TYPE_F32;
}

/* The accessing instruction of a store; `tmp` holds the swapped value where that is needed. */
static void emit_store(TCGContext *s, const Access *a, X86Mem m, unsigned tmp)
{
    static const uint32_t plain[] = { X_MOVB_R, X_MOVW_R, X_MOV_R, X_MOV_R | X_W };
    static const uint32_t movbe[] = { X_MOVB_R, X_MOVBE_R | X_66, X_MOVBE_R, X_MOVBE_R | X_W };
    unsigned size = a->op & MO_SIZE;

    if (a->op & MO_VECTOR) {
        x_vector_store(s, vector_type(a), a->value.reg, m);
    } else if (a->value.kind == OPND_IMM) {
        emit_store_imm(s, a, m);
    } else if (needs_swap(a)) {
        x_rm(s, plain[size], tmp, m);
    } else {
        x_rm(s, a->op & MO_BE ? movbe[size] : plain[size], a->value.reg, m);
    }
}

/* The accessing instruction of a load: one, and the only one that may fault. */
static void emit_load(TCGContext *s, const Access *a, X86Mem m)
{
    static const uint32_t zero[] = { X_MOVZX8, X_MOVZX16, X_MOV, X_MOV | X_W };
    static const uint32_t sign[] = { X_MOVSX8, X_MOVSX16, X_MOVSXD, X_MOV | X_W };
    static const uint32_t movbe[] = { 0, X_MOVZX16, X_MOVBE, X_MOVBE | X_W };
    unsigned size = a->op & MO_SIZE, w = a->wide ? X_W : 0, reg = a->value.reg;

    if (a->op & MO_VECTOR) {
        x_vector_load(s, vector_type(a), reg, m);
    } else if ((a->op & MO_BE) && size != MO_8) {
        x_rm(s, x86_features.movbe ? movbe[size] : zero[size], reg, m);
    } else if (a->op & MO_SIGN) {
        x_rm(s, sign[size] | w, reg, m);
    } else {
        x_rm(s, zero[size], reg, m);
    }
}

/* What makes a loaded value complete: byte order where the load couldn't, and the sign. */
static void emit_load_fixup(TCGContext *s, const Access *a)
{
    unsigned size = a->op & MO_SIZE, reg = a->value.reg;

    if (!(a->op & MO_BE) || size == MO_8) {
        return;
    }
    if (size == MO_16) {
        x_shift_i(s, X_66, SH_ROL, reg, 8);
    } else if (!x86_features.movbe) {
        x_bswap(s, size == MO_64 ? X_W : 0, reg);
    }
    if ((a->op & MO_SIGN) && size < MO_64) {
        x_rr(s, size == MO_16 ? X_MOVSX16 | (a->wide ? X_W : 0) : X_MOVSXD, reg, reg);
    }
}

/*
 * The address operand of a window access; loads a constant beyond the reach of a displacement into
 * r11.
 */
static X86Mem window_mem(TCGContext *s, const TCGOp *op, const Operand *addr)
{
    X86Mem m;

    if (addr->kind == OPND_REG) {
        m = x_mem_index(WINDOW_REG, addr->reg, op->mem.disp);
    } else {
        uint32_t a = addr->imm + op->mem.disp;

        if (a <= INT32_MAX) {
            m = x_mem(WINDOW_REG, a);
        } else {
            x_movi(s, SCRATCH, a);
            m = x_mem_index(WINDOW_REG, SCRATCH, 0);
        }
    }
    m.long_form = true;
    return m;
}

static SlowPath *add_slow_path(TCGContext *s, const TCGSite *site, uint8_t *miss, X86Mem addr)
{
    SlowPath *slow = arena_alloc(&s->arena, sizeof(*slow));

    *slow = (SlowPath){ .next = s->slow_paths, .miss = miss, .site = site - s->sites,
                        .addr = addr };
    s->slow_paths = slow;
    return slow;
}

static unsigned address_w(MemOp op)
{
    return op & MO_WIDE ? X_W : 0;
}

/* The guest address, for LEA; its operands are in registers. */
static X86Mem guest_address(const TCGOp *op, const HostOperands *h)
{
    unsigned addr = op_address(op);
    X86Mem m;

    if (!op_has_index(op)) {
        return x_mem(h->in[addr].reg, op->mem.disp);
    }
    m = x_mem_index(h->in[addr].reg, h->in[addr + 1].reg, op->mem.disp);
    m.scale = op->mem.scale;
    return m;
}

/* The slow path for an address A + disp that isn't as aligned as it must be. */
static void emit_align_check(TCGContext *s, unsigned mask, unsigned A, int32_t disp,
                             const TCGSite *site)
{
    unsigned tested = A;

    if (disp & mask) {
        x_rm(s, X_LEA, SCRATCH, x_mem(A, disp));
        tested = SCRATCH;
    }
    x_rr(s, X_GROUP3, G3_TEST, tested);
    x_imm32(s, mask);
    add_slow_path(s, site, x_jcc_forward(s, CC_NE), x_mem(A, disp));
}

static void emit_window(TCGContext *s, const TCGOp *op, const HostOperands *h, TCGSite *site)
{
    Access a = op_access(op, h);
    unsigned tmp = h->scratch[0], mask = memop_align_mask(a.op);
    X86Mem m;

    if (mask) {
        emit_align_check(s, mask, h->in[a.store].reg, op->mem.disp, site);
    }
    m = window_mem(s, op, &h->in[a.store]);
    if (a.store && needs_swap(&a)) {
        swap_into(s, a.op & MO_SIZE, tmp, a.value.reg);
    }
    /* A call's return address is its site: the two must not be the same. */
    if (site != s->sites && site[-1].code_offset == code_offset(s)) {
        x_nops(s, 1);
    }
    site->kind = is_paged(s, op) ? TCG_SITE_PAGED : TCG_SITE_WINDOW;
    if (site->kind == TCG_SITE_PAGED) {
        add_slow_path(s, site, NULL, x_mem(h->in[a.store].reg, op->mem.disp));
        s->tb->paged = true;
    }
    site->code_offset = code_offset(s);
    if (a.store) {
        emit_store(s, &a, m, tmp);
    } else {
        emit_load(s, &a, m);
    }
    g_assert(code_offset(s) - site->code_offset >= 5);
    if (!a.store) {
        emit_load_fixup(s, &a);
    }
    site->resume_offset = code_offset(s);
}

/* Looks A up: leaves the entry's addend in T; r11 is destroyed. Returns the jump for a miss. */
static uint8_t *emit_tlb_lookup(TCGContext *s, unsigned mode, const Access *a, unsigned A,
                                unsigned T, unsigned size)
{
    unsigned mask = memop_align_mask(a->op);
    unsigned last = size - 1 - mask; /* offset of the last byte, or of the last aligned part */
    unsigned w = address_w(a->op);
    int32_t table = JIT_OFFSET(tlb) + (int32_t)(mode * sizeof(CPUTLBTable));
    uint8_t *miss;

    x_rr(s, X_MOV | w, T, A);
    x_shift_i(s, w, SH_SHR, T, TARGET_PAGE_BITS - CPU_TLB_ENTRY_BITS);
    x_rm(s, X_AND | w, T, x_env(table + (int32_t)offsetof(CPUTLBTable, mask)));
    x_rm(s, X_ADD | X_W, T, x_env(table + (int32_t)offsetof(CPUTLBTable, entries)));
    if (last) {
        x_rm(s, X_LEA | w, SCRATCH, x_mem(A, last));
    } else {
        x_rr(s, X_MOV | w, SCRATCH, A);
    }
    x_group1_ri(s, w, G1_AND, SCRATCH, (int32_t)TARGET_PAGE_MASK | (int32_t)mask);
    x_rm(s, X_OR | X_W, SCRATCH, x_env(table + (int32_t)offsetof(CPUTLBTable, tag)));
    x_rm(s, X_CMP | X_W, SCRATCH,
         x_mem(T, a->store ? offsetof(CPUTLBEntry, write) : offsetof(CPUTLBEntry, read)));
    miss = x_jcc_forward(s, CC_NE);
    x_rm(s, X_MOV | X_W, T, x_mem(T, offsetof(CPUTLBEntry, addend)));
    return miss;
}

static void emit_tlb(TCGContext *s, const TCGOp *op, const HostOperands *h, TCGSite *site)
{
    Access a = op_access(op, h);
    unsigned T = h->scratch[0], A = h->in[a.store].reg;
    bool sum = op->mem.disp || op_has_index(op);
    unsigned tmp = h->scratch[sum ? 2 : 1];

    if (sum) {
        A = h->scratch[1];
        x_rm(s, X_LEA | address_w(a.op), A, guest_address(op, h));
    }
    if (a.store && needs_swap(&a)) {
        swap_into(s, a.op & MO_SIZE, tmp, a.value.reg);
    }
    add_slow_path(s, site,
                  emit_tlb_lookup(s, get_mmuidx(op->mem.oi), &a, A, T, memop_span(a.op)),
                  x_mem(A, 0));
    site->kind = TCG_SITE_TLB;
    site->code_offset = code_offset(s);
    if (a.store) {
        emit_store(s, &a, x_mem_index(T, A, 0), tmp);
    } else {
        emit_load(s, &a, x_mem_index(T, A, 0));
        emit_load_fixup(s, &a);
    }
    site->resume_offset = code_offset(s);
}

static int32_t slot_offset(unsigned mode, bool store, unsigned slot)
{
    return JIT_OFFSET(page_slots) + (int32_t)((mode * 2 + store) * sizeof(CPUPageSlots)) +
           (int32_t)offsetof(CPUPageSlots, slot[slot - 1]);
}

/* Looks for the address in the slot; returns where the access finds it. */
static X86Mem emit_slot_lookup(TCGContext *s, const TCGOp *op, const HostOperands *h, int32_t slot,
                               const TCGSite *site)
{
    MemOp memop = get_memop(op->mem.oi);
    X86Mem page = x_env(slot + (int32_t)offsetof(CPUPageSlot, page));
    X86Mem host = x_env(slot + (int32_t)offsetof(CPUPageSlot, host)), address;
    SlowPath *slow;

    if (has_const_slot(s, op)) {
        uint64_t constant = h->in[op_address(op)].imm + op->mem.disp;

        x_group1_mi(s, X_W, G1_CMP, page, (int32_t)(constant & TARGET_PAGE_MASK));
        slow = add_slow_path(s, site, x_jcc_forward(s, CC_NE), x_mem(SCRATCH, 0));
        slow->is_constant = true;
        slow->constant = constant;
        slow->offset = constant & ~TARGET_PAGE_MASK;
        x_rm(s, X_MOV | X_W, SCRATCH, host);
    } else {
        address = guest_address(op, h);
        x_rm(s, X_LEA | address_w(memop), SCRATCH, address);
        x_rm(s, X_SUB | X_W, SCRATCH, page);
        x_group1_ri(s, X_W, G1_CMP, SCRATCH, TARGET_PAGE_SIZE - memop_span(memop));
        slow = add_slow_path(s, site, x_jcc_forward(s, CC_A), address);
        x_rm(s, X_ADD | X_W, SCRATCH, host);
    }
    slow->slot = op->mem.slot;
    slow->access = s->code_ptr;
    return x_mem(SCRATCH, slow->offset);
}

static void emit_slot(TCGContext *s, const TCGOp *op, const HostOperands *h, TCGSite *site)
{
    Access a = op_access(op, h);
    unsigned tmp = h->scratch[0];
    int32_t slot = slot_offset(get_mmuidx(op->mem.oi), a.store, op->mem.slot);
    X86Mem m;

    if (a.store && needs_swap(&a)) {
        swap_into(s, a.op & MO_SIZE, tmp, a.value.reg);
    }
    m = emit_slot_lookup(s, op, h, slot, site);
    site->kind = TCG_SITE_TLB;
    site->code_offset = code_offset(s);
    if (a.store) {
        emit_store(s, &a, m, tmp);
    } else {
        emit_load(s, &a, m);
        emit_load_fixup(s, &a);
    }
    site->resume_offset = code_offset(s);
}

static SlowPath host_range_path(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    SlowPath path = { .range = op->mem.range, .out = h->out[0].reg };

    if (op->opc == OP_host_st) {
        path.nb_values = op_address(op);
        for (unsigned i = 0; i < path.nb_values; i++) {
            path.values[i] = h->in[i].reg;
        }
    }
    return path;
}

static void find_in_tlb(TCGContext *s, const TCGOp *op, unsigned A, unsigned T, unsigned sum,
                        SlowPath *path, TCGSite *site)
{
    Access a = { .op = get_memop(op->mem.oi), .store = op->opc == OP_host_st };

    if (op->mem.disp) {
        A = sum;
        x_rm(s, X_LEA | address_w(a.op), A, path->addr);
    }
    path->miss = emit_tlb_lookup(s, get_mmuidx(op->mem.oi), &a, A, T, op->mem.range->span);
    site->code_offset = code_offset(s);
    x_rr(s, X_ADD | X_W, T, A);
}

/* A byte is looked at, so that what an empty slot leads to is found out here. */
static void find_in_slot(TCGContext *s, const TCGOp *op, unsigned T, SlowPath *path, TCGSite *site)
{
    int32_t slot = slot_offset(get_mmuidx(op->mem.oi), op->opc == OP_host_st, op->mem.slot);

    x_rm(s, X_LEA | address_w(get_memop(op->mem.oi)), SCRATCH, path->addr);
    x_rm(s, X_SUB | X_W, SCRATCH, x_env(slot + (int32_t)offsetof(CPUPageSlot, page)));
    x_group1_ri(s, X_W, G1_CMP, SCRATCH, TARGET_PAGE_SIZE - (int32_t)op->mem.range->span);
    path->miss = x_jcc_forward(s, CC_A);
    x_rm(s, X_ADD | X_W, SCRATCH, x_env(slot + (int32_t)offsetof(CPUPageSlot, host)));
    path->slot = op->mem.slot;
    path->access = s->code_ptr;
    site->code_offset = code_offset(s);
    x_rm(s, X_CMP8, RAX, x_mem(SCRATCH, 0));
    x_rr(s, X_MOV | X_W, T, SCRATCH);
}

static void emit_host_range(TCGContext *s, const TCGOp *op, const HostOperands *h, TCGSite *site)
{
    unsigned A = h->in[op_address(op)].reg, T = h->out[0].reg;
    SlowPath path = host_range_path(s, op, h);

    if (op->opc == OP_host_st && !is_never_unusual(s, op)) {
        unsigned unusual = h->in[op->nb_in - 1].reg;

        x_rr(s, X_TEST | X_W, unusual, unusual);
        path.unusual = x_jcc_forward(s, CC_NE);
    }
    path.addr = x_mem(A, op->mem.disp);
    site->kind = TCG_SITE_TLB;
    if (has_slot(s, op)) {
        find_in_slot(s, op, T, &path, site);
    } else {
        find_in_tlb(s, op, A, T, h->scratch[0], &path, site);
    }
    site->resume_offset = code_offset(s);
    path.site = site - s->sites;
    path.next = s->slow_paths;
    s->slow_paths = arena_alloc(&s->arena, sizeof(path));
    *s->slow_paths = path;
}

void host_emit_guest_access(TCGContext *s, const TCGOp *op, const HostOperands *h, TCGSite *site)
{
    if (op_is_host_range(op)) {
        emit_host_range(s, op, h, site);
    } else if (has_window(s, op) || is_paged(s, op)) {
        emit_window(s, op, h, site);
    } else if (has_slot(s, op)) {
        emit_slot(s, op, h, site);
    } else {
        emit_tlb(s, op, h, site);
    }
}

static Access site_access(const TCGSite *site)
{
    return (Access){ get_memop(site->oi), site->store, site->value_is_64, site->vectors,
                     { .kind = site->value_kind == TCG_LOC_CONST ? OPND_IMM : OPND_REG,
                       .reg = site->value, .imm = site->value } };
}

static void store_slow_value(TCGContext *s, const Access *a)
{
    X86Mem m = x_jit(slow_value);

    if (a->op & MO_VECTOR) {
        x_vector_store(s, vector_type(a), a->value.reg, m);
    } else if (a->value.kind == OPND_REG) {
        x_rm(s, X_MOV_R | X_W, a->value.reg, m);
    } else {
        x_rm(s, X_MOV_IMM | X_W, 0, m); /* at most 32 bits count */
        x_imm32(s, a->value.imm);
    }
}

/*
 * Calls the runtime for the access; the address is in r11. All registers but r11 and a load's
 * result survive. slot: a page slot's path, which a thunk may fill.
 */
static void emit_slow_call(TCGContext *s, const Access *a, MemOpIdx oi, const uint8_t *site_addr,
                           const SlowPath *slot)
{
    uint8_t *done;

    if (a->store) {
        store_slow_value(s, a);
    }
    x_push_imm(s, slot ? oi | (slot->slot - 1) << FILL_SLOT_SHIFT |
                             (a->op & MO_VECTOR ? FILL_VECTOR_VALUE : 0) |
                             (a->vectors ? FILL_VECTORS : 0) |
                             (memop_span(a->op) - 1) << FILL_LAST_BYTE_SHIFT
                       : oi);
    x_push_imm(s, site_addr - tcg_buffer);
    if (slot) {
        x_call(s, x_thunk_fill_slot[get_mmuidx(oi)][a->store]);
        if (slot->offset) {
            done = x_jcc_short(s, CC_NE);
            x_rm(s, X_LEA | X_W, SCRATCH, x_mem(SCRATCH, -slot->offset));
            x_jmp_back(s, slot->access);
            x_land_short(s, done);
        } else {
            x_jcc_back(s, CC_E, slot->access);
        }
    } else if (a->op & MO_VECTOR) {
        x_call(s, a->store ? x_thunk_store_vector[a->vectors] : x_thunk_load_vector[a->vectors]);
    } else {
        x_call(s, a->store ? x_thunk_store[a->vectors] : x_thunk_load[a->vectors]);
    }
    if (!a->store && (a->op & MO_VECTOR)) {
        x_vector_load(s, vector_type(a), a->value.reg, x_jit(slow_value));
    } else if (!a->store) {
        x_rr(s, X_MOV | (a->wide ? X_W : 0), a->value.reg, SCRATCH);
    }
}

/* The address is in r11. */
static void emit_host_range_call(TCGContext *s, const SlowPath *p, const TCGSite *site)
{
    for (unsigned i = 0; i < p->nb_values; i++) {
        X86Mem m = x_jit(host_values);

        m.disp += (int32_t)(i * sizeof(JitVector));
        x_vector_store(s, TCG_TYPE_V128, p->values[i], m);
    }
    x_rm(s, X_MOV_R | X_W, SCRATCH, x_jit(host_address));
    x_push_imm(s, (int32_t)p->range->arg);
    x_push_imm(s, s->code + site->code_offset - tcg_buffer);
    if (unlikely(tcg_runtime->host_range)) {
        host_note_called(s, p->range->slow);
        x_movi(s, SCRATCH, (uintptr_t)tcg_runtime->host_range);
    } else {
        x_movi(s, SCRATCH, (uintptr_t)p->range->slow);
    }
    x_call(s, x_thunk_host_range[site->vectors]);
    x_rr(s, X_MOV | X_W, p->out, SCRATCH);
}

static void finish_host_range(TCGContext *s, const SlowPath *p, const TCGSite *site)
{
    unsigned w = address_w(get_memop(site->oi));
    uint8_t *call = NULL;

    if (p->unusual) {
        x_land(s, p->unusual);
        x_rm(s, X_LEA | w, SCRATCH, p->addr);
        call = x_jmp_short(s);
    }
    x_land(s, p->miss);
    x_rm(s, X_LEA | w, SCRATCH, p->addr);
    if (p->slot) {
        x_push_imm(s, site->oi | (p->slot - 1) << FILL_SLOT_SHIFT | FILL_OR_RETURN |
                          (p->range->span - 1) << FILL_LAST_BYTE_SHIFT);
        x_push_imm(s, s->code + site->code_offset - tcg_buffer);
        x_call(s, x_thunk_fill_slot[get_mmuidx(site->oi)][site->store]);
        x_jcc_back(s, CC_E, p->access);
    }
    if (call) {
        x_land_short(s, call);
    }
    emit_host_range_call(s, p, site);
    x_jmp_back(s, s->code + site->resume_offset);
}

void x_finish_slow_paths(TCGContext *s)
{
    for (SlowPath *p = s->slow_paths; p; p = p->next) {
        const TCGSite *site = &s->sites[p->site];
        Access a = site_access(site);

        if (s->code_limit - s->code_ptr < 256) {
            s->overflow = true;
            return;
        }
        if (p->range) {
            finish_host_range(s, p, site);
            continue;
        }
        if (p->miss) {
            x_land(s, p->miss);
        } else {
            s->sites[p->site].slow_offset = code_offset(s);
        }
        if (p->is_constant) {
            x_movi(s, SCRATCH, p->constant);
        } else {
            x_rm(s, X_LEA | address_w(a.op), SCRATCH, p->addr);
        }
        emit_slow_call(s, &a, p->miss ? site->oi : site->oi | MEMOP_IDX_PAGED,
                       s->code + site->code_offset, p->slot ? p : NULL);
        x_jmp_back(s, s->code + site->resume_offset);
    }
    s->slow_paths = NULL;
}

/* Three registers that the site's access doesn't use. */
static void pick_free_regs(const TCGSite *site, const Access *a, unsigned *A, unsigned *T,
                           unsigned *tmp)
{
    static const uint8_t candidates[] = { RAX, RCX, RDX, RSI, RDI, R8 };
    unsigned *wanted[] = { A, T, tmp };
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(candidates) && n < 3; i++) {
        bool is_addr = site->addr_kind == TCG_LOC_REG && site->addr == candidates[i];
        bool is_value = a->value.kind == OPND_REG && a->value.reg == candidates[i];

        if (!is_addr && !is_value) {
            *wanted[n++] = candidates[i];
        }
    }
}

static void emit_site_address(TCGContext *s, const TCGSite *site, unsigned A)
{
    if (site->addr_kind == TCG_LOC_CONST) {
        x_movi(s, A, (uint32_t)(site->addr + site->disp));
    } else {
        x_rm(s, X_LEA, A, x_mem(site->addr, site->disp));
    }
}

static void emit_patch_stub(TCGContext *s, const TranslationBlock *tb, const TCGSite *site)
{
    const uint8_t *code = tb_code(tb), *resume = code + site->resume_offset;
    Access a = site_access(site);
    unsigned A = 0, T = 0, tmp = 0;
    uint8_t *miss;

    pick_free_regs(site, &a, &A, &T, &tmp);
    x_push(s, A);
    x_push(s, T);
    x_push(s, tmp);
    emit_site_address(s, site, A);
    if (a.store && needs_swap(&a)) {
        swap_into(s, a.op & MO_SIZE, tmp, a.value.reg);
    }
    miss = emit_tlb_lookup(s, get_mmuidx(site->oi), &a, A, T, memop_span(a.op));
    if (a.store) {
        emit_store(s, &a, x_mem_index(T, A, 0), tmp);
    } else {
        emit_load(s, &a, x_mem_index(T, A, 0));
        emit_load_fixup(s, &a);
    }
    x_pop(s, tmp);
    x_pop(s, T);
    x_pop(s, A);
    x_jmp(s, resume);
    x_land(s, miss);
    x_rr(s, X_MOV, SCRATCH, A);
    x_pop(s, tmp);
    x_pop(s, T);
    x_pop(s, A);
    emit_slow_call(s, &a, site->oi, code + site->code_offset, NULL);
    x_jmp(s, resume);
}

#define JMP_REL32 0xe9

const void *host_patch_site(TranslationBlock *tb, const TCGSite *site)
{
    static __thread TCGContext out; /* only where code goes matters, and it is too big to clear */
    uint8_t *start = tcg_code_begin(&out.code_limit);
    const uint8_t *code = (const uint8_t *)tb_code(tb) + site->code_offset;
    int32_t distance;

    if (*code == JMP_REL32) { /* another CPU has been faster: no access starts with that */
        memcpy(&distance, code + 1, sizeof(distance));
        return code + 5 + distance;
    }
    if (out.code_limit - start < 512) {
        return NULL;
    }
    out.code = out.code_ptr = start;
    out.flags_end = NULL;
    emit_patch_stub(&out, tb, site);
    tcg_code_commit(out.code_ptr);
    tcg_register_stub(start, tb);
    out.code_ptr = (uint8_t *)tb_code(tb) + site->code_offset;
    x_jmp(&out, start);
    return start;
}
