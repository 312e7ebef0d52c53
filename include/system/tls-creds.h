/*
 * What a server needs for TLS: -object tls-creds-x509 (certificates) and tls-creds-anon (nothing:
 * connections are encrypted, and nobody knows to whom).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_TLS_CREDS_H
#define SYSTEM_TLS_CREDS_H

#include "qom/object.h"

#define TYPE_TLS_CREDS      "tls-creds"
#define TYPE_TLS_CREDS_X509 "tls-creds-x509"
#define TYPE_TLS_CREDS_ANON "tls-creds-anon"
OBJECT_DECLARE_SIMPLE_TYPE(TlsCreds, TLS_CREDS)

struct gnutls_session_int;

/* Those of a server with that id, which the caller has a reference to; NULL and *errp. Big lock. */
TlsCreds *tls_creds_lookup(const char *id, Error **errp);
bool tls_creds_are_anonymous(const TlsCreds *creds);
/*
 * A session as server, which the caller ends with gnutls_deinit(); NULL and *errp. Any thread.
 */
struct gnutls_session_int *tls_creds_session(TlsCreds *creds, Error **errp);
/* After the handshake: whether the other side is somebody who is let in. Any thread. */
bool tls_creds_accept(TlsCreds *creds, struct gnutls_session_int *session, Error **errp);

#endif
