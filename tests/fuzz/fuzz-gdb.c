/*
 * Fuzz target: what a debugger sends, next to a processor. The bytes go through a character device
 * into the server.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "chardev/char.h"
#include "gdbstub/gdbstub.h"
#include "gdbstub/packet.h"
#include "qapi/error.h"
#include "system/runstate.h"
#include "tests/guest/ppc-machine.h"

/* Each line is a packet, except one that begins with '$': raw bytes. */
const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT("qSupported:swbreak+;hwbreak+\n?\nqC\nqfThreadInfo\nqsThreadInfo"),
    FUZZ_TEXT("qXfer:features:read:target.xml:0,ffb"),
    FUZZ_TEXT("g\np0\nP1=00001234\np40"),
    FUZZ_TEXT("m1000,40\nM1000,4:00000000\nX1000,4:abcd"),
    FUZZ_TEXT("Z0,1000,4\nz0,1000,4\nZ1,2000,4\nz1,2000,4"),
    FUZZ_TEXT("Z2,1000,4\nZ3,1000,8\nZ4,1000,2\nz2,1000,4"),
    FUZZ_TEXT("vCont?\nvCont;s:1\nHg1\nHc-1\nT1"),
    FUZZ_TEXT("qemu.PhyMemMode\nQqemu.PhyMemMode:1\nqemu.sstep"),
    FUZZ_TEXT("$g#67+-\003$m0,4#fd"),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\n"), FUZZ_TEXT(","), FUZZ_TEXT(":"), FUZZ_TEXT(";"), FUZZ_TEXT("#"), FUZZ_TEXT("}"),
    FUZZ_TEXT("*"), FUZZ_TEXT("-1"), FUZZ_TEXT("ffffffff"), FUZZ_TEXT("ffffffffffffffff"),
    FUZZ_TEXT("fffff000"), FUZZ_TEXT("Qqemu.sstep=7"), FUZZ_TEXT("vCont;c"), FUZZ_TEXT("QStartNoAckMode"),
    { NULL, 0 },
};

static Chardev *line;

void fuzz_init(void)
{
    ppc_machine_init(false);
    gdbserver_start("ringbuf", &error_abort);
    line = qemu_chr_find("gdb");
    g_assert(line);
    qemu_chr_be_event(line, CHR_EVENT_OPENED);
}

static void send(const char *bytes, size_t len)
{
    qemu_chr_be_write(line, (const uint8_t *)bytes, len);
}

/* The monitor is fuzz-hmp's part; the other ends the program. */
static bool is_refused(const char *packet)
{
    return strstr(packet, "qRcmd") || packet[0] == 'k' || g_str_has_prefix(packet, "vKill");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

    for (int i = 0; lines[i]; i++) {
        if (lines[i][0] == '$') {
            send(lines[i], strlen(lines[i]));
        } else if (!is_refused(lines[i])) {
            GString *packet = g_string_new(NULL);

            gdb_append_packet(packet, lines[i], strlen(lines[i]));
            send(packet->str, packet->len);
            g_string_free(packet, TRUE);
        }
    }
    vm_stop(RUN_STATE_PAUSED);
    return 0;
}
