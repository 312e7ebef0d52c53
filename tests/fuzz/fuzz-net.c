/*
 * Fuzz target: what comes from outside to networks. The first byte says what the rest is: a stream
 * for a back end behind a socket (with a user network and a capture at the same hub), or an
 * option's text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include <sys/socket.h>
#include "net/netdev.h"
#include "net/user.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

/* An ARP request for the router, and a DHCP message's beginning, each behind its length. */
#define ARP_FRAME                                                                                  \
    "\0\0\0\x2a\xff\xff\xff\xff\xff\xff\x52\x54\0\x12\x34\x56\x08\x06\0\1\x08\0\6\4\0\1\x52\x54\0" \
    "\x12\x34\x56"                                                                                 \
    "\x0a\0\2\x0f\0\0\0\0\0\0\x0a\0\2\2"
#define UDP_FRAME                                                                                  \
    "\0\0\0\x32\xff\xff\xff\xff\xff\xff\x52\x54\0\x12\x34\x56\x08\0\x45\0\0\x24\0\1\0\0\x40\x11"   \
    "\x70\xa9"                                                                                     \
    "\0\0\0\0\xff\xff\xff\xff\0\x44\0\x43\0\x10\0\0\1\1\6\0abcd"

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT("s" ARP_FRAME),
    FUZZ_TEXT("s" ARP_FRAME UDP_FRAME ARP_FRAME),
    FUZZ_TEXT("s" UDP_FRAME "\0\0\0\1a\0\0\0\0"),
    FUZZ_TEXT("htcp:127.0.0.1:5555-10.0.2.15:22"),
    FUZZ_TEXT("hudp::5555-:22"),
    FUZZ_TEXT("gtcp:10.0.2.100:80-cmd:cat"),
    FUZZ_TEXT(
        "nuser,id=x,net=192.168.5.0/24,host=192.168.5.2,dns=192.168.5.3,dhcpstart=192.168.5.9"),
    FUZZ_TEXT("nuser,id=x,ipv6-prefix=fec0::,ipv6-prefixlen=64,ipv6-host=fec0::2,dnssearch=a.org,"
              "restrict=on"),
    FUZZ_TEXT("nhubport,id=x,hubid=1,netdev=fuzzed"),
    FUZZ_TEXT("ndgram,id=x,local.type=unix,local.path=/nonexistent/a,remote.type=unix,remote.path=/"
              "nonexistent/b"),
    FUZZ_TEXT("nstream,id=x,server=on,addr.type=unix,addr.path=/nonexistent/a,reconnect=3"),
    FUZZ_TEXT("nsocket,id=x,listen=:x,fd=99"),
    FUZZ_TEXT(
        "n{\"type\":\"user\",\"id\":\"x\",\"restrict\":true,\"dnssearch\":[{\"str\":\"a.org\"}]}"),
    FUZZ_TEXT("n{\"type\":\"stream\",\"id\":\"x\",\"addr\":{\"type\":\"unix\",\"path\":\"/"
              "x\"},\"server\":1}"),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT(","),
    FUZZ_TEXT("="),
    FUZZ_TEXT("-"),
    FUZZ_TEXT(":"),
    FUZZ_TEXT("/"),
    FUZZ_TEXT("\0\0\0\x3c"),
    FUZZ_TEXT("\0\1\x10\0"),
    FUZZ_TEXT("\xff\xff\xff\xff"),
    FUZZ_TEXT("\x08\0\x45\0"),
    FUZZ_TEXT("\x86\xdd"),
    FUZZ_TEXT("/31"),
    FUZZ_TEXT("0.0.0.0"),
    FUZZ_TEXT("255.255.255.255"),
    FUZZ_TEXT("id=x"),
    { NULL, 0 },
};

/* Warnings about garbage would be all that one sees. */
static void drop_message(void *opaque, const char *text)
{
}

static int outside = -1; /* of the back end "wire" */

/* The connection that garbage has ended is made again. */
static void connect_wire(void)
{
    g_autofree char *text = NULL;
    int pair[2];

    g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    text = g_strdup_printf("socket,id=wire,fd=%d", pair[1]);
    outside = pair[0];
    g_assert_true(netdev_add_from_str(text, &error_abort));
    g_assert_true(netdev_add_from_str("hubport,id=wire-port,hubid=0,netdev=wire", &error_abort));
}

void fuzz_init(void)
{
    module_call_init(MODULE_INIT_QOM);
    error_set_sink((ErrorSink){ .print = drop_message });
    qemu_init_main_loop(&error_abort);
    g_assert_true(netdev_add_from_str("user,id=fuzzed,restrict=on", &error_abort));
    g_assert_true(
        netdev_add_from_str("hubport,id=fuzzed-port,hubid=0,netdev=fuzzed", &error_abort));
    g_assert_true(user_creatable_add_from_str(
        "filter-dump,id=dump,netdev=fuzzed,file=/dev/null,maxlen=40", &error_abort));
    g_assert_true(user_creatable_add_from_str("filter-buffer,id=buffer,netdev=fuzzed,interval=1",
                                              &error_abort));
    connect_wire();
}

static void fuzz_stream(const uint8_t *data, size_t size)
{
    uint8_t sink[4096];

    if (send(outside, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
        shutdown(outside, SHUT_WR);
    }
    for (int i = 0; i < 8; i++) {
        main_loop_wait(true);
        while (recv(outside, sink, sizeof(sink), MSG_DONTWAIT) > 0) {
        }
    }
    close(outside);
    netdev_del("wire-port", &error_abort);
    netdev_del("wire", &error_abort);
    connect_wire();
}

/* What would reach for files, programs, ports or interfaces of the host isn't made. */
static bool is_harmless(const char *text)
{
    static const char *const words[] = { "guestfwd", "hostfwd", "helper",  "script",  "tap",
                                         "bridge",   "listen",  "connect", "mcast",   "udp",
                                         "inet",     "tftp",    "fd",      "abstract" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strstr(text, words[i])) {
            return false;
        }
    }
    return true;
}

/* The client that isn't one of those that fuzz_init() has made. */
static void remove_the_new_one(void)
{
    static const char *const ours[] = { "fuzzed", "fuzzed-port", "wire", "wire-port", NULL };
    NetClientState *all[5];

    g_assert_cmpint(qemu_find_net_clients_except(NULL, all, NET_CLIENT_DRIVER_NIC, 5), ==, 5);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (!g_strv_contains(ours, all[i]->name)) {
            qemu_del_net_client(all[i]);
            return;
        }
    }
    g_assert_not_reached();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = size ? g_strndup((const char *)data + 1, size - 1) : g_strdup("");
    HostForward host;
    GuestForward guest;

    if (size && data[0] == 's') {
        fuzz_stream(data + 1, size - 1);
    } else if (size && data[0] == 'h') {
        host_forward_parse(text, &host, NULL);
        host_forward_parse_host(text, &host, NULL);
    } else if (size && data[0] == 'g') {
        if (guest_forward_parse(text, &guest, NULL)) {
            guest_forward_clear(&guest);
        }
    } else if (size && data[0] == 'n' && is_harmless(text) && netdev_add_from_str(text, NULL)) {
        remove_the_new_one();
    }
    return 0;
}
