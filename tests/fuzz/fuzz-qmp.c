/*
 * Fuzz target: what a QMP client may send, in pieces, next to a processor that stands still.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "tests/guest/ppc-machine.h"

#define HELLO "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}\n"

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(HELLO "{\"execute\":\"query-status\",\"id\":[1,{\"a\":null}]}"),
    FUZZ_TEXT(HELLO "{\"exec-oob\":\"query-version\",\"id\":\"x\"}"),
    FUZZ_TEXT(HELLO "{\"execute\":\"qom-list\",\"arguments\":{\"path\":\"/machine\"}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"qom-get\",\"arguments\":"
              "{\"path\":\"/machine\",\"property\":\"type\"}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"qom-list-types\",\"arguments\":"
              "{\"implements\":\"device\",\"abstract\":true}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"qom-list-properties\",\"arguments\":"
              "{\"typename\":\"memory-backend\"}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"device-list-properties\",\"arguments\":"
              "{\"typename\":\"755-powerpc-cpu\"}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"query-cpu-model-expansion\",\"arguments\":"
              "{\"type\":\"full\",\"model\":"
              "{\"name\":\"755\",\"props\":{}}}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"x-query-memory-why\",\"arguments\":"
              "{\"address\":4096}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"query-cpus-fast\"}"
              "{\"execute\":\"query-memdev\"}{\"execute\":\"query-pci\"}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"set-action\",\"arguments\":"
              "{\"reboot\":\"reset\",\"panic\":\"pause\"}}"),
    FUZZ_TEXT(HELLO
              "{\"execute\":\"device_add\",\"arguments\":"
              "{\"driver\":\"x\",\"id\":\"y\",\"z\":[1,2]}}"),
    FUZZ_TEXT(HELLO "{\"execute\":\"object-del\",\"arguments\":{\"id\":\"y\"}}"),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("{"), FUZZ_TEXT("}"), FUZZ_TEXT("["), FUZZ_TEXT("]"), FUZZ_TEXT("\""), FUZZ_TEXT(","),
    FUZZ_TEXT(":"), FUZZ_TEXT("\\ud800"), FUZZ_TEXT("\\u0000"), FUZZ_TEXT("\xff"), FUZZ_TEXT("1e999"),
    FUZZ_TEXT("-9223372036854775808"), FUZZ_TEXT("null"), FUZZ_TEXT("true"), FUZZ_TEXT("[[[[[[[["),
    FUZZ_TEXT("\"id\":"), FUZZ_TEXT("\"arguments\":{"), FUZZ_TEXT("{\"execute\":\"query-qmp-schema\"}"),
    FUZZ_TEXT("\"exec-oob\":"), FUZZ_TEXT("'"), FUZZ_TEXT("\n"), { NULL, 0 },
};

/* They write files, start the guest, or are other targets' business. */
static const char *const refused[] = { "\"cont\"", "memsave", "dump-guest", "chardev", "human-monitor",
                                       "object-add", "qom-set", "\\u00" };

static Chardev *chr;

void fuzz_init(void)
{
    ppc_machine_init(false);
    chr = qemu_chr_new("qmp", "null");
    monitor_init_qmp(chr, false, &error_abort);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    size_t piece = 1 + size % 97;

    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        if (strstr(text, refused[i])) {
            return 0;
        }
    }
    qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    for (size_t at = 0; at < size;) {
        size_t n = MIN(MIN(piece, size - at), (size_t)qemu_chr_be_can_write(chr));

        qemu_chr_be_write(chr, data + at, n);
        at += n;
        while (g_main_context_iteration(NULL, FALSE)) {
            continue;
        }
    }
    return 0;
}
