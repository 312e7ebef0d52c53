/*
 * VNC servers: consoles over the network, by RFB (RFC 6143).
 *
 * Main thread, big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_VNC_H
#define UI_VNC_H

#include "qemu/osdep.h"
#include <json-glib/json-glib.h>

/*
 * Begins to listen, as behind -vnc: "[HOST]:N", "unix:PATH" or "none", with ",KEY=VALUE…". The
 * machine is complete. False with *errp set on failure.
 */
bool vnc_start(const char *arg, Error **errp);
/* The program ends: clients are disconnected, their threads joined. */
void vnc_cleanup(void);

/* What query-vnc and query-vnc-servers answer (VncInfo, [VncInfo2]); new nodes. */
JsonNode *vnc_query(void);
JsonNode *vnc_query_servers(void);

/*
 * `id`: of a server; NULL: the first. Of a password the first eight characters count; an empty one
 * lets nobody in.
 */
bool vnc_set_password(const char *id, const char *password, Error **errp);
/* "now", "never", "+SECONDS" or seconds since 1970. */
bool vnc_expire_password(const char *id, const char *when, Error **errp);

#endif
