/*
 * A user network's addresses and names, from options.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "qemu/cutils.h"
#include "user.h"

/* A class's own mask, for a network that is given without one. */
static uint32_t classful_mask(uint32_t addr)
{
    return !(addr >> 31) ? 0xff000000 : addr >> 30 == 2 ? 0xffff0000 : 0xffffff00;
}

/* "addr[/bits]" or "addr[/mask]". */
static bool parse_network(const char *text, SlirpConfig *cfg, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    struct in_addr net, mask;
    unsigned bits;

    if (!parts[0] || inet_pton(AF_INET, parts[0], &net) != 1) {
        error_setg(errp, "Failed to parse 'net=%s': expected ADDRESS[/BITS]", text);
        return false;
    }
    if (!parts[1]) {
        mask.s_addr = htonl(classful_mask(ntohl(net.s_addr)));
    } else if (inet_pton(AF_INET, parts[1], &mask) != 1) {
        if (!g_ascii_isdigit(*parts[1]) || qemu_strtoui(parts[1], NULL, 10, &bits) < 0 ||
            bits < 4 || bits > 30) {
            error_setg(errp, "Failed to parse netmask of 'net=%s': expected 4 to 30 bits, or "
                       "a.b.c.d", text);
            return false;
        }
        mask.s_addr = htonl(UINT32_MAX << (32 - bits));
    } else if (ntohl(mask.s_addr) < 0xf0000000 || ~ntohl(mask.s_addr) < 3 ||
               (~ntohl(mask.s_addr) & (~ntohl(mask.s_addr) + 1))) {
        error_setg(errp, "Failed to parse netmask of 'net=%s': no network has that one", text);
        return false;
    }
    cfg->vnetmask = mask;
    cfg->vnetwork.s_addr = net.s_addr & mask.s_addr;
    return true;
}

/* An address inside of the network: the option's, or the network's with these last bits. */
static bool take_address(QemuOpts *opts, const char *key, const char *what, uint32_t last,
                         const SlirpConfig *cfg, struct in_addr *addr, Error **errp)
{
    const char *text = qemu_opt_get(opts, key);

    addr->s_addr = cfg->vnetwork.s_addr | htonl(last & ~ntohl(cfg->vnetmask.s_addr));
    if (text && inet_pton(AF_INET, text, addr) != 1) {
        error_setg(errp, "Failed to parse '%s=%s': expected an IPv4 address", key, text);
        return false;
    }
    if ((addr->s_addr & cfg->vnetmask.s_addr) != cfg->vnetwork.s_addr) {
        error_setg(errp, "%s doesn't belong to network", what);
        error_append_hint(errp, "'%s' expects an address of the network that 'net' says.\n", key);
        return false;
    }
    return true;
}

static bool take_address6(QemuOpts *opts, const char *key, uint8_t last, const SlirpConfig *cfg,
                          struct in6_addr *addr, Error **errp)
{
    const char *text = qemu_opt_get(opts, key);

    *addr = cfg->vprefix_addr6;
    addr->s6_addr[15] |= last;
    if (text && inet_pton(AF_INET6, text, addr) != 1) {
        error_setg(errp, "Failed to parse '%s=%s': expected an IPv6 address", key, text);
        return false;
    }
    return true;
}

static bool take_ipv4(QemuOpts *opts, SlirpConfig *cfg, Error **errp)
{
    const char *net = qemu_opt_get(opts, "net");

    if (!parse_network(net ? net : "10.0.2.0/24", cfg, errp) ||
        !take_address(opts, "host", "Host", 2, cfg, &cfg->vhost, errp) ||
        !take_address(opts, "dns", "DNS", 3, cfg, &cfg->vnameserver, errp) ||
        !take_address(opts, "dhcpstart", "DHCP", 15, cfg, &cfg->vdhcp_start, errp)) {
        return false;
    }
    if (cfg->vnameserver.s_addr == cfg->vhost.s_addr) {
        error_setg(errp, "DNS must be different from host");
        return false;
    }
    if (cfg->vdhcp_start.s_addr == cfg->vhost.s_addr ||
        cfg->vdhcp_start.s_addr == cfg->vnameserver.s_addr) {
        error_setg(errp, "DHCP must be different from host and DNS");
        return false;
    }
    return true;
}

static bool take_ipv6(QemuOpts *opts, SlirpConfig *cfg, Error **errp)
{
    const char *prefix = qemu_opt_get(opts, "ipv6-prefix");
    uint64_t len = qemu_opt_get_number(opts, "ipv6-prefixlen", 64);

    if (inet_pton(AF_INET6, prefix ? prefix : "fec0::", &cfg->vprefix_addr6) != 1) {
        error_setg(errp, "Failed to parse 'ipv6-prefix=%s': expected an IPv6 address", prefix);
        return false;
    }
    if (len < 4 || len > 126) {
        error_setg(errp, "Parameter 'ipv6-prefixlen' expects a number from 4 to 126");
        return false;
    }
    cfg->vprefix_len = len;
    return take_address6(opts, "ipv6-host", 2, cfg, &cfg->vhost6, errp) &&
           take_address6(opts, "ipv6-dns", 3, cfg, &cfg->vnameserver6, errp);
}

/* A string that libslirp puts into a packet: no longer than the field. */
static bool take_name(QemuOpts *opts, const char *key, size_t longest, const char **value,
                      Error **errp)
{
    *value = qemu_opt_get(opts, key);
    if (*value && strlen(*value) > longest) {
        error_setg(errp, "Parameter '%s' expects at most %zu characters", key, longest);
        return false;
    }
    return true;
}

static bool take_general(QemuOpts *opts, SlirpConfig *cfg, Error **errp)
{
    bool v4_given = qemu_opt_get(opts, "ipv4"), v6_given = qemu_opt_get(opts, "ipv6");

    if (qemu_opt_get(opts, "smb") || qemu_opt_get(opts, "smbserver")) {
        error_setg(errp, "'smb' is not supported: no server for it is started from here");
        error_append_hint(errp, "Files come by tftp=DIR, by hostfwd= and a server of the guest's, "
                                "or by NFS from this host.\n");
        return false;
    }
    *cfg = (SlirpConfig){
        .version = 1,
        .restricted = qemu_opt_get_bool(opts, "restrict", false),
        /* one that is asked for alone excludes the other */
        .in_enabled = qemu_opt_get_bool(opts, "ipv4",
                                        !(v6_given && qemu_opt_get_bool(opts, "ipv6", false))),
        .in6_enabled = qemu_opt_get_bool(opts, "ipv6",
                                         !(v4_given && qemu_opt_get_bool(opts, "ipv4", false))),
        .tftp_path = qemu_opt_get(opts, "tftp"),
    };
    if (!cfg->in_enabled && !cfg->in6_enabled) {
        error_setg(errp, "IPv4 and IPv6 disabled");
        return false;
    }
    if (cfg->tftp_path && !g_file_test(cfg->tftp_path, G_FILE_TEST_IS_DIR)) {
        error_setg(errp, "'tftp=%s' is no directory", cfg->tftp_path);
        return false;
    }
    return take_name(opts, "hostname", 32, &cfg->vhostname, errp) &&
           take_name(opts, "bootfile", 127, &cfg->bootfile, errp) &&
           take_name(opts, "domainname", 255, &cfg->vdomainname, errp) &&
           take_name(opts, "tftp-server-name", 255, &cfg->tftp_server_name, errp) &&
           take_ipv4(opts, cfg, errp) && take_ipv6(opts, cfg, errp);
}

/* Labels of 1 to 63 characters between dots (RFC 1035, section 2.3.4). */
static bool is_domain_name(const char *text)
{
    g_auto(GStrv) labels = g_strsplit(text, ".", 0);

    for (char **label = labels; *label; label++) {
        if (!**label || strlen(*label) > 63) {
            return false;
        }
    }
    return labels[0] && strlen(text) <= 253;
}

/* qemu_opt_loopfunc: collects dnssearch=, which may be given several times. */
static int add_search_domain(void *opaque, const char *name, const char *value, Error **errp)
{
    if (!g_str_equal(name, "dnssearch")) {
        return 0;
    }
    if (!is_domain_name(value)) {
        error_setg(errp, "Parameter 'dnssearch' expects a domain name, not '%s'", value);
        return -1;
    }
    g_ptr_array_add(opaque, (char *)value);
    return 0;
}

bool user_config_from_opts(QemuOpts *opts, SlirpConfig *cfg, GPtrArray *domains, Error **errp)
{
    if (!take_general(opts, cfg, errp) ||
        qemu_opt_foreach(opts, add_search_domain, domains, errp) != 0) {
        return false;
    }
    if (domains->len) {
        g_ptr_array_add(domains, NULL);
        cfg->vdnssearch = (const char **)domains->pdata;
    }
    return true;
}
