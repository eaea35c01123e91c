#include "sim/client/client_scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { HASH_BYTES = SHA256_DIGEST_LENGTH, ITERATIONS_MAX = 1000000, BINDING_BYTES_MAX = 64 };

/* RFC 9266 4.2. */
static bool add_exporter(const SSL *tls, struct buf *out)
{
    static const char LABEL[] = "EXPORTER-Channel-Binding";
    unsigned char bytes[HASH_BYTES];
    /* OpenSSL asks for a connection that it may change, and does not change it. */
    SSL *connection = (SSL *)(uintptr_t)tls;
    return SSL_export_keying_material(connection, bytes, sizeof bytes, LABEL, sizeof LABEL - 1,
                                      (const unsigned char *)"", 0, 1) == 1 &&
           buf_add(out, (const char *)bytes, sizeof bytes);
}

/* RFC 5929 4.1. The certificates of the simulated internet are all signed with SHA-256. */
static bool add_end_point(const SSL *tls, struct buf *out)
{
    unsigned char bytes[HASH_BYTES];
    unsigned len = 0;
    X509 *certificate = SSL_get0_peer_certificate(tls);
    return certificate != NULL && X509_digest(certificate, EVP_sha256(), bytes, &len) == 1 &&
           buf_add(out, (const char *)bytes, len);
}

/* gs2-header and what is bound; the name of the channel stands in the header. */
static bool add_binding(const struct client_login_course *course, struct buf *header,
                        struct buf *bytes)
{
    static const unsigned char ELSEWHERE[HASH_BYTES] = "the ends of another connection";
    switch (course->login->binding) {
    case CLIENT_BINDING_UNHEARD_OF:
        buf_add_text(header, "y,,");
        return true;
    case CLIENT_BINDING_END_POINT:
        buf_add_text(header, "p=tls-server-end-point,,");
        return course->tls != NULL && add_end_point(course->tls, bytes);
    case CLIENT_BINDING_ELSEWHERE:
        buf_add_text(header, "p=tls-exporter,,");
        return buf_add(bytes, (const char *)ELSEWHERE, sizeof ELSEWHERE);
    case CLIENT_BINDING_EXPORTER:
    case CLIENT_BINDING_USUAL:
        break;
    }
    if (course->login->mechanism == CLIENT_SCRAM_SHA_256) {
        buf_add_text(header, "n,,");
        return true;
    }
    buf_add_text(header, "p=tls-exporter,,");
    return course->tls != NULL && add_exporter(course->tls, bytes);
}

/* saslname: RFC 5802 5.1. */
static void add_name(const char *user, struct buf *out)
{
    for (; *user != '\0'; user++)
        if (*user == ',')
            buf_add_text(out, "=2C");
        else if (*user == '=')
            buf_add_text(out, "=3D");
        else
            buf_add_char(out, *user);
}

int client_scram_first(struct client_login_course *course, struct buf *message, struct err *err)
{
    struct buf bytes;
    buf_init(&bytes, BINDING_BYTES_MAX);
    bool bound = add_binding(course, message, &bytes);
    buf_add_slice(&course->binding, buf_slice(message));
    buf_add_slice(&course->binding, buf_slice(&bytes));
    buf_deinit(&bytes);
    if (!bound)
        return err_set(err, "there is no TLS connection to bind the login to");
    buf_add_text(&course->auth_message, "n=");
    add_name(course->login->user, &course->auth_message);
    buf_format(&course->auth_message, ",r=%s", course->nonce);
    buf_add_slice(message, buf_slice(&course->auth_message));
    return 0;
}

/* Takes "X=value" and the comma behind it; false if something else is there. */
static bool take(struct slice *rest, char name, struct slice *value)
{
    struct slice part;
    if (!slice_split(rest, ',', &part) || part.len < 2 || part.data[0] != name ||
        part.data[1] != '=')
        return false;
    *value = slice_skip(part, 2);
    return true;
}

struct keys {
    unsigned char client[HASH_BYTES];
    unsigned char stored[HASH_BYTES];
    unsigned char server[HASH_BYTES];
};

static void hmac(const unsigned char *key, struct slice text, unsigned char *out)
{
    HMAC(EVP_sha256(), key, HASH_BYTES, (const unsigned char *)text.data, text.len, out, NULL);
}

/* RFC 5802 3. */
static bool make_keys(const char *password, struct slice salt, int iterations, struct keys *keys)
{
    unsigned char salted[HASH_BYTES];
    if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const unsigned char *)salt.data,
                          (int)salt.len, iterations, EVP_sha256(), sizeof salted, salted) != 1)
        return false;
    hmac(salted, SLICE("Client Key"), keys->client);
    hmac(salted, SLICE("Server Key"), keys->server);
    SHA256(keys->client, HASH_BYTES, keys->stored);
    return true;
}

static void write_final(struct client_login_course *course, struct slice nonce,
                        const struct keys *keys, struct buf *message)
{
    unsigned char proof[HASH_BYTES];
    unsigned char signature[HASH_BYTES];
    buf_add_text(message, "c=");
    text_to_base64(message, course->binding.data, course->binding.len);
    buf_format(message, ",r=%.*s", SLICE_ARG(nonce));
    buf_format(&course->auth_message, ",%s", buf_text(message));
    hmac(keys->stored, buf_slice(&course->auth_message), proof);
    for (size_t i = 0; i < HASH_BYTES; i++)
        proof[i] ^= keys->client[i];
    hmac(keys->server, buf_slice(&course->auth_message), signature);
    text_to_base64(&course->server_signature, signature, sizeof signature);
    buf_add_text(message, ",p=");
    text_to_base64(message, proof, sizeof proof);
}

static int answer_first(struct client_login_course *course, struct slice challenge,
                        struct buf *message, struct err *err)
{
    struct slice rest = challenge;
    struct slice nonce;
    struct slice salt_text;
    struct slice count_text;
    struct buf salt;
    struct keys keys;
    uint64_t count = 0;
    int result = -1;
    buf_init(&salt, challenge.len + 1);
    if (!take(&rest, 'r', &nonce) || !take(&rest, 's', &salt_text) ||
        !take(&rest, 'i', &count_text) || text_from_base64(&salt, salt_text) != 0 ||
        text_to_u64(count_text, &count) != 0 || count == 0 || count > ITERATIONS_MAX)
        err_set(err, "expected \"r=NONCE,s=SALT,i=COUNT\" of SCRAM");
    else if (!slice_starts_with(nonce, slice_of(course->nonce)) ||
             nonce.len == strlen(course->nonce))
        err_set(err, "the server's nonce does not go on from that of the client (RFC 5802 5.1)");
    else if (!make_keys(course->login->password, buf_slice(&salt), (int)count, &keys))
        err_set(err, "OpenSSL cannot make the keys of SCRAM");
    else
        result = 0;
    buf_deinit(&salt);
    if (result != 0)
        return -1;
    buf_format(&course->auth_message, ",%.*s", SLICE_ARG(challenge));
    write_final(course, nonce, &keys, message);
    return 0;
}

int client_scram_answer(struct client_login_course *course, struct slice challenge,
                        struct buf *message, struct err *err)
{
    struct slice rest = challenge;
    struct slice verifier;
    if (course->answers == 0)
        return answer_first(course, challenge, message, err);
    if (take(&rest, 'v', &verifier) && slice_equal(verifier, buf_slice(&course->server_signature)))
        return 0;
    return err_set(err, "the server does not prove that it knows the password (RFC 5802 5)");
}
