/*
 * PowerPC CPU models: names, aliases, PVRs and the lines of `-cpu help`.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/models.h"
#include "target/ppc/spr.h"

static void test_names(void)
{
    for (const PPCModel *m = ppc_models; m->name; m++) {
        const PPCModel *found = ppc_model_find(m->name);

        g_assert_nonnull(found);
        g_assert_nonnull(found->family);
        g_assert_true(m->alias_of ? !strcmp(found->name, m->alias_of) : found == m);
    }
    g_assert_null(ppc_model_find("no-such-model"));
    g_assert_null(ppc_model_find(""));
}

static void test_lookup(void)
{
    g_assert_cmpstr(ppc_model_find("755")->name, ==, "755_v2.8");
    g_assert_cmphex(ppc_model_find("755")->pvr, ==, 0x00083208);
    g_assert_cmpstr(ppc_model_find("G3")->name, ==, "750_v3.1");
    g_assert_cmpstr(ppc_model_find("0x00083208")->name, ==, "745_v2.8");
    g_assert_cmpstr(ppc_model_find("000c0209")->name, ==, "7400_v2.9");
    g_assert_null(ppc_model_find("0xdeadbeef"));
    g_assert_null(ppc_model_find("0x0008320"));
}

static void test_help_lines(void)
{
    char line[128];

    for (const PPCModel *m = ppc_models; m->name; m++) {
        ppc_model_describe(m, line, sizeof(line));
        if (!strcmp(m->name, "755_v2.8")) {
            g_assert_cmpstr(line, ==, "PowerPC 755_v2.8         PVR 00083208");
        } else if (!strcmp(m->name, "755")) {
            g_assert_cmpstr(line, ==, "PowerPC 755              (alias for 755_v2.8)");
        }
    }
}

static void test_spr_rows(void)
{
    for (const PPCModel *m = ppc_models; m->name; m++) {
        for (unsigned i = 0; m->family && m->family->runs && m->family->spr_sets[i]; i++) {
            for (const PPCSPR *row = m->family->spr_sets[i]; row->name; row++) {
                g_assert_cmpuint(row->num, <, PPC_NB_SPRS);
                g_assert_true(row->read_kind || row->write_kind);
                g_assert_true(row->write_kind != PPC_SPR_HELPER || row->write);
                /* The user may have only what the number says. */
                g_assert_true(!row->flags || !(row->num & 0x10) ||
                      !(row->flags & (PPC_SPR_USER_READ | PPC_SPR_USER_WRITE)));
            }
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ppc/models/every-name-and-alias-is-found", test_names);
    g_test_add_func("/ppc/models/any-case-and-pvr-work", test_lookup);
    g_test_add_func("/ppc/models/help-has-the-usual-format", test_help_lines);
    g_test_add_func("/ppc/models/spr-rows-are-complete", test_spr_rows);
    return g_test_run();
}
