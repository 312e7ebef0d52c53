/*
 * Fuzz target: lines of the monitor, next to a processor that stands still.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "monitor/monitor.h"
#include "tests/guest/ppc-machine.h"

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT("x/8i $pc"),
    FUZZ_TEXT("xp /4xw 0x1000+4*(2-1)"),
    FUZZ_TEXT("print/x ($r1 << 2) | ~0x10"),
    FUZZ_TEXT("info registers -a"),
    FUZZ_TEXT("info mtree -f"),
    FUZZ_TEXT("info mtree why 0x1000"),
    FUZZ_TEXT("info qom-tree /machine"),
    FUZZ_TEXT("info cpus"),
    FUZZ_TEXT("qom-get /machine type"),
    FUZZ_TEXT("qom-set /machine/unattached realized true"),
    FUZZ_TEXT("qom-list /"),
    FUZZ_TEXT("gva2gpa 0x4000"),
    FUZZ_TEXT("help info mtree"),
    FUZZ_TEXT("ringbuf_read x 10"),
    FUZZ_TEXT("cpu 0"),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("info "), FUZZ_TEXT("-"), FUZZ_TEXT("/"), FUZZ_TEXT("$"), FUZZ_TEXT("\""),
    FUZZ_TEXT("%n"), FUZZ_TEXT("99999999999999999999"), FUZZ_TEXT("0xffffffffffffffff"),
    FUZZ_TEXT("/8i "), FUZZ_TEXT("("), FUZZ_TEXT("1/0"), FUZZ_TEXT("$f0"), FUZZ_TEXT("history"),
    FUZZ_TEXT("tlb"), FUZZ_TEXT("qtree"), FUZZ_TEXT("log int"), { NULL, 0 },
};

/* They end the program, write files, start the guest or take what time they are asked to. */
static const char *const refused[] = { "q", "memsave", "pmemsave", "logfile", "dumpdtb",
                                       "gdbserver", "object_add", "c", "sum" };

void fuzz_init(void)
{
    ppc_machine_init(false);
    monitor_init_globals();
}

static bool is_refused(const char *line)
{
    size_t len;

    line += strspn(line, " \t");
    len = strcspn(line, " \t/");
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        if (len == strlen(refused[i]) && !memcmp(line, refused[i], len)) {
            return true;
        }
    }
    return g_str_has_prefix(line, "quit") || g_str_has_prefix(line, "cont");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *line = g_strndup((const char *)data, size);

    if (!is_refused(line)) {
        g_free(monitor_run_line(line, 0));
    }
    return 0;
}
