/*
 * The network core: each packet arrives once, in order, and only when its receiver takes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include "hw/qdev-properties.h"
#include "net/framing.h"
#include "net/netdev.h"
#include "net/nic-list.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

/* ---- A back end and a NIC that write down what comes ---- */

typedef struct Recorder {
    GString *got;  /* packets with a '.' behind each */
    int room;      /* packets that it still takes; -1: any number */
    bool refuses;  /* by receive() instead of can_receive() */
    size_t last_size;
    int link_changes, ready_calls, sent_calls, purged_calls;
    const char *answer; /* sent back from inside receive() */
} Recorder;

static ssize_t record(Recorder *r, NetClientState *nc, const void *buf, size_t size)
{
    const char *answer = r->answer;

    if (r->room == 0) {
        return 0;
    }
    r->room -= r->room > 0;
    r->answer = NULL;
    if (answer) {
        g_assert_cmpint(qemu_send_packet(nc, (const uint8_t *)answer, strlen(answer)), >=, 0);
    }
    g_string_append_len(r->got, buf, nc->nic ? strnlen(buf, size) : size);
    g_string_append_c(r->got, '.');
    r->last_size = size;
    return size;
}

typedef struct TestBackend {
    NetClientState nc;
    Recorder rec;
} TestBackend;

static ssize_t backend_receive(NetClientState *nc, const uint8_t *buf, size_t size)
{
    return record(&((TestBackend *)nc)->rec, nc, buf, size);
}

static bool backend_can_receive(NetClientState *nc)
{
    Recorder *r = &((TestBackend *)nc)->rec;

    return r->room != 0 || r->refuses;
}

static void backend_cleanup(NetClientState *nc)
{
    g_string_free(((TestBackend *)nc)->rec.got, TRUE);
}

static void backend_link(NetClientState *nc)
{
    ((TestBackend *)nc)->rec.link_changes++;
}

static void backend_ready(NetClientState *nc)
{
    ((TestBackend *)nc)->rec.ready_calls++;
}

static const NetClientInfo backend_info = {
    .type = NET_CLIENT_DRIVER_USER,
    .size = sizeof(TestBackend),
    .receive = backend_receive,
    .can_receive = backend_can_receive,
    .cleanup = backend_cleanup,
    .link_status_changed = backend_link,
    .peer_ready = backend_ready,
};

static TestBackend *new_backend(const char *id)
{
    TestBackend *b = (TestBackend *)qemu_new_net_client(&backend_info, NULL, "user", id);

    b->rec.got = g_string_new(NULL);
    b->rec.room = -1;
    return b;
}

#define TYPE_TEST_NIC "test-nic"

typedef struct TestNic {
    DeviceState parent;
    NICConf conf;
    NICState *nic;
    Recorder rec;
    bool pieces; /* saw more than one in a packet */
} TestNic;
DECLARE_INSTANCE_CHECKER(TestNic, TEST_NIC, TYPE_TEST_NIC)

static ssize_t nic_receive_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    TestNic *s = qemu_get_nic_opaque(nc);
    uint8_t buf[100];

    s->pieces |= iovcnt > 1;
    return record(&s->rec, nc, buf, iov_to_buf(iov, iovcnt, 0, buf, sizeof(buf)));
}

static bool nic_can_receive(NetClientState *nc)
{
    TestNic *s = qemu_get_nic_opaque(nc);

    return s->rec.room != 0 || s->rec.refuses;
}

static void nic_link(NetClientState *nc)
{
    ((TestNic *)qemu_get_nic_opaque(nc))->rec.link_changes++;
}

static NetClientInfo nic_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .receive_iov = nic_receive_iov,
    .can_receive = nic_can_receive,
    .link_status_changed = nic_link,
};

static void nic_realize(DeviceState *dev, Error **errp)
{
    TestNic *s = TEST_NIC(dev);

    s->rec.got = g_string_new(NULL);
    s->rec.room = -1;
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    s->nic = qemu_new_nic(&nic_info, &s->conf, object_get_typename(OBJECT(dev)), dev->id, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void nic_unrealize(DeviceState *dev)
{
    TestNic *s = TEST_NIC(dev);

    qemu_del_nic(s->nic);
    g_string_free(s->rec.got, TRUE);
}

static Property nic_properties[] = {
    DEFINE_NIC_PROPERTIES(TestNic, conf),
    DEFINE_PROP_END_OF_LIST(),
};

static void nic_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = nic_realize;
    dc->unrealize = nic_unrealize;
    device_class_set_props(dc, nic_properties);
}

static const TypeInfo nic_type = {
    .name = TYPE_TEST_NIC,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(TestNic),
    .class_init = nic_class_init,
};

static TestNic *new_nic(const char *netdev)
{
    DeviceState *dev = qdev_new(TYPE_TEST_NIC);

    if (netdev) {
        object_property_set_str(OBJECT(dev), "netdev", netdev, &error_abort);
    }
    qdev_realize(dev, NULL, &error_abort);
    return TEST_NIC(dev);
}

static void free_nic(TestNic *s)
{
    qdev_unrealize(DEVICE(s));
    object_unref(OBJECT(s));
}

/* ---- Tests ---- */

typedef struct Cable {
    TestBackend *backend;
    TestNic *nic;
    NetClientState *b, *n; /* its ends */
} Cable;

static Cable cable_new(void)
{
    Cable c = { .backend = new_backend("net0") };

    c.nic = new_nic("net0");
    c.b = &c.backend->nc;
    c.n = qemu_get_queue(c.nic->nic);
    g_assert_true(c.b->peer == c.n && c.n->peer == c.b);
    return c;
}

static void cable_free(Cable *c)
{
    free_nic(c->nic);
    g_assert_null(c->b->peer);
    qemu_del_net_client(c->b);
    g_assert_null(qemu_find_netdev("net0"));
}

static ssize_t send_text(NetClientState *nc, const char *text, NetPacketSent *cb)
{
    return qemu_send_packet_async(nc, (const uint8_t *)text, strlen(text), cb);
}

static void count_sent(NetClientState *sender, ssize_t ret)
{
    Recorder *r = &((TestBackend *)sender)->rec;

    *(ret > 0 ? &r->sent_calls : &r->purged_calls) += 1;
}

static void test_both_ways(void)
{
    char rest[60] = "cd";
    struct iovec iov[] = { { "ab", 2 }, { "", 0 }, { rest, sizeof(rest) } };
    Cable c = cable_new();

    g_assert_cmpint(send_text(c.n, "to-net", NULL), ==, 6);
    g_assert_cmpint(send_text(c.b, "to-nic", NULL), ==, 6);
    g_assert_cmpint(qemu_sendv_packet(c.b, iov, 3), ==, 62);
    g_assert_true(c.nic->pieces);
    iov[2].iov_len = 2;
    g_assert_cmpint(qemu_sendv_packet(c.n, iov, 3), ==, 4); /* for who wants one piece */
    g_assert_cmpstr(c.backend->rec.got->str, ==, "to-net.abcd.");
    g_assert_cmpstr(c.nic->rec.got->str, ==, "to-nic.abcd.");
    cable_free(&c);
}

static void test_waits_for_receiver(void)
{
    for (int refuses = 0; refuses < 2; refuses++) {
        Cable c = cable_new();

        c.nic->rec.refuses = refuses;
        c.nic->rec.room = 1;
        g_assert_cmpint(send_text(c.b, "a", count_sent), ==, 1);
        g_assert_cmpint(send_text(c.b, "b", count_sent), ==, 0);
        g_assert_cmpint(send_text(c.b, "c", count_sent), ==, 0);
        g_assert_cmpstr(c.nic->rec.got->str, ==, "a.");
        g_assert_false(qemu_can_send_packet(c.b));

        c.nic->rec.room = 1;
        qemu_flush_queued_packets(c.n);
        g_assert_cmpstr(c.nic->rec.got->str, ==, "a.b.");
        g_assert_cmpint(c.backend->rec.sent_calls, ==, 1);
        g_assert_cmpint(c.backend->rec.ready_calls, ==, 0); /* there is no room for more */

        c.nic->rec.room = 5;
        qemu_flush_queued_packets(c.n);
        g_assert_cmpstr(c.nic->rec.got->str, ==, "a.b.c.");
        g_assert_cmpint(c.backend->rec.sent_calls, ==, 2);
        g_assert_cmpint(c.backend->rec.ready_calls, ==, 1);
        cable_free(&c);
    }
}

/* A packet that fits now doesn't overtake those that wait. */
static void test_order_is_kept(void)
{
    Cable c = cable_new();

    c.nic->rec.room = 0;
    send_text(c.b, "a", NULL);
    send_text(c.b, "b", NULL);
    c.nic->rec.room = 2;
    g_assert_cmpint(send_text(c.b, "c", NULL), ==, 0);
    g_assert_cmpstr(c.nic->rec.got->str, ==, "a.b.");
    c.nic->rec.room = -1;
    g_assert_cmpint(send_text(c.b, "d", NULL), ==, 1);
    g_assert_cmpstr(c.nic->rec.got->str, ==, "a.b.c.d.");
    cable_free(&c);
}

/* An answer from inside receive() arrives after what caused it, and nobody is entered twice. */
static void test_answers_at_once(void)
{
    Cable c = cable_new();

    c.nic->rec.answer = "pong";
    c.backend->rec.answer = "thanks";
    send_text(c.b, "ping", NULL);
    g_assert_cmpstr(c.backend->rec.got->str, ==, "pong.");
    g_assert_cmpstr(c.nic->rec.got->str, ==, "ping.thanks.");
    cable_free(&c);
}

/* As on a real cable; what the guest sends is its own business. */
static void test_short_frames_are_padded(void)
{
    g_autofree uint8_t *frame = g_malloc0(61);
    Cable c = cable_new();

    g_assert_cmpint(qemu_send_packet(c.b, frame, 42), ==, 42);
    g_assert_cmpint(c.nic->rec.last_size, ==, 60);
    qemu_send_packet(c.b, frame, 61);
    g_assert_cmpint(c.nic->rec.last_size, ==, 61);
    qemu_send_packet(c.n, frame, 42);
    g_assert_cmpint(c.backend->rec.last_size, ==, 42);
    cable_free(&c);
}

static void test_loopback(void)
{
    Cable c = cable_new();

    g_assert_cmpint(qemu_receive_packet(c.n, (const uint8_t *)"me", 2), ==, 2);
    g_assert_cmpstr(c.nic->rec.got->str, ==, "me.");
    g_assert_cmpstr(c.backend->rec.got->str, ==, "");
    cable_free(&c);
}

static void test_purge(void)
{
    Cable c = cable_new();

    c.nic->rec.room = 0;
    send_text(c.b, "a", count_sent);
    send_text(c.b, "b", NULL);
    qemu_purge_queued_packets(c.b);
    g_assert_cmpint(c.backend->rec.purged_calls, ==, 1);
    c.nic->rec.room = -1;
    qemu_flush_queued_packets(c.n);
    g_assert_cmpstr(c.nic->rec.got->str, ==, "");
    cable_free(&c);
}

static void test_queue_is_bounded(void)
{
    Cable c = cable_new();
    int waiting = 0;

    c.nic->rec.room = 0;
    while (send_text(c.b, "x", NULL) == 0) {
        g_assert_cmpint(++waiting, <, 100000);
    }
    c.nic->rec.room = -1;
    qemu_flush_queued_packets(c.n);
    g_assert_cmpint(c.nic->rec.got->len, ==, 2 * waiting);
    cable_free(&c);
}

static void test_oversized_is_dropped(void)
{
    g_autofree uint8_t *big = g_malloc0(NET_BUFSIZE + 1);
    Cable c = cable_new();

    g_assert_cmpint(qemu_send_packet(c.n, big, NET_BUFSIZE + 1), ==, NET_BUFSIZE + 1);
    g_assert_cmpint(c.backend->rec.got->len, ==, 0);
    g_assert_cmpint(qemu_send_packet(c.n, big, NET_BUFSIZE), ==, NET_BUFSIZE);
    g_assert_cmpint(c.backend->rec.got->len, ==, NET_BUFSIZE + 1);
    cable_free(&c);
}

static void test_link_down(void)
{
    Cable c = cable_new();
    Error *err = NULL;

    c.nic->rec.room = 0;
    send_text(c.b, "waits", count_sent);
    g_assert_true(net_set_link("net0", false, &error_abort));
    g_assert_true(c.b->link_down && c.n->link_down); /* the NIC sees it as well */
    g_assert_cmpint(c.backend->rec.link_changes, ==, 1);
    g_assert_cmpint(c.nic->rec.link_changes, ==, 1);
    g_assert_cmpint(c.backend->rec.sent_calls, ==, 1); /* what waited was dropped */
    g_assert_cmpint(send_text(c.n, "x", NULL), ==, 1);
    g_assert_cmpint(send_text(c.b, "y", NULL), ==, 1);

    c.nic->rec.room = -1;
    g_assert_true(net_set_link("net0", true, &error_abort));
    send_text(c.b, "z", NULL);
    g_assert_cmpstr(c.backend->rec.got->str, ==, "");
    g_assert_cmpstr(c.nic->rec.got->str, ==, "z.");

    g_assert_true(net_set_link(c.n->name, false, &error_abort));
    g_assert_true(c.n->link_down && !c.b->link_down);
    g_assert_false(net_set_link("nobody", false, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Device 'nobody' not found");
    error_free(err);
    cable_free(&c);
}

static void test_backend_goes(void)
{
    Cable c = cable_new();
    Error *err = NULL;

    send_text(c.n, "a", NULL);
    c.nic->rec.room = 0;
    send_text(c.b, "b", count_sent);
    qemu_del_net_client(c.b);
    g_assert_null(c.n->peer);
    g_assert_true(c.n->link_down);
    g_assert_cmpint(c.nic->rec.link_changes, ==, 1);
    g_assert_cmpint(send_text(c.n, "into the void", NULL), ==, 13);
    c.nic->rec.room = -1;
    qemu_flush_queued_packets(c.n);
    g_assert_cmpstr(c.nic->rec.got->str, ==, "");
    g_assert_false(net_set_link(c.n->name, true, &err));
    error_free(err);
    free_nic(c.nic);
}

static void test_netdev_property(void)
{
    TestBackend *b = new_backend("net0");
    DeviceState *first = qdev_new(TYPE_TEST_NIC), *second = qdev_new(TYPE_TEST_NIC);
    g_autofree char *id = NULL;
    Error *err = NULL;

    g_assert_false(object_property_set_str(OBJECT(first), "netdev", "net1", &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Property 'test-nic.netdev' can't find value 'net1': expected the id of a "
                    "-netdev");
    g_clear_pointer(&err, error_free);

    object_property_set_str(OBJECT(first), "netdev", "net0", &error_abort);
    object_property_set_str(OBJECT(first), "netdev", "net0", &error_abort);
    id = object_property_get_str(OBJECT(first), "netdev", &error_abort);
    g_assert_cmpstr(id, ==, "net0");
    g_assert_false(object_property_set_str(OBJECT(second), "netdev", "net0", &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Property 'test-nic.netdev' can't take value 'net0', it's in use");
    g_clear_pointer(&err, error_free);

    object_unref(OBJECT(first)); /* gives it back */
    object_property_set_str(OBJECT(second), "netdev", "net0", &error_abort);
    qemu_del_net_client(&b->nc); /* before the device is realized */
    qdev_realize(second, NULL, &error_abort);
    g_assert_null(qemu_get_queue(TEST_NIC(second)->nic)->peer);
    free_nic(TEST_NIC(second));
}

static void test_names_and_addresses(void)
{
    TestNic *a = new_nic(NULL), *b = new_nic(NULL), *c;
    MACAddr mac;

    g_assert_cmpstr(qemu_get_queue(a->nic)->name, ==, "test-nic.0");
    g_assert_cmpstr(qemu_get_queue(b->nic)->name, ==, "test-nic.1");
    g_assert_cmpstr(qemu_get_queue(a->nic)->info_str, ==,
                    "model=test-nic,macaddr=52:54:00:12:34:56");
    g_assert_cmpint(b->conf.macaddr.a[5], ==, 0x57);
    free_nic(a);
    c = new_nic(NULL); /* what is free is used again */
    g_assert_cmpint(c->conf.macaddr.a[5], ==, 0x56);
    g_assert_cmpstr(qemu_get_queue(c->nic)->name, !=, qemu_get_queue(b->nic)->name);
    free_nic(b);
    free_nic(c);

    g_assert_true(net_mac_parse("aA-bb:0c:00:01:ff", &mac));
    g_assert_cmpmem(mac.a, 6, ((uint8_t[]){ 0xaa, 0xbb, 0x0c, 0, 1, 0xff }), 6);
    for (const char *const *bad = (const char *const[]){ "", "52:54:00:12:34", "52:54:00:12:34:5",
                                                         "52:54:00:12:34:56:", "5g:54:00:12:34:56",
                                                         "525400123456", NULL }; *bad; bad++) {
        g_assert_false(net_mac_parse(*bad, &mac));
    }
}

static void test_stopped_guest_receives_nothing(void)
{
    Cable c = cable_new();

    net_guest_stopped(true);
    g_assert_cmpint(send_text(c.b, "a", NULL), ==, 0);
    g_assert_cmpint(send_text(c.n, "out", NULL), ==, 3);
    net_guest_stopped(false);
    g_assert_cmpstr(c.nic->rec.got->str, ==, "a.");
    g_assert_cmpstr(c.backend->rec.got->str, ==, "out.");
    cable_free(&c);
}

/* The check value that every description of this CRC gives, and a known multicast address. */
static void test_crc(void)
{
    static const uint8_t all_hosts[] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };

    g_assert_cmphex(~net_crc32_le((const uint8_t *)"123456789", 9), ==, 0xcbf43926);
    /* CRC-32/MPEG-2 is the same with the other order of bits. */
    g_assert_cmphex(net_crc32((const uint8_t *)"\x8c\x4c\xcc\x2c\xac\x6c\xec\x1c\x9c", 9), ==,
                    0x0376e6e7);
    g_assert_cmphex(net_crc32(all_hosts, 6), ==, 0x7fa32d9b);
}

static void test_boards_take_entries(void)
{
    TestBackend *b = new_backend("net0");
    DeviceState *dev;

    nd_table[0] = (NICInfo){ .used = true, .netdev = &b->nc, .nvectors = -1 };
    nd_table[1] = (NICInfo){ .used = true, .model = "other", .nvectors = -1 };
    nd_table[2] = (NICInfo){ .used = true, .model = "short", .nvectors = -1,
                             .macaddr = { { 2, 0, 0, 0, 0, 9 } } };
    nb_nics = 3;
    g_assert_null(qemu_create_nic_device("nothing", false, NULL));
    dev = qemu_create_nic_device(TYPE_TEST_NIC, true, "short");
    qdev_realize(dev, NULL, &error_abort);
    g_assert_true(qemu_get_queue(TEST_NIC(dev)->nic)->peer == &b->nc);
    free_nic(TEST_NIC(dev));

    dev = qdev_new(TYPE_TEST_NIC);
    g_assert_true(qemu_configure_nic_device(dev, true, "short"));
    g_assert_false(qemu_configure_nic_device(dev, true, "short"));
    g_assert_cmpint(TEST_NIC(dev)->conf.macaddr.a[5], ==, 9);
    object_unref(OBJECT(dev));
    g_assert_true(net_first_unused_nic() == &nd_table[1]);
    nb_nics = 0;
    qemu_del_net_client(&b->nc);
}

/* ---- Hubs ---- */

static TestBackend *plug_into_hub(const char *id)
{
    g_autofree char *port = g_strdup_printf("hubport,id=port-%s,hubid=5,netdev=%s", id, id);
    TestBackend *b = new_backend(id);

    g_assert_true(netdev_add_from_str(port, &error_abort));
    return b;
}

static void unplug(TestBackend *b)
{
    g_autofree char *port = g_strdup_printf("port-%s", b->nc.name);

    qemu_del_net_client(&b->nc);
    g_assert_true(netdev_del(port, &error_abort));
}

static void test_hub_repeats(void)
{
    TestBackend *a = plug_into_hub("a"), *b = plug_into_hub("b"), *c = plug_into_hub("c");

    g_assert_cmpint(net_hub_of_port(a->nc.peer), ==, 5);
    g_assert_cmpint(net_hub_of_port(&a->nc), ==, -1);
    send_text(&a->nc, "x", NULL);
    send_text(&b->nc, "y", NULL);
    g_assert_cmpstr(a->rec.got->str, ==, "y.");
    g_assert_cmpstr(b->rec.got->str, ==, "x.");
    g_assert_cmpstr(c->rec.got->str, ==, "x.y.");

    /* A slow one doesn't hold up the others, and gets what it missed. */
    b->rec.room = 0;
    g_assert_cmpint(send_text(&a->nc, "z", NULL), ==, 1);
    g_assert_cmpstr(c->rec.got->str, ==, "x.y.z.");
    b->rec.room = -1;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpstr(b->rec.got->str, ==, "x.z.");

    /* An answer from inside of receive() goes round once. */
    b->rec.answer = "pong";
    send_text(&a->nc, "ping", NULL);
    g_assert_cmpstr(a->rec.got->str, ==, "y.pong.");
    g_assert_cmpstr(c->rec.got->str, ==, "x.y.z.ping.pong.");
    unplug(a);
    unplug(b);
    unplug(c);
}

/* Where nobody can take it the sender waits, and is told when somebody can. */
static void test_hub_passes_the_jam_on(void)
{
    TestBackend *a = plug_into_hub("a"), *b = plug_into_hub("b");

    b->rec.room = 0;
    g_assert_cmpint(send_text(&a->nc, "x", count_sent), ==, 0);
    g_assert_false(qemu_can_send_packet(&a->nc));
    g_assert_cmpstr(b->rec.got->str, ==, "");
    b->rec.room = -1;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpstr(b->rec.got->str, ==, "x.");
    g_assert_cmpint(a->rec.sent_calls, ==, 1);

    unplug(b);
    g_assert_cmpint(send_text(&a->nc, "nobody", NULL), ==, 6);
    unplug(a);
}

static void test_hubs_are_not_plugged_together(void)
{
    Error *err = NULL;

    g_assert_true(netdev_add_from_str("hubport,id=p,hubid=1", &error_abort));
    g_assert_false(netdev_add_from_str("hubport,id=q,hubid=2,netdev=p", &err));
    g_assert_nonnull(err);
    error_free(err);
    g_assert_true(netdev_del("p", &error_abort));
}

/* ---- The offloads' header ---- */

typedef struct HeaderBackend {
    TestBackend b;
    int header_len;
} HeaderBackend;

static void set_header_len(NetClientState *nc, int len)
{
    ((HeaderBackend *)nc)->header_len = len;
}

/* What is sent without the header gets an empty one for who expects it. */
static void test_raw_packets_get_a_header(void)
{
    static NetClientInfo info;
    g_autofree char *option = NULL, *capture = NULL;
    HeaderBackend *hb;
    gsize size;
    TestNic *nic;

    info = backend_info;
    info.size = sizeof(HeaderBackend);
    info.set_vnet_hdr_len = set_header_len;
    hb = (HeaderBackend *)qemu_new_net_client(&info, NULL, "user", "net0");
    hb->b.rec.got = g_string_new(NULL);
    hb->b.rec.room = -1;
    nic = new_nic("net0");
    g_assert_false(qemu_has_vnet_hdr(&hb->b.nc));
    option = g_strdup_printf("filter-dump,id=f,netdev=net0,file=%s/test-net-%d.pcap",
                             g_get_tmp_dir(), (int)getpid());
    g_assert_true(user_creatable_add_from_str(option, &error_abort));
    qemu_set_vnet_hdr_len(&hb->b.nc, 12);
    g_assert_cmpint(hb->header_len, ==, 12);

    qemu_send_packet(qemu_get_queue(nic->nic), (const uint8_t *)"0123456789abcdef", 16);
    g_assert_cmpint(hb->b.rec.last_size, ==, 16);
    qemu_send_packet_raw(qemu_get_queue(nic->nic), (const uint8_t *)"cdef", 4);
    g_assert_cmpint(hb->b.rec.last_size, ==, 16);
    g_assert_cmpmem(hb->b.rec.got->str + 17, 16, "\0\0\0\0\0\0\0\0\0\0\0\0cdef", 16);
    hb->b.rec.room = 0; /* also where it has to wait */
    qemu_send_packet_raw(qemu_get_queue(nic->nic), (const uint8_t *)"late", 4);
    hb->b.rec.room = -1;
    qemu_flush_queued_packets(&hb->b.nc);
    g_assert_cmpmem(hb->b.rec.got->str + 34, 16, "\0\0\0\0\0\0\0\0\0\0\0\0late", 16);

    /* A capture has no such header: three packets of four bytes behind the file's header. */
    g_assert_true(g_file_get_contents(strchr(option, '/'), &capture, &size, NULL));
    g_assert_cmpint(size, ==, 24 + 3 * (16 + 4));
    g_assert_cmpmem(capture + 24 + 16, 4, "cdef", 4);
    g_assert_cmpmem(capture + 24 + 20 + 16, 4, "cdef", 4);
    unlink(strchr(option, '/'));
    free_nic(nic);
    qemu_del_net_client(&hb->b.nc);
}

/* ---- Packets in a stream ---- */

typedef struct Unframed {
    GString *got;
    int wanted; /* packets before it says stop */
    NetUnframer *reset; /* at the first packet */
} Unframed;

static bool take_unframed(void *opaque, const uint8_t *data, size_t size)
{
    Unframed *u = opaque;

    g_string_append_len(u->got, (const char *)data, size);
    g_string_append_c(u->got, '.');
    if (u->reset) {
        net_unframer_reset(u->reset);
    }
    return --u->wanted != 0;
}

static void test_framing(void)
{
    static const uint8_t stream[] = "\0\0\0\1a\0\0\0\3bcd\0\0\0\2ef";
    const size_t size = sizeof(stream) - 1;
    NetUnframer u;

    for (size_t piece = 1; piece <= size; piece++) { /* however it is cut */
        Unframed got = { .got = g_string_new(NULL), .wanted = -1 };

        net_unframer_init(&u, 3);
        for (size_t at = 0; at < size; at += piece) {
            net_unframer_feed(&u, stream + at, MIN(piece, size - at));
            g_assert_cmpint(net_unframer_run(&u, take_unframed, &got), ==, NET_UNFRAMED_ALL);
        }
        g_assert_cmpstr(got.got->str, ==, "a.bcd.ef.");
        g_string_free(got.got, TRUE);
        net_unframer_clear(&u);
    }
}

static void test_framing_stops_and_goes_on(void)
{
    static const char *const garbage[] = { "\0\0\0\0", "\0\0\0\11", "\xff\xff\xff\xff", NULL };
    Unframed got = { .got = g_string_new(NULL), .wanted = 1 };
    NetUnframer u;

    net_unframer_init(&u, 8);
    net_unframer_feed(&u, (const uint8_t *)"\0\0\0\1a\0\0\0\1b", 10);
    g_assert_cmpint(net_unframer_run(&u, take_unframed, &got), ==, NET_UNFRAMED_STOPPED);
    g_assert_cmpstr(got.got->str, ==, "a.");
    got.wanted = -1;
    g_assert_cmpint(net_unframer_run(&u, take_unframed, &got), ==, NET_UNFRAMED_ALL);
    g_assert_cmpstr(got.got->str, ==, "a.b.");

    for (const char *const *bad = garbage; *bad; bad++) {
        net_unframer_reset(&u);
        net_unframer_feed(&u, (const uint8_t *)*bad, 4);
        g_assert_cmpint(net_unframer_run(&u, take_unframed, &got), ==, NET_UNFRAMED_GARBAGE);
    }

    net_unframer_reset(&u); /* the connection ends inside of the first packet's delivery */
    net_unframer_feed(&u, (const uint8_t *)"\0\0\0\1c\0\0\0\1d", 10);
    got.reset = &u;
    g_assert_cmpint(net_unframer_run(&u, take_unframed, &got), ==, NET_UNFRAMED_ALL);
    g_assert_cmpstr(got.got->str, ==, "a.b.c.");
    g_string_free(got.got, TRUE);
    net_unframer_clear(&u);
}

/* ---- A connection ---- */

/* What waits because the connection is full goes on once there is room, whatever comes meanwhile. */
static void test_full_connection_goes_on(void)
{
    static const uint8_t frame[60] = "a frame";
    uint8_t buf[4096];
    size_t wanted = 0, got = 0;
    g_autofree char *text = NULL;
    TestNic *nic;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    text = g_strdup_printf("stream,id=s0,addr.type=fd,addr.str=%d", pair[0]);
    g_assert_true(netdev_add_from_str(text, &error_abort));
    nic = new_nic("s0");
    do {
        wanted += 4 + sizeof(frame);
    } while (qemu_send_packet_async(qemu_get_queue(nic->nic), frame, sizeof(frame), NULL) > 0);

    g_assert_cmpint(write(pair[1], "\0\0\0\1x", 5), ==, 5);
    for (int i = 0; i < 1000 && !nic->rec.got->len; i++) {
        main_loop_wait(true);
    }
    g_assert_cmpstr(nic->rec.got->str, ==, "x.");
    for (int idle = 0; idle < 1000 && got < wanted; idle++) {
        ssize_t n;

        main_loop_wait(true);
        while ((n = recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
            got += n;
            idle = 0;
        }
    }
    g_assert_cmpuint(got, ==, wanted);
    free_nic(nic);
    g_assert_true(netdev_del("s0", &error_abort));
    close(pair[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    type_register_static(&nic_type);
    g_test_add_func("/net/packets-go-both-ways", test_both_ways);
    g_test_add_func("/net/packets-wait-for-their-receiver", test_waits_for_receiver);
    g_test_add_func("/net/order-is-kept", test_order_is_kept);
    g_test_add_func("/net/answers-at-once-arrive-behind", test_answers_at_once);
    g_test_add_func("/net/short-frames-are-padded", test_short_frames_are_padded);
    g_test_add_func("/net/loopback", test_loopback);
    g_test_add_func("/net/purge-drops-what-waits", test_purge);
    g_test_add_func("/net/queue-is-bounded", test_queue_is_bounded);
    g_test_add_func("/net/oversized-packets-are-dropped", test_oversized_is_dropped);
    g_test_add_func("/net/link-down-carries-nothing", test_link_down);
    g_test_add_func("/net/nic-outlives-its-back-end", test_backend_goes);
    g_test_add_func("/net/netdev-property", test_netdev_property);
    g_test_add_func("/net/names-and-addresses", test_names_and_addresses);
    g_test_add_func("/net/stopped-guest-receives-nothing", test_stopped_guest_receives_nothing);
    g_test_add_func("/net/crc", test_crc);
    g_test_add_func("/net/boards-take-entries", test_boards_take_entries);
    g_test_add_func("/net/hub/repeats", test_hub_repeats);
    g_test_add_func("/net/hub/passes-the-jam-on", test_hub_passes_the_jam_on);
    g_test_add_func("/net/hub/not-into-hubs", test_hubs_are_not_plugged_together);
    g_test_add_func("/net/raw-packets-get-a-header", test_raw_packets_get_a_header);
    g_test_add_func("/net/framing/however-cut", test_framing);
    g_test_add_func("/net/framing/stops-and-goes-on", test_framing_stops_and_goes_on);
    g_test_add_func("/net/stream/full-connection-goes-on", test_full_connection_goes_on);
    return g_test_run();
}
