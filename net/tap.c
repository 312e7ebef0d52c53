/*
 * -netdev tap: a network interface of the host's kernel (Documentation/networking/tuntap.rst).
 *
 * The interface is made here, which needs CAP_NET_ADMIN, or it was made before for this user, or
 * somebody else opens it: a descriptor that is inherited (fd=), or that a privileged helper passes
 * (helper=).
 *
 * An interface may have several queues (queues=, fds=), each a descriptor and a NetClientState; the
 * kernel spreads what it sends over those that are attached.
 *
 * Packets to and from the kernel have a header for offloads where the kernel can that; a NIC that
 * knows nothing of it gets and gives packets without.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "address.h"
#include "kinds.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"

#define TUN_DEVICE         "/dev/net/tun"
#define DEFAULT_SCRIPT     "/etc/qemu-ifup"
#define DEFAULT_DOWNSCRIPT "/etc/qemu-ifdown"
#define DEFAULT_HELPER     "/usr/lib/qemu/qemu-bridge-helper"
#define DEFAULT_BRIDGE     "br0"
#define READS_AT_ONCE      64

typedef struct TapState {
    NetClientState nc;
    int fd;
    char ifname[IFNAMSIZ];
    char *downscript;  /* NULL: none */
    int host_hdr_len;  /* of the header that the kernel has in front of packets, 0: none */
    bool has_ufo;
    bool in_waits, out_waits, polled_out;
    bool polled_in, poll_off;
    bool unused; /* detached from the interface */
} TapState;

static TapState *tap_state(NetClientState *nc)
{
    return (TapState *)nc;
}

static void tap_read(void *opaque);
static void tap_write(void *opaque);

static void update_handlers(TapState *s)
{
    bool in = !s->in_waits && !s->poll_off && !s->unused, out = s->out_waits;

    if (in != s->polled_in || out != s->polled_out) {
        s->polled_in = in;
        s->polled_out = out;
        qemu_set_fd_handler(s->fd, in ? tap_read : NULL, out ? tap_write : NULL, s);
    }
}

/* ---- Packets ---- */

static void nic_took_packet(NetClientState *nc, ssize_t ret)
{
    tap_state(nc)->in_waits = false;
    update_handlers(tap_state(nc));
}

static void tap_read(void *opaque)
{
    TapState *s = opaque;
    g_autofree uint8_t *buf = g_malloc(NET_BUFSIZE);

    for (int i = 0; i < READS_AT_ONCE && !s->in_waits; i++) {
        ssize_t n = read(s->fd, buf, NET_BUFSIZE);
        int skip = s->nc.vnet_hdr_len ? 0 : s->host_hdr_len;

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= skip) {
            break;
        }
        s->in_waits = qemu_send_packet_async(&s->nc, buf + skip, n - skip, nic_took_packet) == 0;
    }
    update_handlers(s);
}

static ssize_t tap_receive_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    static const uint8_t no_offloads[sizeof(struct virtio_net_hdr_mrg_rxbuf)];
    TapState *s = tap_state(nc);
    size_t size = iov_size(iov, iovcnt);
    g_autofree struct iovec *whole = NULL;
    ssize_t n;

    if (s->host_hdr_len && !nc->vnet_hdr_len) {
        whole = g_new(struct iovec, iovcnt + 1);
        whole[0] = (struct iovec){ (void *)no_offloads, s->host_hdr_len };
        memcpy(whole + 1, iov, iovcnt * sizeof(*iov));
        iov = whole;
        iovcnt++;
    }
    do {
        n = writev(s->fd, iov, iovcnt);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        s->out_waits = true;
        update_handlers(s);
        return 0;
    }
    return size; /* or lost: the interface is down, or it is no packet */
}

static void tap_write(void *opaque)
{
    TapState *s = opaque;

    s->out_waits = false;
    update_handlers(s);
    qemu_flush_queued_packets(&s->nc);
}

static void tap_poll(NetClientState *nc, bool enable)
{
    tap_state(nc)->poll_off = !enable;
    update_handlers(tap_state(nc));
}

static void tap_use_queue(NetClientState *nc, bool use)
{
    TapState *s = tap_state(nc);
    struct ifreq ifr = { .ifr_flags = use ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE };

    if (use == !s->unused) {
        return;
    }
    if (ioctl(s->fd, TUNSETQUEUE, &ifr) < 0) {
        warn_report("network back end '%s': the kernel doesn't %s queue %u: %s", nc->name,
                    use ? "attach" : "detach", nc->queue_index, g_strerror(errno));
    } else {
        s->unused = !use;
        update_handlers(s);
    }
}

/* ---- Offloads ---- */

static bool tap_has_vnet_hdr(NetClientState *nc)
{
    return tap_state(nc)->host_hdr_len != 0;
}

static bool tap_has_vnet_hdr_len(NetClientState *nc, int len)
{
    return tap_has_vnet_hdr(nc) && (len == sizeof(struct virtio_net_hdr) ||
                                    len == sizeof(struct virtio_net_hdr_mrg_rxbuf));
}

static bool tap_has_ufo(NetClientState *nc)
{
    return tap_state(nc)->has_ufo;
}

static void tap_set_vnet_hdr_len(NetClientState *nc, int len)
{
    TapState *s = tap_state(nc);

    if (len && ioctl(s->fd, TUNSETVNETHDRSZ, &len) == 0) {
        s->host_hdr_len = len;
    }
}

static void tap_set_offload(NetClientState *nc, int csum, int tso4, int tso6, int ecn, int ufo)
{
    TapState *s = tap_state(nc);
    unsigned flags = !csum ? 0
                           : TUN_F_CSUM | (tso4 ? TUN_F_TSO4 : 0) | (tso6 ? TUN_F_TSO6 : 0) |
                                 ((tso4 || tso6) && ecn ? TUN_F_TSO_ECN : 0) |
                                 (ufo && s->has_ufo ? TUN_F_UFO : 0);

    if (s->host_hdr_len && ioctl(s->fd, TUNSETOFFLOAD, (unsigned long)flags) < 0) {
        warn_report("network back end '%s': the kernel refuses offloads 0x%x: %s", nc->name, flags,
                    g_strerror(errno));
    }
}

static int tap_set_vnet_le(NetClientState *nc, bool is_le)
{
    int on = is_le;

    return ioctl(tap_state(nc)->fd, TUNSETVNETLE, &on) < 0 ? -errno : 0;
}

static int tap_set_vnet_be(NetClientState *nc, bool is_be)
{
    int on = is_be;

    return ioctl(tap_state(nc)->fd, TUNSETVNETBE, &on) < 0 ? -errno : 0;
}

/* ---- The interface ---- */

/* Runs `script ifname`; false with *errp set if that fails. */
static bool run_script(const char *script, const char *ifname, Error **errp)
{
    const char *argv[] = { script, ifname, NULL };
    g_autoptr(GError) err = NULL;
    int status;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL,
                      NULL, &status, &err)) {
        error_setg(errp, "network script %s failed: %s", script, err->message);
        return false;
    }
    if (!g_spawn_check_wait_status(status, &err)) {
        error_setg(errp, "network script %s failed: %s", script, err->message);
        return false;
    }
    return true;
}

static void hint_about_rights(Error **errp)
{
    error_append_hint(errp, "Without rights: as root make the interface once, with\n"
                            "  ip tuntap add mode tap user %s name tap0; ip link set tap0 up\n"
                            "and say ifname=tap0,script=no,downscript=no. Or use -netdev user or "
                            "passt.\n", g_get_user_name());
}

/* Opens or makes an interface; s->ifname "" lets the kernel choose one. */
static bool open_interface(TapState *s, bool want_header, bool several_queues, Error **errp)
{
    struct ifreq ifr = {
        .ifr_flags = IFF_TAP | IFF_NO_PI | (several_queues ? IFF_MULTI_QUEUE : 0),
    };
    unsigned features = 0;

    s->fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);
    if (s->fd < 0) {
        error_setg_errno(errp, errno, "could not open %s", TUN_DEVICE);
        hint_about_rights(errp);
        return false;
    }
    if (ioctl(s->fd, TUNGETFEATURES, &features) == 0 && want_header) {
        ifr.ifr_flags |= features & IFF_VNET_HDR;
    }
    g_strlcpy(ifr.ifr_name, s->ifname[0] ? s->ifname : "tap%d", sizeof(ifr.ifr_name));
    if (ioctl(s->fd, TUNSETIFF, &ifr) < 0) {
        bool rights = errno == EPERM;

        error_setg_errno(errp, errno, "could not configure %s (%s)", TUN_DEVICE, ifr.ifr_name);
        if (rights) {
            hint_about_rights(errp);
        }
        close(s->fd);
        return false;
    }
    g_strlcpy(s->ifname, ifr.ifr_name, sizeof(s->ifname));
    return true;
}

/*
 * Runs the helper, which opens an interface on the bridge and passes it through a socket. -1 with
 * *errp set if it doesn't.
 */
static int open_by_helper(const char *helper, const char *bridge, Error **errp)
{
    g_autofree char *fd_arg = NULL, *bridge_arg = g_strdup_printf("--br=%s", bridge), *line = NULL;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec iov = { &byte, 1 };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    int pair[2], fd = -1, status = 0, fork_error;
    struct cmsghdr *c;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
        error_setg_errno(errp, errno, "can't talk to the bridge helper");
        return -1;
    }
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    fd_arg = g_strdup_printf("--fd=%d", pair[1]);
    line = g_strdup_printf("%s --use-vnet %s %s", helper, fd_arg, bridge_arg);
    pid = fork();
    if (pid == 0) {
        /* A helper with arguments is a command line, as users are used to. */
        if (strpbrk(helper, " \t")) {
            execl("/bin/sh", "sh", "-c", line, NULL);
        } else {
            execl(helper, helper, "--use-vnet", fd_arg, bridge_arg, NULL);
        }
        _exit(127);
    }
    fork_error = errno;
    close(pair[1]);
    if (pid > 0 && recvmsg(pair[0], &msg, MSG_CMSG_CLOEXEC) > 0) {
        c = CMSG_FIRSTHDR(&msg);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            memcpy(&fd, CMSG_DATA(c), sizeof(fd));
        }
    }
    close(pair[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (pid < 0) {
        error_setg_errno(errp, fork_error, "can't start the bridge helper '%s'", helper);
        return -1;
    }
    if (fd < 0 || status != 0) {
        error_setg(errp, "bridge helper failed: %s", helper);
        error_append_hint(errp, "It must be installed with the right to do that (set-user-ID "
                                "root), and /etc/qemu/bridge.conf must allow '%s'.\n", bridge);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static int inherited_fd(const char *text, Error **errp)
{
    struct ifreq ifr;
    int fd;

    if (!net_fd_number(text, &fd, errp)) {
        return -1;
    }
    if (fcntl(fd, F_GETFD) < 0 || ioctl(fd, TUNGETIFF, &ifr) < 0) {
        error_setg_errno(errp, errno, "Can't use file descriptor %d", fd);
        error_append_hint(errp, "It must be an opened tap interface.\n");
        return -1;
    }
    return fd;
}

/* What the kernel says of an opened interface. */
static void look_at_interface(TapState *s)
{
    struct ifreq ifr = { .ifr_flags = 0 };
    int len = sizeof(struct virtio_net_hdr);

    fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
    fcntl(s->fd, F_SETFD, FD_CLOEXEC);
    if (ioctl(s->fd, TUNGETIFF, &ifr) == 0) {
        g_strlcpy(s->ifname, ifr.ifr_name, sizeof(s->ifname));
        if (ifr.ifr_flags & IFF_VNET_HDR) {
            ioctl(s->fd, TUNSETVNETHDRSZ, &len);
            s->host_hdr_len = len;
            s->has_ufo = ioctl(s->fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_UFO)) == 0;
            ioctl(s->fd, TUNSETOFFLOAD, 0ul); /* the guest says what it takes */
        }
    }
}

/* ---- Life ---- */

static void tap_cleanup(NetClientState *nc)
{
    TapState *s = tap_state(nc);
    Error *err = NULL;

    qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
    if (s->downscript && !run_script(s->downscript, s->ifname, &err)) {
        error_reportf_err(err, "network back end '%s': ", nc->name);
    }
    close(s->fd);
    g_free(s->downscript);
}

static const NetClientInfo tap_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(TapState),
    .receive_iov = tap_receive_iov,
    .cleanup = tap_cleanup,
    .poll = tap_poll,
    .use_queue = tap_use_queue,
    .has_vnet_hdr = tap_has_vnet_hdr,
    .has_vnet_hdr_len = tap_has_vnet_hdr_len,
    .has_ufo = tap_has_ufo,
    .set_vnet_hdr_len = tap_set_vnet_hdr_len,
    .set_offload = tap_set_offload,
    .set_vnet_le = tap_set_vnet_le,
    .set_vnet_be = tap_set_vnet_be,
};

static bool check_keys(QemuOpts *opts, Error **errp)
{
    static const char *const lacking[] = { "vhost", "vhostforce", "vhostfd", "vhostfds" };
    static const char *const own[] = { "ifname", "script", "downscript", "helper",
                                       "br",     "vnet_hdr", "queues" };
    const char *fd = qemu_opt_get(opts, "fd") ? "fd" : qemu_opt_get(opts, "fds") ? "fds" : NULL;
    uint64_t queues = qemu_opt_get_number(opts, "queues", 1);
    const char *helper = qemu_opt_get(opts, "helper");

    for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
        const char *value = qemu_opt_get(opts, lacking[i]);

        if (value && !g_str_equal(value, "off")) {
            error_setg(errp, "'%s' is not supported yet", lacking[i]);
            return false;
        }
    }
    if (queues < 1 || queues > MAX_QUEUE_NUM) {
        error_setg(errp, "Parameter 'queues' expects 1 to %d", MAX_QUEUE_NUM);
        return false;
    }
    if (qemu_opt_get(opts, "fd") && qemu_opt_get(opts, "fds")) {
        error_setg(errp, "'fds' is invalid with 'fd'");
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        bool of_helper = i == 3 || i == 4;

        if (qemu_opt_get(opts, own[i]) && (fd || (helper && !of_helper))) {
            error_setg(errp, "'%s' is invalid with '%s'", own[i], fd ? fd : "helper");
            return false;
        }
    }
    if (qemu_opt_get(opts, "br") && !helper) {
        error_setg(errp, "'br' needs 'helper'");
        return false;
    }
    return true;
}

/* An option's script; NULL for "no", and with *errp set for a default that isn't installed. */
static char *script_option(QemuOpts *opts, const char *key, const char *standard, Error **errp)
{
    const char *given = qemu_opt_get(opts, key);

    if (given && (g_str_equal(given, "no") || !*given)) {
        return NULL;
    }
    if (!given && access(standard, X_OK) != 0) {
        if (errp) {
            error_setg(errp, "there is no script '%s', which is what '%s' is by default", standard,
                       key);
            error_append_hint(errp, "Say %s=no, or %s=FILE.\n", key, key);
        }
        return NULL;
    }
    return g_strdup(given ? given : standard);
}

/* Another queue of an interface that is open. */
static bool open_more(GArray *taps, unsigned n, const char *ifname, bool want_header, Error **errp)
{
    while (taps->len < n) {
        TapState s = { .fd = -1 };

        g_strlcpy(s.ifname, ifname, sizeof(s.ifname));
        if (!open_interface(&s, want_header, true, errp)) {
            return false;
        }
        g_array_append_val(taps, s);
    }
    return true;
}

/* several: `text` is a list, a descriptor for each queue. */
static bool open_inherited(GArray *taps, const char *text, bool several, Error **errp)
{
    const char *const one[] = { text, NULL };
    g_auto(GStrv) list = several ? g_strsplit(text, ":", MAX_QUEUE_NUM + 1)
                                 : g_strdupv((char **)one);

    if (!list[0] || g_strv_length(list) > MAX_QUEUE_NUM) {
        error_setg(errp, "Parameter 'fds' expects 1 to %d numbers with colons in between",
                   MAX_QUEUE_NUM);
        return false;
    }
    for (char **fd = list; *fd; fd++) {
        TapState s = { .fd = inherited_fd(*fd, errp) };

        if (s.fd < 0) {
            return false;
        }
        g_array_append_val(taps, s);
    }
    return true;
}

/* Opens the interface of a tap's options, a TapState for each queue. False with *errp set. */
static bool open_tap(GArray *taps, QemuOpts *opts, char **info, Error **errp)
{
    ERRP_GUARD();
    const char *fd = qemu_opt_get(opts, "fd"), *fds = qemu_opt_get(opts, "fds");
    const char *helper = qemu_opt_get(opts, "helper"), *bridge = qemu_opt_get(opts, "br");
    const char *ifname = qemu_opt_get(opts, "ifname");
    unsigned queues = qemu_opt_get_number(opts, "queues", 1);
    bool want_header = qemu_opt_get_bool(opts, "vnet_hdr", true);
    g_autofree char *script = NULL;
    TapState s = { .fd = -1 };

    if (fd || fds) {
        *info = fd ? g_strdup_printf("fd=%s", fd) : g_strdup_printf("fds=%s", fds);
        return open_inherited(taps, fd ? fd : fds, !fd, errp);
    }
    if (helper) {
        s.fd = open_by_helper(helper, bridge ? bridge : DEFAULT_BRIDGE, errp);
        *info = g_strdup_printf("helper=%s", helper);
        g_array_append_val(taps, s);
        return s.fd >= 0;
    }
    if (ifname && (!*ifname || strlen(ifname) >= IFNAMSIZ || strchr(ifname, '/'))) {
        error_setg(errp, "Parameter 'ifname' expects 1 to %d characters, no slash", IFNAMSIZ - 1);
        return false;
    }
    script = script_option(opts, "script", DEFAULT_SCRIPT, errp);
    if (*errp) {
        return false;
    }
    g_strlcpy(s.ifname, ifname ? ifname : "", sizeof(s.ifname));
    if (!open_interface(&s, want_header, queues > 1, errp)) {
        return false;
    }
    g_array_append_val(taps, s);
    if (!open_more(taps, queues, s.ifname, want_header, errp) ||
        (script && !run_script(script, s.ifname, errp))) {
        return false;
    }
    g_array_index(taps, TapState, 0).downscript =
        script_option(opts, "downscript", DEFAULT_DOWNSCRIPT, NULL);
    *info = g_strdup_printf("ifname=%s,script=%s,downscript=%s", s.ifname, script ? script : "no",
                            g_array_index(taps, TapState, 0).downscript
                                ? g_array_index(taps, TapState, 0).downscript : "no");
    return true;
}

static void start_tap(TapState *opened, unsigned queue, const char *model, const char *id,
                      NetClientState *peer, const char *info)
{
    TapState *s = tap_state(qemu_new_net_client(&tap_info, peer, model, id));

    opened->nc = s->nc;
    *s = *opened;
    s->nc.queue_index = queue;
    look_at_interface(s);
    qemu_set_info_str(&s->nc, "%s", info);
    update_handlers(s);
}

static bool set_send_buffer(GArray *taps, QemuOpts *opts, Error **errp)
{
    uint64_t sndbuf = qemu_opt_get_size(opts, "sndbuf", 0);
    int bytes = MIN(sndbuf, INT_MAX);

    for (unsigned i = 0; bytes && i < taps->len; i++) {
        if (ioctl(g_array_index(taps, TapState, i).fd, TUNSETSNDBUF, &bytes) < 0) {
            error_setg_errno(errp, errno, "the kernel refuses 'sndbuf=%d'", bytes);
            return false;
        }
    }
    return true;
}

static bool create_tap(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    g_autoptr(GArray) taps = g_array_new(false, false, sizeof(TapState));
    g_autofree char *info = NULL;

    if (!check_keys(opts, errp)) {
        return false;
    }
    if (peer && (qemu_opt_get_number(opts, "queues", 1) > 1 ||
                 strchr(qemu_opt_get(opts, "fds") ? qemu_opt_get(opts, "fds") : "", ':'))) {
        error_setg(errp, "Parameter '%s' can't ask for several queues on a hub",
                   qemu_opt_get(opts, "fds") ? "fds" : "queues");
        return false;
    }
    if (!open_tap(taps, opts, &info, errp) || !set_send_buffer(taps, opts, errp)) {
        for (unsigned i = 0; i < taps->len; i++) {
            close(g_array_index(taps, TapState, i).fd);
            g_free(g_array_index(taps, TapState, i).downscript);
        }
        return false;
    }
    for (unsigned i = 0; i < taps->len; i++) {
        start_tap(&g_array_index(taps, TapState, i), i, "tap", id, i ? NULL : peer, info);
    }
    return true;
}

static const QemuOptDesc tap_keys[] = {
    { .name = "ifname", .type = QEMU_OPT_STRING },
    { .name = "fd", .type = QEMU_OPT_STRING },
    { .name = "fds", .type = QEMU_OPT_STRING },
    { .name = "script", .type = QEMU_OPT_STRING },
    { .name = "downscript", .type = QEMU_OPT_STRING },
    { .name = "br", .type = QEMU_OPT_STRING },
    { .name = "helper", .type = QEMU_OPT_STRING },
    { .name = "sndbuf", .type = QEMU_OPT_SIZE },
    { .name = "vnet_hdr", .type = QEMU_OPT_BOOL },
    { .name = "vhost", .type = QEMU_OPT_BOOL },
    { .name = "vhostforce", .type = QEMU_OPT_BOOL },
    { .name = "vhostfd", .type = QEMU_OPT_STRING },
    { .name = "vhostfds", .type = QEMU_OPT_STRING },
    { .name = "queues", .type = QEMU_OPT_NUMBER },
    { NULL },
};

const NetKind net_kind_tap = {
    .name = "tap",
    .keys = tap_keys,
    .create = create_tap,
};

/* The same by a helper, in short. */
static bool create_bridge(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    const char *helper = qemu_opt_get(opts, "helper"), *bridge = qemu_opt_get(opts, "br");
    g_autofree char *info = NULL;
    TapState opened = { 0 };

    helper = helper ? helper : DEFAULT_HELPER;
    bridge = bridge ? bridge : DEFAULT_BRIDGE;
    opened.fd = open_by_helper(helper, bridge, errp);
    if (opened.fd < 0) {
        return false;
    }
    info = g_strdup_printf("helper=%s,br=%s", helper, bridge);
    start_tap(&opened, 0, "bridge", id, peer, info);
    return true;
}

static const QemuOptDesc bridge_keys[] = {
    { .name = "br", .type = QEMU_OPT_STRING },
    { .name = "helper", .type = QEMU_OPT_STRING },
    { NULL },
};

const NetKind net_kind_bridge = {
    .name = "bridge",
    .keys = bridge_keys,
    .create = create_bridge,
};
