/* SCRAM-SHA-256 (RFC 5802, RFC 7677): both sides prove that they know the secret, and neither says
 * it. With -PLUS they also prove that they are the two ends of the same TLS connection. */
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

static bool is_nonce(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '!' || text.data[i] > '~')
            return false;
    return text.len > 0;
}

/*
 * The flag says what the client thinks of channel binding (RFC 5802 6): "n" it cannot, "y" it can
 * but believes that we cannot, "p=NAME" it uses that one. False if it does not go with the
 * mechanism. With "y" although we offer it, somebody has changed what we offered.
 */
static bool take_flag(struct auth_exchange *exchange, struct slice flag)
{
    bool is_plus = exchange->mechanism == AUTH_SCRAM_SHA_256_PLUS;
    if (!is_plus)
        return slice_is(flag, "n") || slice_is(flag, "y");
    const struct auth_binding *binding =
        slice_starts_with(flag, SLICE("p="))
            ? auth_channel_binding(exchange->means.channel, slice_skip(flag, 2))
            : NULL;
    return binding != NULL &&
           buf_add(&exchange->binding, (const char *)binding->bytes, binding->len);
}

static bool take_header(struct auth_exchange *exchange, struct slice *rest, struct slice *flag,
                        struct slice *acting_as)
{
    const char *start = rest->data;
    return auth_take_gs2_header(rest, flag, acting_as) &&
           buf_add_slice(&exchange->binding, slice_from(start, (size_t)(rest->data - start))) &&
           take_flag(exchange, *flag);
}

static void write_challenge(struct auth_exchange *exchange)
{
    buf_format(&exchange->challenge, "r=%s,s=", buf_text(&exchange->nonce));
    text_to_base64(&exchange->challenge, exchange->secret.salt, exchange->secret.salt_bytes);
    buf_format(&exchange->challenge, ",i=%u", exchange->secret.iterations);
}

static enum auth_step take_first(struct auth_exchange *exchange, struct slice message)
{
    struct slice rest = message;
    struct slice flag;
    struct slice acting_as;
    struct slice name;
    struct slice nonce;
    if (!take_header(exchange, &rest, &flag, &acting_as))
        return AUTH_MALFORMED;
    struct slice bare = rest;
    /* "m=" (an extension that must be known) fails here, as it should. */
    if (!auth_take_attribute(&rest, 'n', &name) || !auth_take_attribute(&rest, 'r', &nonce) ||
        !is_nonce(nonce) || !auth_take_saslname(name, &exchange->name))
        return AUTH_MALFORMED;
    if (slice_is(flag, "y") &&
        auth_mechanism_is_offered(AUTH_SCRAM_SHA_256_PLUS, &exchange->means)) {
        exchange->reason = "the client did not hear that channel binding is offered";
        return AUTH_BAD;
    }
    struct buf ours;
    buf_init(&ours, exchange->nonce.max);
    buf_add_slice(&ours, nonce);
    buf_add_slice(&ours, buf_slice(&exchange->nonce));
    buf_deinit(&exchange->nonce);
    exchange->nonce = ours;
    exchange->is_known =
        auth_users_find(exchange->means.users, buf_slice(&exchange->name), &exchange->secret);
    if (acting_as.len > 0 && !slice_equal(acting_as, name))
        exchange->is_known = false;
    write_challenge(exchange);
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
    struct buf bytes;
    size_t comma = slice_find_last(message, ',');
    if (comma == SIZE_MAX || !auth_take_attribute(&rest, 'c', &binding) ||
        !auth_take_attribute(&rest, 'r', &nonce))
        return AUTH_MALFORMED;
    buf_init(&bytes, exchange->binding.max);
    bool decoded = text_from_base64(&bytes, binding) == 0;
    bool is_bound = slice_equal(buf_slice(&bytes), buf_slice(&exchange->binding));
    buf_deinit(&bytes);
    if (!decoded || !slice_equal(nonce, buf_slice(&exchange->nonce)))
        return AUTH_MALFORMED;
    if (!is_bound) {
        exchange->reason =
            "the client is in another TLS connection than we, or speaks of it wrongly";
        return AUTH_BAD;
    }
    struct slice proof = slice_skip(message, comma + 1);
    if (proof.len < 2 || proof.data[0] != 'p' || proof.data[1] != '=')
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
