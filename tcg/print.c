/*
 * Dumps of the IR (-d op, op_opt) and of host code (-d out_asm).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <capstone/capstone.h>
#include "qemu/log.h"
#include "backend.h"

static const char *const cond_names[] = {
    [TCG_COND_NEVER] = "never", [TCG_COND_ALWAYS] = "always", [TCG_COND_EQ] = "eq",
    [TCG_COND_NE] = "ne",       [TCG_COND_LT] = "lt",         [TCG_COND_GE] = "ge",
    [TCG_COND_GT] = "gt",       [TCG_COND_LE] = "le",         [TCG_COND_LTU] = "ltu",
    [TCG_COND_GEU] = "geu",     [TCG_COND_GTU] = "gtu",       [TCG_COND_LEU] = "leu",
    [TCG_COND_TSTEQ] = "tsteq", [TCG_COND_TSTNE] = "tstne",
};

static const char *const type_names[NB_TCG_TYPES] = {
    [TCG_TYPE_I32] = "i32", [TCG_TYPE_I64] = "i64", [TCG_TYPE_F32] = "f32",
    [TCG_TYPE_F64] = "f64", [TCG_TYPE_V64] = "v64", [TCG_TYPE_V128] = "v128",
};
static const char local_letters[NB_TCG_TYPES] = {
    [TCG_TYPE_I32] = 't', [TCG_TYPE_I64] = 'q', [TCG_TYPE_F32] = 'f',
    [TCG_TYPE_F64] = 'd', [TCG_TYPE_V64] = 'h', [TCG_TYPE_V128] = 'v',
};

static void print_temp(GString *out, const TCGContext *s, TempIdx t)
{
    const TCGTemp *temp = &s->temps[t];

    switch (temp->kind) {
    case TEMP_CONST:
        g_string_append(out, "$0x");
        if (temp->value_high) {
            g_string_append_printf(out, "%" PRIx64 "_", (uint64_t)temp->value_high);
        }
        g_string_append_printf(out, "%" PRIx64, (uint64_t)temp->value);
        break;
    case TEMP_LOCAL:
        g_string_append_printf(out, "%c%u", local_letters[temp->type], t - s->nb_globals);
        break;
    default:
        g_string_append(out, temp->name);
    }
}

static void print_temps(GString *out, const TCGContext *s, const TempIdx *t, unsigned n,
                        const char *before)
{
    for (unsigned i = 0; i < n; i++) {
        g_string_append(out, i ? ", " : before);
        print_temp(out, s, t[i]);
    }
}

static void print_memop(GString *out, const TCGOp *op)
{
    MemOp m = get_memop(op->mem.oi);

    g_string_append_printf(out, " %+" PRId64 " %s%s%u%s", op->mem.disp, m & MO_BE ? "be" : "le",
                           m & MO_SIGN ? "s" : "u", memop_size(m),
                           m & MO_ALIGN ? "a" : m & MO_ALIGN_4 ? "a4" : "");
    if (op->opc == OP_qemu_ld || op->opc == OP_qemu_st) {
        if (op_has_index(op)) {
            g_string_append_printf(out, " index*%u", 1u << op->mem.scale);
        }
        g_string_append_printf(out, "%s mmu%u", m & MO_WIDE ? " a64" : "", get_mmuidx(op->mem.oi));
    } else if (op_is_host_range(op)) {
        g_string_append_printf(out, " span%u%s mmu%u", op->mem.range->span,
                               m & MO_WIDE ? " a64" : "", get_mmuidx(op->mem.oi));
    }
}

static void print_details(GString *out, const TCGContext *s, const TCGOp *op)
{
    unsigned flags = tcg_op_defs[op->opc].flags;

    if (flags & OPF_FIELD) {
        g_string_append_printf(out, " [%u+%u]", op->field.ofs, op->field.len);
    } else if ((flags & OPF_MEMOP) && (flags & OPF_VECTOR)) {
        g_string_append_printf(out, " %+" PRId64, op->mem.disp);
    } else if (flags & OPF_MEMOP) {
        print_memop(out, op);
    }
    if (flags & OPF_VECE) {
        g_string_append_printf(out, " e%u", 8u << op->vec.vece);
    }
    if (flags & OPF_IMM) {
        g_string_append_printf(out, " #%u", op->vec.imm);
    }
    if (op->opc == OP_br || op->opc == OP_brcond) {
        g_string_append_printf(out, " -> L%u", op->label->id);
    } else if (op->opc == OP_refund) {
        g_string_append_printf(out, " %s%u", op->budget.rest ? "after " : "", op->budget.n);
    } else if (op->opc == OP_budget || op->opc == OP_check) {
        g_string_append_printf(out, " %u", op_charge(s, op));
    } else if (op->opc == OP_goto_tb || op->opc == OP_exit_tb) {
        g_string_append_printf(out, " %u%s", op->exit.n, op->exit.checked ? " checked" : "");
    }
}

static void print_life(GString *out, const TCGContext *s, const TCGOp *op)
{
    const char *sep = "   ; dead:";

    for (unsigned i = 0; i < op->nb_in; i++) {
        if (op->dies >> i & 1) {
            g_string_append_printf(out, "%s ", sep);
            print_temp(out, s, op->in[i]);
            sep = "";
        }
    }
}

static void print_op(GString *out, const TCGContext *s, const TCGOp *op, bool with_liveness)
{
    g_string_append_printf(out, "   %s_%s",
                           op->opc == OP_call ? op->call->name : tcg_op_defs[op->opc].name,
                           type_names[op->type]);
    if (tcg_op_defs[op->opc].flags & OPF_COND) {
        g_string_append_printf(out, ".%s", cond_names[op->cond]);
    }
    print_temps(out, s, op->out, op->nb_out, " ");
    print_temps(out, s, op->in, op->nb_in, op->nb_out ? " = " : " ");
    print_details(out, s, op);
    if (with_liveness) {
        print_life(out, s, op);
    }
    g_string_append_c(out, '\n');
}

static void print_labels(GString *out, const TCGContext *s, const TCGBlock *b)
{
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        const TCGOp *last = s->blocks[i]->last;

        if (last && s->blocks[i]->taken == b) {
            g_string_append_printf(out, " L%u:\n", last->label->id);
            return;
        }
    }
}

void tcg_dump_ir(TCGContext *s, const char *title, bool with_liveness)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int insn = -1;

    g_string_append_printf(out, "%s:\n", title);
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        print_labels(out, s, s->blocks[i]);
        for (TCGOp *op = s->blocks[i]->first; op; op = op->next) {
            if (op->insn != insn && op->insn < s->nb_insns) {
                insn = op->insn;
                g_string_append_printf(out, " ---- %08" PRIx64 "\n",
                                       s->insn_data[insn * TARGET_INSN_START_WORDS]);
            }
            print_op(out, s, op, with_liveness);
        }
    }
    qemu_log("%s\n", out->str);
}

/* What generated code finds at `offset` of env, if that has a name. */
static const char *name_in_env(const TCGContext *s, int64_t offset)
{
    static const struct {
        int32_t offset;
        const char *name;
    } fields[] = {
        { JIT_OFFSET(budget), "budget" },
        { JIT_OFFSET(itlb), "itlb" },
        { JIT_OFFSET(tb_flags), "tb_flags" },
        { JIT_OFFSET(host_flags), "host_flags" },
    };

    for (uint32_t i = ENV_TEMP + 1; i < s->nb_globals; i++) {
        if (s->temps[i].offset == offset) {
            return s->temps[i].name;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].offset == offset) {
            return fields[i].name;
        }
    }
    return NULL;
}

static void print_host_insn(GString *out, const cs_insn *insn)
{
    const cs_x86 *x = &insn->detail->x86;

    g_string_append_printf(out, "0x%08" PRIx64 ":  %s %s", insn->address, insn->mnemonic,
                           insn->op_str);
    for (uint8_t i = 0; i < x->op_count; i++) {
        const x86_op_mem *m = &x->operands[i].mem;
        const char *name = NULL;

        if (x->operands[i].type == X86_OP_MEM && m->base == X86_REG_R14 &&
            m->index == X86_REG_INVALID) {
            name = name_in_env(tcg_ctx, m->disp + host_env_bias);
        }
        if (name) {
            g_string_append_printf(out, "  ; %s", name);
        }
    }
    g_string_append_c(out, '\n');
}

void tcg_dump_host_code(const TranslationBlock *tb)
{
    g_autoptr(GString) out = g_string_new(NULL);
    csh handle;
    cs_insn *insn;
    size_t n;

    g_string_append_printf(out, "OUT: [size=%u]\n", tb->code_size);
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
        return;
    }
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    n = cs_disasm(handle, tb_code(tb), tb->code_size, (uintptr_t)tb_code(tb), 0, &insn);
    for (size_t i = 0; i < n; i++) {
        print_host_insn(out, &insn[i]);
    }
    if (n) {
        cs_free(insn, n);
    }
    cs_close(&handle);
    qemu_log("%s\n", out->str);
}
