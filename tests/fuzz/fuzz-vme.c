/*
 * Fuzz target: what comes from outside to a VME crate. The first byte says what the rest is: a
 * card's description, or what the other end of a link says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include <glib/gstdio.h>
#include <sys/socket.h>
#include "chardev/char.h"
#include "hw/qdev-properties.h"
#include "hw/vme/vme.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "qemu/rcu.h"
#include "system/runstate.h"

#define TYPE_FUZZ_BOARD "fuzz-vme-board"

#define HELLO "\1\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"
#define READ  "\2\x39\4\0\0\0\0\7\0\0\0\x10\0\0\0\x08\0\0\0\0"
#define WRITE "\3\x3b\4\0\0\0\0\7\0\0\0\x10\0\0\0\x08\x10\1\0\0VMEbus!!"
#define IACK  "\4\3\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0"
#define LINES "\6\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\xfe\3\0\0"
#define RESET "\7\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0"
#define ANSWER "\5\0\0\1\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0\0abcd"

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT("c[card]\nspace=a16\naddr=0xc000\nsize=0x20\nwidth=16\nlevel=5\nvector=0x99\n"
              "[STATUS]\noffset=0\nreset=0x0001\nw1c=0x8000\ninterrupt=0x8000\n"),
    FUZZ_TEXT("c[card]\nspace=a24\nsize=0x100\n[A]\ncount=4\nsize=4\nwritable=0xffffffff\n"
              "[B]\noffset=0x20\nsize=1\nreset=0x55\n"),
    FUZZ_TEXT("l" HELLO READ WRITE IACK),
    FUZZ_TEXT("l" HELLO LINES ANSWER READ RESET),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("[card]\n"),  FUZZ_TEXT("[slot]\n"),  FUZZ_TEXT("space=a32\n"), FUZZ_TEXT("size="),
    FUZZ_TEXT("offset=0x"), FUZZ_TEXT("count="),    FUZZ_TEXT("0x1000000"),   FUZZ_TEXT("-1"),
    FUZZ_TEXT(HELLO),       FUZZ_TEXT(READ),        FUZZ_TEXT(WRITE),         FUZZ_TEXT(LINES),
    FUZZ_TEXT(ANSWER),      FUZZ_TEXT("\0\1\0\0"),  FUZZ_TEXT("\xff\xff\xff\xff"),
    { NULL, 0 },
};

static const TypeInfo board_type = {
    .name = TYPE_FUZZ_BOARD,
    .parent = TYPE_VME_DEVICE,
    .instance_size = sizeof(VMEDevice),
};

static VMEBus *bus;
static VMEDevice *board; /* a master */
static char *folder;

static void drop_message(void *opaque, const char *text)
{
}

static DeviceState *plug(const char *type, const char *const *settings, Error **errp)
{
    DeviceState *dev = qdev_new(type);

    for (; *settings; settings += 2) {
        object_property_parse(OBJECT(dev), settings[0], settings[1], &error_abort);
    }
    if (!qdev_realize(dev, BUS(bus), errp)) {
        object_unref(OBJECT(dev));
        return NULL;
    }
    return dev;
}

static void unplug(DeviceState *dev)
{
    qdev_unrealize(dev);
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    drain_call_rcu();
}

static void remove_folder(void)
{
    g_autofree char *file = g_build_filename(folder, "card", NULL);

    g_unlink(file);
    g_rmdir(folder);
}

void fuzz_init(void)
{
    static const char *const ram[] = { "space", "a24", "addr", "0", "size", "4K", NULL };
    static const char *const source[] = { "level", "3", NULL };

    module_call_init(MODULE_INIT_QOM);
    type_register_static(&board_type);
    error_set_sink((ErrorSink){ .print = drop_message });
    qemu_init_main_loop(&error_abort);
    qemu_set_log(0, &error_abort);
    runstate_set(RUN_STATE_RUNNING);
    bus = vme_bus_new(NULL, "vme.0");
    board = VME_DEVICE(qdev_new(TYPE_FUZZ_BOARD));
    qdev_realize(DEVICE(board), BUS(bus), &error_abort);
    plug("vme-ram", ram, &error_abort);
    object_property_set_bool(OBJECT(plug("vme-interrupter", source, &error_abort)), "asserted",
                             true, &error_abort);
    folder = g_dir_make_tmp("fuzz-vme-XXXXXX", NULL);
    g_assert_nonnull(folder);
    atexit(remove_folder);
}

static void use_card(DeviceState *card)
{
    static const uint8_t modifiers[] = { 0x29, 0x39, 0x09, 0x2f };
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(card)->vmsd;
    g_autoptr(GByteArray) state = g_byte_array_new();

    device_cold_reset(card);
    for (uint32_t n = 0; n < 64; n++) {
        VMECycle cycle = { .addr = n * 8 % 0x100, .am = modifiers[n % 4], .size = 1u << n % 3,
                           .write = n & 1, .data = n * 0x01010101u };

        vme_cycle(board, &cycle);
    }
    vmstate_save_state(state, vmsd, card, &error_abort);
}

static void fuzz_card(const char *text, size_t size)
{
    g_autofree char *file = g_build_filename(folder, "card", NULL);
    const char *settings[] = { "file", file, NULL };
    DeviceState *card;

    g_assert_true(g_file_set_contents(file, text, size, NULL));
    card = plug("vme-regs", settings, NULL);
    if (card) {
        use_card(card);
        unplug(card);
    }
}

static void fuzz_link(const uint8_t *data, size_t size)
{
    static const char *const settings[] = { "chardev", "wire", "timeout", "1", NULL };
    VMECycle cycle = { .addr = 0x800000, .am = 0x39, .size = 4 };
    g_autofree char *fd = NULL;
    uint8_t sink[4096], statid;
    DeviceState *link;
    QemuOpts *opts;
    int pair[2];

    g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    fd = g_strdup_printf("%d", pair[1]);
    opts = qemu_opts_create(&qemu_chardev_opts, "wire", true, &error_abort);
    qemu_opt_set(opts, "backend", "socket", &error_abort);
    qemu_opt_set(opts, "fd", fd, &error_abort);
    g_assert_nonnull(qemu_chr_new_from_opts(opts, &error_abort));
    qemu_opts_del(opts);
    link = plug("vme-link", settings, &error_abort);
    send(pair[0], data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    main_loop_wait(true);
    vme_cycle(board, &cycle);
    vme_iack(board, 5, &statid);
    while (recv(pair[0], sink, sizeof(sink), MSG_DONTWAIT) > 0) {
    }
    main_loop_wait(true);
    close(pair[0]);
    main_loop_wait(true);
    unplug(link);
    qemu_chr_remove("wire", &error_abort);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size && data[0] == 'c') {
        fuzz_card((const char *)data + 1, size - 1);
    } else if (size && data[0] == 'l') {
        fuzz_link(data + 1, size - 1);
    }
    return 0;
}
