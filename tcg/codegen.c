/*
 * From the front end's IR to a finished TranslationBlock: runs the passes, then the back end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "backend.h"

const TCGRuntime *tcg_runtime;
TCGBackendKind tcg_backend_kind;
const void *tcg_exit_to_loop;

static TCGPass passes[] = {
    { "fold", tcg_pass_fold, true },
    { "ifconv", tcg_pass_ifconv, true },
    { "address", tcg_pass_address, true },
};

bool tcg_pass_set_enabled(const char *name, bool enabled)
{
    if (!strcmp(name, "dead")) {
        tcg_remove_dead = enabled;
        return true;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(passes); i++) {
        if (!strcmp(passes[i].name, name)) {
            passes[i].enabled = enabled;
            return true;
        }
    }
    return false;
}

bool tcg_init(TCGBackendKind kind, size_t code_buffer_size, const TCGRuntime *runtime,
              Error **errp)
{
    tcg_runtime = runtime;
    tcg_backend_kind = kind;
    if (!tcg_buffer_init(code_buffer_size, kind == TCG_BACKEND_HOST, errp)) {
        return false;
    }
    if (kind == TCG_BACKEND_INTERP) {
        tcg_interp_init();
        return true;
    }
    return host_init(errp);
}

uintptr_t tcg_exec(CPUArchState *env, const void *code)
{
    return tcg_backend_kind == TCG_BACKEND_INTERP ? tcg_interp_exec(env, code)
                                                  : host_prologue(env, code);
}

/* A -d item that is on for this block. */
static bool logs(const TCGContext *s, unsigned item)
{
    return unlikely(qemu_loglevel_mask(item)) && qemu_log_in_addr_range(s->tb->pc);
}

static void optimize(TCGContext *s)
{
    tcg_build_cfg(s);
    if (logs(s, CPU_LOG_TB_OP)) {
        tcg_dump_ir(s, "OP", false);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(passes); i++) {
        if (passes[i].enabled) {
            passes[i].run(s);
        }
    }
    tcg_build_cfg(s);
    tcg_liveness(s);
    if (logs(s, CPU_LOG_TB_OP_OPT)) {
        tcg_dump_ir(s, "OP after optimization and liveness analysis", true);
    }
}

static bool emit_host_code(TCGContext *s)
{
    host_align_entry(s);
    s->code = s->code_ptr;
    tcg_reg_alloc(s);
    if (!s->overflow) {
        host_finish(s);
    }
    for (uint32_t i = 0; i < s->nb_relocs && !s->overflow; i++) {
        host_patch_reloc(s, &s->relocs[i]);
    }
    return !s->overflow;
}

static bool finish_tb(TCGContext *s, TranslationBlock *tb)
{
    uint8_t *code = s->code, *end = s->code_ptr, *table;

    tcg_code_commit(end);
    tb->code = code;
    tb->code_size = end - code;
    tcg_write_side_table(s, s->side_table);
    table = tcg_data_alloc(s->side_table->len);
    if (!table) {
        return false;
    }
    tb->side_table = memcpy(table, s->side_table->data, s->side_table->len);
    tcg_register_tb(tb);
    return true;
}

bool tcg_gen_code(TCGContext *s, TranslationBlock *tb)
{
    bool ok;

    s->tb = tb;
    optimize(s);
    s->code = s->code_ptr = tcg_code_begin(&s->code_limit);
    s->overflow = s->code_limit - s->code_ptr < (ptrdiff_t)(16 * KiB);
    s->nb_sites = s->nb_locs = s->nb_relocs = 0;
    s->slow_paths = NULL;
    s->cold_exits = NULL;
    s->flags_end = NULL;
    s->budget_miss = NULL;
    for (unsigned n = 0; n < TB_NB_EXITS; n++) {
        tb->exit[n].jump_offset = TB_NO_OFFSET;
        tb->exit[n].reset_offset = TB_NO_OFFSET;
        tb->exit[n].check_offset = TB_NO_OFFSET;
    }
    if (s->overflow) {
        return false;
    }
    ok = tcg_backend_kind == TCG_BACKEND_INTERP ? tcg_interp_gen_code(s) : emit_host_code(s);
    if (!ok || !finish_tb(s, tb)) {
        return false;
    }
    if (tcg_backend_kind == TCG_BACKEND_HOST && logs(s, CPU_LOG_TB_OUT_ASM)) {
        tcg_dump_host_code(tb);
    }
    return true;
}
