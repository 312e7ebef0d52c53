/*
 * CPU models: finding one by name, alias or PVR; listing them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/internal.h"
#include "target/ppc/models.h"

static const PPCModel *find_name(const char *name)
{
    for (const PPCModel *m = ppc_models; m->name; m++) {
        if (!strcasecmp(m->name, name)) {
            return m;
        }
    }
    return NULL;
}

/* Several models may share a PVR: the first one is as good as any. */
static const PPCModel *find_pvr(const char *text)
{
    char *end;
    unsigned long pvr;

    text += !strncasecmp(text, "0x", 2) ? 2 : 0;
    if (strlen(text) != 8) {
        return NULL;
    }
    pvr = strtoul(text, &end, 16);
    for (const PPCModel *m = ppc_models; m->name && !*end; m++) {
        if (m->family && m->pvr == pvr) {
            return m;
        }
    }
    return NULL;
}

const PPCModel *ppc_model_find(const char *name)
{
    const PPCModel *m = find_name(name);

    while (m && m->alias_of) {
        m = find_name(m->alias_of);
    }
    return m ? m : find_pvr(name);
}

void ppc_model_describe(const PPCModel *model, char *buf, size_t size)
{
    if (model->alias_of) {
        snprintf(buf, size, "PowerPC %-16s (alias for %s)", model->name, model->alias_of);
    } else {
        snprintf(buf, size, "PowerPC %-16s PVR %08x", model->name, model->pvr);
    }
}

void ppc_cpu_list(void)
{
    char line[128];

    for (const PPCModel *m = ppc_models; m->name; m++) {
        ppc_model_describe(m, line, sizeof(line));
        puts(line);
    }
}

ObjectClass *ppc_class_by_name(const char *name)
{
    const PPCModel *m = ppc_model_find(name);
    g_autofree char *type = m ? g_strconcat(m->name, POWERPC_CPU_TYPE_SUFFIX, NULL) : NULL;

    return object_class_by_name(type ? type : name);
}
