/*
 * tls-creds-x509, tls-creds-anon: what a server shows of itself, and what it wants to see.
 *
 * The folder `dir` of tls-creds-x509 has server-cert.pem and server-key.pem, ca-cert.pem (whose
 * clients are let in), and may have ca-crl.pem. Everything is read when the object is made.
 *
 * Reference: GnuTLS manual, "Authentication methods".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <gnutls/gnutls.h>
#include "qapi/error.h"
#include "qom/object_interfaces.h"
#include "system/secret.h"
#include "system/tls-creds.h"

/* TLS 1.3 has no anonymous key exchange. */
#define PRIORITY_ANONYMOUS "NORMAL:-VERS-TLS1.3:+ANON-ECDH:+ANON-DH"
#define PRIORITY_X509      "NORMAL"

struct TlsCreds {
    Object parent_obj;

    char *dir, *priority, *endpoint, *password_id;
    bool verify_peer;
    bool anonymous;
    gnutls_certificate_credentials_t certificates;
    gnutls_anon_server_credentials_t anon;
    gnutls_priority_t priorities;
};

TlsCreds *tls_creds_lookup(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj || !object_dynamic_cast(obj, TYPE_TLS_CREDS)) {
        error_setg(errp, "there is no -object tls-creds-x509 or tls-creds-anon with id '%s'", id);
        return NULL;
    }
    if (g_str_equal(TLS_CREDS(obj)->endpoint, "client")) {
        error_setg(errp, "'%s' has endpoint=client: expected endpoint=server", id);
        return NULL;
    }
    object_ref(obj);
    return TLS_CREDS(obj);
}

bool tls_creds_are_anonymous(const TlsCreds *creds)
{
    return creds->anonymous;
}

/* --- sessions --- */

gnutls_session_t tls_creds_session(TlsCreds *creds, Error **errp)
{
    gnutls_session_t session;
    int ret = gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK);

    if (ret < 0) {
        error_setg(errp, "TLS: %s", gnutls_strerror(ret));
        return NULL;
    }
    ret = gnutls_priority_set(session, creds->priorities);
    if (ret >= 0) {
        ret = creds->anonymous
                  ? gnutls_credentials_set(session, GNUTLS_CRD_ANON, creds->anon)
                  : gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, creds->certificates);
    }
    if (ret < 0) {
        error_setg(errp, "TLS: %s", gnutls_strerror(ret));
        gnutls_deinit(session);
        return NULL;
    }
    if (!creds->anonymous && creds->verify_peer) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    }
    return session;
}

bool tls_creds_accept(TlsCreds *creds, gnutls_session_t session, Error **errp)
{
    unsigned status = 0;
    int ret;

    if (creds->anonymous || !creds->verify_peer) {
        return true;
    }
    ret = gnutls_certificate_verify_peers2(session, &status);
    if (ret < 0 || status != 0) {
        error_setg(errp, "TLS: the client's certificate isn't one of those that ca-cert.pem has signed");
        return false;
    }
    return true;
}

/* --- making one --- */

/* A file of the folder; false: it isn't there. */
static bool find_file(const TlsCreds *creds, const char *name, bool needed, char **path,
                      Error **errp)
{
    *path = g_build_filename(creds->dir, name, NULL);
    if (access(*path, R_OK) == 0) {
        return true;
    }
    if (needed) {
        error_setg_errno(errp, errno, "can't read '%s'", *path);
    }
    return false;
}

static bool succeeded(int ret, const char *path, Error **errp)
{
    if (ret < 0) {
        error_setg(errp, "'%s': %s", path, gnutls_strerror(ret));
    }
    return ret >= 0;
}

static bool load_key(TlsCreds *creds, const char *cert, const char *key, Error **errp)
{
    g_autoptr(GBytes) secret = NULL;
    g_autofree char *password = NULL;

    if (creds->password_id) {
        gsize size;
        const char *data;

        secret = secret_lookup(creds->password_id, errp);
        if (!secret) {
            return false;
        }
        data = g_bytes_get_data(secret, &size);
        password = g_strndup(data ? data : "", size);
    }
    return succeeded(gnutls_certificate_set_x509_key_file2(creds->certificates, cert, key,
                                                           GNUTLS_X509_FMT_PEM, password, 0),
                     key, errp);
}

static bool load_certificates(TlsCreds *creds, Error **errp)
{
    g_autofree char *ca = NULL, *crl = NULL, *cert = NULL, *key = NULL;

    if (!creds->dir) {
        error_setg(errp, "dir is missing: expected a folder with server-cert.pem, server-key.pem and "
                         "ca-cert.pem");
        return false;
    }
    if (!find_file(creds, "ca-cert.pem", creds->verify_peer, &ca, errp) && creds->verify_peer) {
        return false;
    }
    if (!find_file(creds, "server-cert.pem", true, &cert, errp) ||
        !find_file(creds, "server-key.pem", true, &key, errp)) {
        return false;
    }
    if (access(ca, R_OK) == 0 &&
        !succeeded(gnutls_certificate_set_x509_trust_file(creds->certificates, ca,
                                                          GNUTLS_X509_FMT_PEM), ca, errp)) {
        return false;
    }
    if (find_file(creds, "ca-crl.pem", false, &crl, NULL) &&
        !succeeded(gnutls_certificate_set_x509_crl_file(creds->certificates, crl,
                                                        GNUTLS_X509_FMT_PEM), crl, errp)) {
        return false;
    }
    return load_key(creds, cert, key, errp);
}

static bool set_priorities(TlsCreds *creds, Error **errp)
{
    const char *text = creds->priority ? creds->priority
                     : creds->anonymous ? PRIORITY_ANONYMOUS : PRIORITY_X509;
    const char *wrong;

    if (gnutls_priority_init(&creds->priorities, text, &wrong) < 0) {
        error_setg(errp, "priority=%s: GnuTLS doesn't understand '%s'", text, wrong);
        return false;
    }
    return true;
}

static void complete(UserCreatable *uc, Error **errp)
{
    TlsCreds *creds = TLS_CREDS(uc);

    if (!creds->endpoint || (strcmp(creds->endpoint, "server") && strcmp(creds->endpoint, "client"))) {
        error_setg(errp, "endpoint=%s: expected server or client", creds->endpoint ? creds->endpoint : "");
        return;
    }
    if (g_str_equal(creds->endpoint, "client")) {
        return; /* kept; nothing here is a client of TLS yet, and tls_creds_lookup() says so */
    }
    if (!set_priorities(creds, errp)) {
        return;
    }
    if (creds->anonymous) {
        gnutls_anon_allocate_server_credentials(&creds->anon);
        gnutls_anon_set_server_known_dh_params(creds->anon, GNUTLS_SEC_PARAM_MEDIUM);
    } else {
        gnutls_certificate_allocate_credentials(&creds->certificates);
        gnutls_certificate_set_known_dh_params(creds->certificates, GNUTLS_SEC_PARAM_MEDIUM);
        load_certificates(creds, errp);
    }
}

#define DEFINE_STRING(member)                                                                      \
    static char *get_##member(Object *obj, Error **errp)                                           \
    {                                                                                              \
        const char *value = TLS_CREDS(obj)->member;                                                \
                                                                                                   \
        return g_strdup(value ? value : "");                                                       \
    }                                                                                              \
    static void set_##member(Object *obj, const char *value, Error **errp)                         \
    {                                                                                              \
        g_free(TLS_CREDS(obj)->member);                                                            \
        TLS_CREDS(obj)->member = g_strdup(value);                                                  \
    }
DEFINE_STRING(dir)
DEFINE_STRING(priority)
DEFINE_STRING(endpoint)
DEFINE_STRING(password_id)

static bool get_verify_peer(Object *obj, Error **errp)
{
    return TLS_CREDS(obj)->verify_peer;
}

static void set_verify_peer(Object *obj, bool value, Error **errp)
{
    TLS_CREDS(obj)->verify_peer = value;
}

static void init(Object *obj)
{
    TlsCreds *creds = TLS_CREDS(obj);

    creds->endpoint = g_strdup("client");
    creds->verify_peer = true;
}

static void init_anonymous(Object *obj)
{
    TLS_CREDS(obj)->anonymous = true;
}

static void finalize(Object *obj)
{
    TlsCreds *creds = TLS_CREDS(obj);

    if (creds->certificates) {
        gnutls_certificate_free_credentials(creds->certificates);
    }
    if (creds->anon) {
        gnutls_anon_free_server_credentials(creds->anon);
    }
    if (creds->priorities) {
        gnutls_priority_deinit(creds->priorities);
    }
    g_free(creds->dir);
    g_free(creds->priority);
    g_free(creds->endpoint);
    g_free(creds->password_id);
}

static void class_init(ObjectClass *oc, void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = complete;
    object_class_property_add_str(oc, "dir", get_dir, set_dir);
    object_class_property_set_description(oc, "dir", "The folder with certificates and keys");
    object_class_property_add_str(oc, "priority", get_priority, set_priority);
    object_class_property_set_description(oc, "priority", "GnuTLS's priority string");
    object_class_property_add_str(oc, "endpoint", get_endpoint, set_endpoint);
    object_class_property_set_description(oc, "endpoint", "server or client");
    object_class_property_add_bool(oc, "verify-peer", get_verify_peer, set_verify_peer);
    object_class_property_set_description(oc, "verify-peer",
                                          "Whether clients need a certificate of ca-cert.pem's");
}

static void x509_class_init(ObjectClass *oc, void *data)
{
    object_class_property_add_str(oc, "passwordid", get_password_id, set_password_id);
    object_class_property_set_description(oc, "passwordid", "The -object secret that opens the key");
}

static const TypeInfo tls_creds_types[] = {
    {
        .name = TYPE_TLS_CREDS,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(TlsCreds),
        .instance_init = init,
        .instance_finalize = finalize,
        .class_init = class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { } },
    },
    {
        .name = TYPE_TLS_CREDS_X509,
        .parent = TYPE_TLS_CREDS,
        .class_init = x509_class_init,
    },
    {
        .name = TYPE_TLS_CREDS_ANON,
        .parent = TYPE_TLS_CREDS,
        .instance_init = init_anonymous,
    },
};

DEFINE_TYPES(tls_creds_types)
