/*
 * System management mode: into it by an SMI, out of it by RSM.
 *
 * A CPU that knows long mode saves its state in the layout of AMD64, others in that of the P6. What
 * the latter keeps where nobody is told (segments' limits and attributes, CR4, the tables) has a
 * place of our own in its reserved part, so that a handler may exchange the area as a whole.
 *
 * While a CPU is in SMM its accesses are `secure` ones, which go to its second address space; a CPU
 * without one has no SMM. Nothing that the TLB knows is true in the other mode.
 *
 * References: AMD64 Architecture Programmer's Manual ("APM") volume 2, 10.2 (state-save area), 10.3
 * (entry), 10.4 (what RSM refuses); SDM volume 3, chapter "System Management Mode", its table of
 * the 32-bit state save map, and "NMI handling while in SMM".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/memory.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

enum {
    HANDLER_OFFSET = 0x8000,  /* from SMBASE: where the handler starts */
    AREA_OFFSET = 0xfe00,     /* where the area that we use starts */
    AREA_SIZE = 0x200,
    AREA_MASK = AREA_SIZE - 1,

    REVISION_P6 = 0x20000,    /* with SMBASE relocation, without I/O restart */
    REVISION_AMD64 = 0x20064,
};

/* Registers that may be refused, so that they are looked at before any of them counts. */
typedef struct Control {
    uint64_t cr0, cr3, cr4, efer, rflags, rip;
    uint32_t smbase;
} Control;

/* A field that a register is copied to and from as it is. */
typedef struct SaveField {
    uint16_t offset;
    uint8_t size;        /* bytes */
    uint8_t member_size;
    uint16_t member;     /* in CPUX86State or Control */
} SaveField;

#define FIELD_OF(type, offset, size, member)                                                       \
    { offset, size, sizeof(((type *)NULL)->member), offsetof(type, member) }
#define FIELD(offset, size, member)   FIELD_OF(CPUX86State, offset, size, member)
#define CONTROL(offset, size, member) FIELD_OF(Control, offset, size, member)

static uint8_t *field_at(uint8_t *area, unsigned offset)
{
    return area + (offset & AREA_MASK);
}

static uint32_t load32(uint8_t *area, unsigned offset)
{
    return ldl_le_p(field_at(area, offset));
}

static void store_fields(const void *state, uint8_t *area, const SaveField *fields, size_t nb)
{
    for (size_t i = 0; i < nb; i++) {
        const void *member = (const uint8_t *)state + fields[i].member;
        uint64_t value = ldn_he_p(member, fields[i].member_size);

        stn_le_p(field_at(area, fields[i].offset), fields[i].size, value);
    }
}

static void load_fields(void *state, uint8_t *area, const SaveField *fields, size_t nb)
{
    for (size_t i = 0; i < nb; i++) {
        void *member = (uint8_t *)state + fields[i].member;
        uint64_t value = ldn_le_p(field_at(area, fields[i].offset), fields[i].size);

        stn_he_p(member, fields[i].member_size, value);
    }
}

/* ---- What both layouts have ---- */

typedef struct Layout {
    uint32_t revision;
    uint16_t revision_offset;
    SaveField control[7]; /* where all of Control is */
    /* The rest. */
    void (*save)(CPUX86State *env, uint8_t *area);
    void (*restore)(CPUX86State *env, uint8_t *area);
} Layout;

static Control current_control(CPUX86State *env)
{
    return (Control){
        .cr0 = env->cr0, .cr3 = env->cr3, .cr4 = env->cr4, .efer = env->efer,
        .rflags = x86_get_eflags(env), .rip = x86_get_eip(env), .smbase = env->smbase,
    };
}

/* ---- AMD64: APM volume 2, table 10-1 ---- */

static const SaveField amd64_fields[] = {
    FIELD(0xfe68, 8, gdt.base), FIELD(0xfe64, 2, gdt.limit),
    FIELD(0xfe88, 8, idt.base), FIELD(0xfe84, 2, idt.limit),
    FIELD(0xff60, 8, dr[7]), FIELD(0xff68, 8, dr[6]),
    FIELD(0xff80, 8, regs[15]), FIELD(0xff88, 8, regs[14]), FIELD(0xff90, 8, regs[13]),
    FIELD(0xff98, 8, regs[12]), FIELD(0xffa0, 8, regs[11]), FIELD(0xffa8, 8, regs[10]),
    FIELD(0xffb0, 8, regs[9]), FIELD(0xffb8, 8, regs[8]),
    FIELD(0xffc0, 8, regs[R_EDI]), FIELD(0xffc8, 8, regs[R_ESI]), FIELD(0xffd0, 8, regs[R_EBP]),
    FIELD(0xffd8, 8, regs[R_ESP]), FIELD(0xffe0, 8, regs[R_EBX]), FIELD(0xffe8, 8, regs[R_EDX]),
    FIELD(0xfff0, 8, regs[R_ECX]), FIELD(0xfff8, 8, regs[R_EAX]),
};

enum {
    AMD64_SEGMENTS = 0xfe00, /* 16 bytes each, as R_ES ... R_GS count */
    AMD64_LDTR = 0xfe70,
    AMD64_TR = 0xfe90,
    AMD64_RESTARTS = 0xfec8, /* of an I/O instruction, of HLT: a byte each */
};

/* Attributes have 12 bits there: those that stand above the limit's follow directly. */
static void save_amd64_segment(uint8_t *area, unsigned offset, const X86Segment *s)
{
    uint8_t *p = field_at(area, offset);

    stw_le_p(p, s->selector);
    stw_le_p(p + 2, (s->attributes & 0xff) | (s->attributes >> 4 & 0xf00));
    stl_le_p(p + 4, s->limit);
    stq_le_p(p + 8, s->base);
}

static void load_amd64_segment(uint8_t *area, unsigned offset, X86Segment *s)
{
    const uint8_t *p = field_at(area, offset);
    unsigned attributes = lduw_le_p(p + 2);

    s->selector = lduw_le_p(p);
    s->attributes = (attributes & 0xff) | (attributes & 0xf00) << 4;
    s->limit = ldl_le_p(p + 4);
    s->base = ldq_le_p(p + 8);
}

static void save_amd64(CPUX86State *env, uint8_t *area)
{
    store_fields(env, area, amd64_fields, ARRAY_SIZE(amd64_fields));
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        save_amd64_segment(area, AMD64_SEGMENTS + 16 * i, &env->segs[i]);
    }
    save_amd64_segment(area, AMD64_LDTR, &env->ldt);
    save_amd64_segment(area, AMD64_TR, &env->tr);
    stw_le_p(field_at(area, AMD64_RESTARTS), 0);
}

static void restore_amd64(CPUX86State *env, uint8_t *area)
{
    load_fields(env, area, amd64_fields, ARRAY_SIZE(amd64_fields));
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        load_amd64_segment(area, AMD64_SEGMENTS + 16 * i, &env->segs[i]);
    }
    load_amd64_segment(area, AMD64_LDTR, &env->ldt);
    load_amd64_segment(area, AMD64_TR, &env->tr);
}

static const Layout amd64_layout = {
    .revision = REVISION_AMD64, .revision_offset = 0xfefc,
    .control = { CONTROL(0xfed0, 8, efer), CONTROL(0xff48, 8, cr4), CONTROL(0xff50, 8, cr3),
                 CONTROL(0xff58, 8, cr0), CONTROL(0xff70, 8, rflags), CONTROL(0xff78, 8, rip),
                 CONTROL(0xff00, 4, smbase) },
    .save = save_amd64, .restore = restore_amd64,
};

/* ---- P6: SDM's "SMRAM State Save Map"; offsets there are from SMBASE + 8000h ---- */

static const SaveField p6_fields[] = {
    FIELD(0x7fec, 4, regs[R_EDI]), FIELD(0x7fe8, 4, regs[R_ESI]), FIELD(0x7fe4, 4, regs[R_EBP]),
    FIELD(0x7fe0, 4, regs[R_ESP]), FIELD(0x7fdc, 4, regs[R_EBX]), FIELD(0x7fd8, 4, regs[R_EDX]),
    FIELD(0x7fd4, 4, regs[R_ECX]), FIELD(0x7fd0, 4, regs[R_EAX]),
    FIELD(0x7fcc, 4, dr[6]), FIELD(0x7fc8, 4, dr[7]),
    FIELD(0x7fc4, 2, tr.selector), FIELD(0x7fc0, 2, ldt.selector),
    FIELD(0x7fbc, 2, segs[R_GS].selector), FIELD(0x7fb8, 2, segs[R_FS].selector),
    FIELD(0x7fb4, 2, segs[R_DS].selector), FIELD(0x7fb0, 2, segs[R_SS].selector),
    FIELD(0x7fac, 2, segs[R_CS].selector), FIELD(0x7fa8, 2, segs[R_ES].selector),
    /* Reserved there */
    FIELD(0x7f10, 4, gdt.base), FIELD(0x7f14, 2, gdt.limit),
    FIELD(0x7f18, 4, idt.base), FIELD(0x7f1c, 2, idt.limit),
};

enum {
    P6_RESTARTS = 0x7f00, /* of an I/O instruction, of HLT: 16 bits each */
    /* Reserved there: of the segments, LDTR and TR, 12 bytes each */
    P6_DESCRIPTORS = 0x7f20,
};

static X86Segment *p6_segment(CPUX86State *env, unsigned n)
{
    return n < X86_NB_SEGS ? &env->segs[n] : n == X86_NB_SEGS ? &env->ldt : &env->tr;
}

static void save_p6(CPUX86State *env, uint8_t *area)
{
    store_fields(env, area, p6_fields, ARRAY_SIZE(p6_fields));
    for (unsigned i = 0; i < X86_NB_SEGS + 2; i++) {
        uint8_t *p = field_at(area, P6_DESCRIPTORS + 12 * i);
        const X86Segment *s = p6_segment(env, i);

        stl_le_p(p, s->base);
        stl_le_p(p + 4, s->limit);
        stl_le_p(p + 8, s->attributes);
    }
    stl_le_p(field_at(area, P6_RESTARTS), 0);
}

static void restore_p6(CPUX86State *env, uint8_t *area)
{
    load_fields(env, area, p6_fields, ARRAY_SIZE(p6_fields));
    for (unsigned i = 0; i < X86_NB_SEGS + 2; i++) {
        unsigned offset = P6_DESCRIPTORS + 12 * i;
        X86Segment *s = p6_segment(env, i);

        s->base = load32(area, offset);
        s->limit = load32(area, offset + 4);
        s->attributes = load32(area, offset + 8);
    }
}

static const Layout p6_layout = {
    .revision = REVISION_P6, .revision_offset = 0x7efc,
    .control = { CONTROL(0x7ffc, 4, cr0), CONTROL(0x7ff8, 4, cr3), CONTROL(0x7ff4, 4, rflags),
                 CONTROL(0x7ff0, 4, rip), CONTROL(0x7ef8, 4, smbase),
                 /* Reserved there; of EFER, NXE and SCE */
                 CONTROL(0x7f08, 4, cr4), CONTROL(0x7f0c, 4, efer) },
    .save = save_p6, .restore = restore_p6,
};

static const Layout *layout_of(const CPUX86State *env)
{
    return x86_has(env, X86_FEATURE_LM) ? &amd64_layout : &p6_layout;
}

/* ---- The area in memory ---- */

static MemTxResult access_area(CPUX86State *env, uint8_t *area, bool is_write)
{
    hwaddr at = (uint32_t)(env->smbase + AREA_OFFSET) & env->a20_mask;
    MemTxAttrs attrs = { .secure = 1 };
    AddressSpace *as = x86_env_cpu(env)->spaces[X86_SPACE_SMM];

    return address_space_rw(as, at, attrs, area, AREA_SIZE, is_write);
}

/* ---- Entry ---- */

/* APM volume 2, 10.3.2. */
static void set_entry_state(CPUX86State *env)
{
    const X86Segment flat = {
        .limit = UINT32_MAX,
        .attributes = SEG_P | SEG_S | SEG_WRITABLE | SEG_ACCESSED | SEG_G,
    };

    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        env->segs[i] = flat;
    }
    env->segs[R_CS].selector = env->smbase >> 4;
    env->segs[R_CS].base = env->smbase;
    env->cr0 &= ~(uint64_t)(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
    env->cr4 = 0;
    env->efer = 0;
    env->dr[7] = X86_DR7_RESET;
    env->eflags = FLAG_1;
    x86_set_eflags(env, 0, FLAGS_APART);
    env->cpl = 0;
    x86_debug_changed(env);
    x86_set_eip(env, HANDLER_OFFSET);
}

bool x86_enter_smm(CPUX86State *env)
{
    CPUState *cs = x86_env_cpu(env);
    const Layout *layout = layout_of(env);
    Control control = current_control(env);
    uint8_t area[AREA_SIZE] = { 0 };

    if (!cs->spaces[X86_SPACE_SMM]) {
        qemu_log_mask(LOG_UNIMP, "x86: SMI ignored, as the machine has no SMM\n");
        return false;
    }
    qemu_log_mask(CPU_LOG_INT, "CPU %d: SMI at %04x:%016" PRIx64 ", SMBASE %08x\n", cs->cpu_index,
                  env->segs[R_CS].selector, x86_get_eip(env), env->smbase);
    access_area(env, area, false); /* what isn't ours stays */
    store_fields(&control, area, layout->control, ARRAY_SIZE(layout->control));
    layout->save(env, area);
    stl_le_p(field_at(area, layout->revision_offset), layout->revision);
    if (access_area(env, area, true) != MEMTX_OK) {
        qemu_log_mask(LOG_GUEST_ERROR, "x86: SMBASE %08x: the state save area isn't memory\n",
                      env->smbase);
    }
    env->nmi_blocked_outside = env->nmi_blocked;
    env->nmi_blocked = true;
    env->in_smm = true;
    env->svm.guest_outside = env->svm.guest;
    env->svm.guest = false;
    set_entry_state(env);
    x86_flush_all(env);
    return true;
}

/* ---- RSM ---- */

/* NULL, or why the CPU shuts down: no CPU can be in that state. */
static const char *find_fault(CPUX86State *env, const Control *c)
{
    bool pe = c->cr0 & CR0_PE, pg = c->cr0 & CR0_PG, lme = c->efer & EFER_LME;

    if (c->cr0 >> 32 || (pg && !pe) || ((c->cr0 & CR0_NW) && !(c->cr0 & CR0_CD))) {
        return "RSM: bad CR0";
    }
    if (c->cr4 & ~x86_cr4_bits(env)) {
        return "RSM: bad CR4";
    }
    if ((c->efer & ~x86_efer_bits(env)) || !(c->efer & EFER_LMA) != !(lme && pg)) {
        return "RSM: bad EFER";
    }
    if (c->efer & EFER_LMA) {
        if (!(c->cr4 & CR4_PAE)) {
            return "RSM: long mode without PAE";
        }
        if (c->cr3 >> x86_physical_bits(x86_env_archcpu(env))) {
            return "RSM: bad CR3";
        }
    } else if (c->cr4 & CR4_PCIDE) {
        return "RSM: PCIDs outside of long mode";
    }
    return NULL;
}

/* What follows of the registers that have been restored. */
static void settle(CPUX86State *env, const Control *c)
{
    bool virtual_8086 = (c->cr0 & CR0_PE) && !(c->efer & EFER_LMA);

    env->cr0 = c->cr0 | CR0_ET;
    env->cr3 = c->efer & EFER_LMA ? c->cr3 : (uint32_t)c->cr3;
    env->cr4 = c->cr4;
    env->efer = c->efer;
    env->dr[6] = (uint32_t)env->dr[6];
    env->dr[7] = (uint32_t)env->dr[7];
    env->eflags = FLAG_1;
    x86_set_eflags(env, c->rflags, FLAGS_ALL & ~(virtual_8086 ? 0 : FLAG_VM));
    env->cpl = !(env->cr0 & CR0_PE)      ? 0
               : env->eflags & FLAG_VM ? 3
                                       : x86_dpl(env->segs[R_SS].attributes);
    x86_debug_changed(env);
    x86_set_eip(env, c->rip);
    x86_flush_all(env);
    if ((env->cr0 & CR0_PG) && (env->cr4 & CR4_PAE) && !(env->efer & EFER_LMA)) {
        x86_load_pdptrs(env, env->cr3);
    }
    x86_fpu_changed(env);
}

void helper_x86_rsm(CPUX86State *env)
{
    CPUState *cs = x86_env_cpu(env);
    const Layout *layout = layout_of(env);
    uint8_t area[AREA_SIZE];
    Control control;
    const char *fault;

    if (access_area(env, area, false) != MEMTX_OK) {
        x86_shut_down(env, "RSM: the state save area isn't memory", GETPC());
    }
    load_fields(&control, area, layout->control, ARRAY_SIZE(layout->control));
    fault = find_fault(env, &control);
    if (fault) {
        x86_shut_down(env, fault, GETPC());
    }
    layout->restore(env, area);
    env->smbase = control.smbase;
    env->in_smm = false;
    env->svm.guest = env->svm.guest_outside;
    env->svm.guest_outside = false;
    env->nmi_blocked = env->nmi_blocked_outside;
    settle(env, &control);
    qemu_log_mask(CPU_LOG_INT, "CPU %d: RSM to %04x:%016" PRIx64 ", SMBASE %08x\n", cs->cpu_index,
                  env->segs[R_CS].selector, x86_get_eip(env), env->smbase);
}
