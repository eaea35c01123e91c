/* SCRAM-SHA-256: both sides prove that they know the secret, and neither says it. */
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

/* Takes "X=value" up to the next comma. */
static bool take_attribute(struct slice *rest, char letter, struct slice *value)
{
    struct slice part;
    if (rest->len == 0 || !slice_split(rest, ',', &part) || part.len < 2 ||
        part.data[0] != letter || part.data[1] != '=')
        return false;
    *value = slice_skip(part, 2);
    return true;
}

/* saslname: "=2C" is a comma, "=3D" an equals sign, no other "=" is allowed. */
static bool take_name(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        struct slice escape = slice_first(slice_skip(text, i), 3);
        char c = text.data[i];
        if (slice_is(escape, "=2C"))
            c = ',';
        else if (c == '=' && !slice_is(escape, "=3D"))
            return false;
        if (text.data[i] == '=')
            i += 2;
        if (!buf_add_char(out, c))
            return false;
    }
    return auth_users_is_name(buf_slice(out));
}

static bool is_nonce(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '!' || text.data[i] > '~')
            return false;
    return text.len > 0;
}

/* gs2-cbind-flag "," [authzid] "," : the front of the message, which is taken off. */
static bool take_header(struct auth_exchange *exchange, struct slice *rest, struct slice *acting_as)
{
    struct slice flag;
    const char *start = rest->data;
    *acting_as = slice_from(NULL, 0);
    if (rest->len == 0 || !slice_split(rest, ',', &flag) || rest->len == 0)
        return false;
    /* "p=" wants a channel binding, which is not offered. */
    if (!slice_is(flag, "n") && !slice_is(flag, "y"))
        return false;
    if (rest->data[0] == ',')
        *rest = slice_skip(*rest, 1);
    else if (!take_attribute(rest, 'a', acting_as))
        return false;
    return rest->len > 0 &&
           buf_add_slice(&exchange->header, slice_from(start, (size_t)(rest->data - start)));
}

static enum auth_step take_first(struct auth_exchange *exchange, struct slice message)
{
    struct slice rest = message;
    struct slice acting_as;
    struct slice name;
    struct slice nonce;
    if (!take_header(exchange, &rest, &acting_as))
        return AUTH_MALFORMED;
    struct slice bare = rest;
    /* "m=" (an extension that must be known) fails here, as it should. */
    if (!take_attribute(&rest, 'n', &name) || !take_attribute(&rest, 'r', &nonce) ||
        !is_nonce(nonce) || !take_name(name, &exchange->name))
        return AUTH_MALFORMED;
    struct buf ours;
    buf_init(&ours, exchange->nonce.max);
    buf_add_slice(&ours, nonce);
    buf_add_slice(&ours, buf_slice(&exchange->nonce));
    buf_deinit(&exchange->nonce);
    exchange->nonce = ours;
    exchange->is_known =
        auth_users_find(exchange->users, buf_slice(&exchange->name), &exchange->secret);
    if (acting_as.len > 0 && !slice_equal(acting_as, name))
        exchange->is_known = false;
    buf_format(&exchange->challenge, "r=%s,s=", buf_text(&exchange->nonce));
    text_to_base64(&exchange->challenge, exchange->secret.salt, exchange->secret.salt_bytes);
    buf_format(&exchange->challenge, ",i=%u", exchange->secret.iterations);
    buf_add_slice(&exchange->auth_message, bare);
    buf_add_char(&exchange->auth_message, ',');
    buf_add_slice(&exchange->auth_message, buf_slice(&exchange->challenge));
    return AUTH_CHALLENGE;
}

/* Whether H(proof XOR HMAC(StoredKey, AuthMessage)) is the StoredKey. */
static bool proof_fits(const struct auth_exchange *exchange, const struct buf *proof)
{
    unsigned char signature[AUTH_KEY_BYTES];
    unsigned char key[AUTH_KEY_BYTES];
    auth_hmac(exchange->secret.stored_key, buf_slice(&exchange->auth_message), signature);
    for (size_t i = 0; i < AUTH_KEY_BYTES; i++)
        signature[i] ^= (unsigned char)proof->data[i];
    auth_hash(slice_from((const char *)signature, AUTH_KEY_BYTES), key);
    return auth_keys_equal(key, exchange->secret.stored_key);
}

static enum auth_step take_proof(struct auth_exchange *exchange, struct slice text)
{
    struct buf proof;
    unsigned char signature[AUTH_KEY_BYTES];
    enum auth_step step = AUTH_MALFORMED;
    buf_init(&proof, AUTH_KEY_BYTES);
    if (text_from_base64(&proof, text) == 0 && proof.len == AUTH_KEY_BYTES &&
        !buf_overflowed(&proof)) {
        bool fits = proof_fits(exchange, &proof);
        step = fits && exchange->is_known ? AUTH_CHALLENGE : AUTH_BAD;
    }
    buf_deinit(&proof);
    if (step == AUTH_CHALLENGE) {
        auth_hmac(exchange->secret.server_key, buf_slice(&exchange->auth_message), signature);
        buf_add_text(&exchange->challenge, "v=");
        text_to_base64(&exchange->challenge, signature, AUTH_KEY_BYTES);
    }
    return step;
}

/* "c=" and "r=" must be what was agreed; "p=" is the last, and not part of what it signs. */
static enum auth_step take_final(struct auth_exchange *exchange, struct slice message)
{
    struct slice rest = message;
    struct slice binding;
    struct slice nonce;
    struct buf header;
    size_t comma = slice_find_last(message, ',');
    if (comma == SIZE_MAX || !take_attribute(&rest, 'c', &binding) ||
        !take_attribute(&rest, 'r', &nonce))
        return AUTH_MALFORMED;
    buf_init(&header, AUTH_MESSAGE_BYTES_MAX);
    bool agreed = text_from_base64(&header, binding) == 0 &&
                  slice_equal(buf_slice(&header), buf_slice(&exchange->header)) &&
                  slice_equal(nonce, buf_slice(&exchange->nonce));
    buf_deinit(&header);
    struct slice proof = slice_skip(message, comma + 1);
    if (!agreed || proof.len < 2 || proof.data[0] != 'p' || proof.data[1] != '=')
        return AUTH_MALFORMED;
    buf_add_char(&exchange->auth_message, ',');
    if (!buf_add_slice(&exchange->auth_message, slice_first(message, comma)))
        return AUTH_MALFORMED;
    return take_proof(exchange, slice_skip(proof, 2));
}

enum auth_step auth_scram_feed(struct auth_exchange *exchange, struct slice message)
{
    switch (exchange->step++) {
    case 0:
        return take_first(exchange, message);
    case 1:
        return take_final(exchange, message);
    default:
        /* The client has seen our signature, and has nothing more to say. */
        return message.len == 0 ? AUTH_GOOD : AUTH_MALFORMED;
    }
}
