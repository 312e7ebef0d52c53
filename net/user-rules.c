/*
 * The texts of hostfwd= and guestfwd=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "qemu/cutils.h"
#include "user.h"

/* Named groups: what each part of a rule is. */
#define HOST_SIDE  "(?<protocol>tcp|udp|):(?<host>[^:]*):(?<hostport>[^:-]*)"
#define GUEST_SIDE "(?<guest>[^:-]*):(?<guestport>[^:-]*)"

static bool port_number(const char *text, int least, int *port)
{
    unsigned n;

    if (!g_ascii_isdigit(*text) || qemu_strtoui(text, NULL, 10, &n) < 0 || n < least ||
        n > UINT16_MAX) {
        return false;
    }
    *port = n;
    return true;
}

static bool address(const char *text, struct in_addr *addr)
{
    *addr = (struct in_addr){ 0 };
    return !*text || inet_pton(AF_INET, text, addr) == 1;
}

static char *part(GMatchInfo *match, const char *name)
{
    char *text = g_match_info_fetch_named(match, name);

    return text ? text : g_strdup("");
}

/* NULL, or what is wrong with the host's side. */
static const char *take_host_side(GMatchInfo *match, HostForward *fwd)
{
    g_autofree char *protocol = part(match, "protocol"), *host = part(match, "host");
    g_autofree char *port = part(match, "hostport");

    fwd->is_udp = g_str_equal(protocol, "udp");
    return !address(host, &fwd->host_addr)              ? "Bad host address"
           : !port_number(port, 0, &fwd->host_port)     ? "Bad host port"
                                                        : NULL;
}

static const char *take_guest_side(GMatchInfo *match, HostForward *fwd)
{
    g_autofree char *guest = part(match, "guest"), *port = part(match, "guestport");

    return !address(guest, &fwd->guest_addr)            ? "Bad guest address"
           : !port_number(port, 1, &fwd->guest_port)    ? "Bad guest port"
                                                        : NULL;
}

static bool parse(const char *pattern, const char *rule, const char *expected, bool both_sides,
                  HostForward *fwd, Error **errp)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_ANCHORED | G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    const char *wrong = "Bad form";

    if (g_regex_match(regex, rule, 0, &match)) {
        wrong = take_host_side(match, fwd);
        wrong = wrong || !both_sides ? wrong : take_guest_side(match, fwd);
    }
    if (wrong) {
        error_setg(errp, "Invalid host forwarding rule '%s' (%s): expected %s", rule, wrong,
                   expected);
    }
    return !wrong;
}

bool host_forward_parse(const char *rule, HostForward *fwd, Error **errp)
{
    return parse("^" HOST_SIDE "-" GUEST_SIDE "$", rule,
                 "[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport", true, fwd, errp);
}

bool host_forward_parse_host(const char *rule, HostForward *fwd, Error **errp)
{
    return parse("^" HOST_SIDE "$", rule, "[tcp|udp]:[hostaddr]:hostport", false, fwd, errp);
}

bool guest_forward_parse(const char *rule, GuestForward *fwd, Error **errp)
{
    g_autoptr(GRegex) regex = g_regex_new("^(?:tcp|):([^:-]+):([^:-]+)-(cmd:)?(.+)$",
                                          G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_auto(GStrv) parts = NULL;

    *fwd = (GuestForward){ 0 };
    if (g_regex_match(regex, rule, 0, &match)) {
        parts = g_match_info_fetch_all(match);
    }
    if (!parts || !address(parts[1], &fwd->server) || !port_number(parts[2], 1, &fwd->port)) {
        error_setg(errp, "Invalid guest forwarding rule '%s': expected [tcp]:server:port-dev or "
                   "[tcp]:server:port-cmd:command", rule);
        return false;
    }
    *(*parts[3] ? &fwd->command : &fwd->device) = g_strdup(parts[4]);
    return true;
}

void guest_forward_clear(GuestForward *fwd)
{
    g_free(fwd->command);
    g_free(fwd->device);
}
