#include "mta-under-test/refmta/auth/auth_channel.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/refmta/auth/auth_users.h"

#include "mta-under-test/base/poison.h"

/* RFC 9266 2 and 4.2: in TLS 1.2 only with the extended master secret. */
static bool read_exporter(SSL *tls, struct auth_binding *binding)
{
    static const char LABEL[] = "EXPORTER-Channel-Binding";
    enum { BYTES = 32 };
    binding->name = "tls-exporter";
    binding->len = BYTES;
    return (SSL_version(tls) >= TLS1_3_VERSION || SSL_get_extms_support(tls) == 1) &&
           SSL_export_keying_material(tls, binding->bytes, BYTES, LABEL, sizeof LABEL - 1,
                                      (const unsigned char *)"", 0, 1) == 1;
}

/* RFC 5929 4.1: the hash of our certificate, by the hash of its signature, or SHA-256 where that is
 * an old one. */
static bool read_end_point(SSL *tls, struct auth_binding *binding)
{
    X509 *certificate = SSL_get_certificate(tls);
    int hash = NID_undef;
    unsigned len = 0;
    if (certificate == NULL || X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) != 1)
        return false;
    if (hash == NID_md5 || hash == NID_sha1)
        hash = NID_sha256;
    const EVP_MD *digest = EVP_get_digestbynid(hash);
    if (digest == NULL || X509_digest(certificate, digest, binding->bytes, &len) != 1)
        return false;
    binding->name = "tls-server-end-point";
    binding->len = len;
    return true;
}

static void add_name(struct auth_channel *channel, const char *name, size_t len)
{
    if (channel->name_count < AUTH_CHANNEL_NAMES_MAX && auth_users_is_name(slice_from(name, len)))
        channel->names[channel->name_count++] = mem_text_copy_n(name, len);
}

static void add_common_name(struct auth_channel *channel, X509 *certificate)
{
    unsigned char *text = NULL;
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    int len =
        at >= 0
            ? ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))
            : -1;
    if (len > 0)
        add_name(channel, (const char *)text, (size_t)len);
    OPENSSL_free(text);
}

static void read_names(struct auth_channel *channel, SSL *tls)
{
    X509 *certificate = SSL_get0_peer_certificate(tls);
    if (certificate == NULL || SSL_get_verify_result(tls) != X509_V_OK)
        return;
    STACK_OF(OPENSSL_STRING) *mailboxes = X509_get1_email(certificate);
    for (int i = 0; i < sk_OPENSSL_STRING_num(mailboxes); i++) {
        const char *mailbox = sk_OPENSSL_STRING_value(mailboxes, i);
        add_name(channel, mailbox, strlen(mailbox));
    }
    X509_email_free(mailboxes);
    if (channel->name_count == 0)
        add_common_name(channel, certificate);
}

void auth_channel_read(struct auth_channel *channel, SSL *tls)
{
    auth_channel_deinit(channel);
    if (read_exporter(tls, &channel->bindings[channel->binding_count]))
        channel->binding_count++;
    if (read_end_point(tls, &channel->bindings[channel->binding_count]))
        channel->binding_count++;
    read_names(channel, tls);
    ERR_clear_error();
}

void auth_channel_deinit(struct auth_channel *channel)
{
    for (size_t i = 0; i < channel->name_count; i++)
        free(channel->names[i]);
    *channel = (struct auth_channel){.name_count = 0};
}

const struct auth_binding *auth_channel_binding(const struct auth_channel *channel,
                                                struct slice name)
{
    for (size_t i = 0; i < channel->binding_count; i++)
        if (slice_is(name, channel->bindings[i].name))
            return &channel->bindings[i];
    return NULL;
}
