#include "mta-under-test/mailauth/dkim/dkim_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/core/taglist.h"
#include "mta-under-test/mailauth/dkim/dkim_ed25519.h"

#include "mta-under-test/base/poison.h"

enum { DKIM_KEY_BYTES_MAX = 65536 };

static void dkim_key_free(void *value)
{
    struct dkim_key *key = value;
    EVP_PKEY_free(key->key);
    free(key);
}

void dkim_key_cache_init(struct dkim_key_cache *cache, size_t max)
{
    map_init(&cache->keys);
    cache->max = max;
}

void dkim_key_cache_deinit(struct dkim_key_cache *cache)
{
    map_deinit(&cache->keys, dkim_key_free);
}

/* An item of a colon-separated list. */
static bool dkim_key_list_has(struct slice list, const char *word)
{
    struct slice item;
    while (taglist_next_item(&list, ':', &item)) {
        if (slice_is(item, word))
            return true;
    }
    return false;
}

/* SubjectPublicKeyInfo, as all signers publish it, or the bare RSAPublicKey of RFC 6376's text. */
static EVP_PKEY *dkim_key_load_rsa(struct slice der)
{
    const unsigned char *at = (const unsigned char *)der.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.len);
    if (key == NULL) {
        at = (const unsigned char *)der.data;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)der.len);
    }
    if (key != NULL && EVP_PKEY_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}

static enum dkim_key_status dkim_key_fail(struct dkim_key *key, enum dkim_key_status status,
                                          const char *problem)
{
    key->problem = problem;
    return status;
}

static enum dkim_key_status dkim_key_load(struct dkim_key *key, struct slice bytes)
{
    if (key->type == DKIM_KEY_ED25519) {
        if (bytes.len == DKIM_ED25519_KEY_BYTES)
            key->key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                   (const unsigned char *)bytes.data, bytes.len);
        ERR_clear_error();
    } else if (bytes.len <= DKIM_KEY_BYTES_MAX) {
        key->key = dkim_key_load_rsa(bytes);
    }
    if (key->key == NULL)
        return dkim_key_fail(key, DKIM_KEY_BAD_DATA, "p= holds no key of the type of k=");
    key->bits = (unsigned)EVP_PKEY_bits(key->key);
    return DKIM_KEY_OK;
}

/* The tags that limit what the key is for. */
static enum dkim_key_status dkim_key_read_limits(struct dkim_key *key, const struct taglist *tags)
{
    const struct tag *hashes = taglist_find(tags, "h");
    const struct tag *type = taglist_find(tags, "k");
    const struct tag *services = taglist_find(tags, "s");
    const struct tag *flags = taglist_find(tags, "t");
    key->allows_sha1 = hashes == NULL || dkim_key_list_has(hashes->value, "sha1");
    key->allows_sha256 = hashes == NULL || dkim_key_list_has(hashes->value, "sha256");
    key->is_testing = flags != NULL && dkim_key_list_has(flags->value, "y");
    key->is_strict = flags != NULL && dkim_key_list_has(flags->value, "s");
    if (type != NULL && slice_is(type->value, "ed25519"))
        key->type = DKIM_KEY_ED25519;
    else if (type != NULL && !slice_is(type->value, "rsa"))
        return dkim_key_fail(key, DKIM_KEY_UNKNOWN_TYPE, "k= is no key type that is known");
    if (services != NULL && !dkim_key_list_has(services->value, "*") &&
        !dkim_key_list_has(services->value, "email"))
        return dkim_key_fail(key, DKIM_KEY_NOT_FOR_MAIL, "s= does not allow the key for mail");
    return DKIM_KEY_OK;
}

/* Line ends that were pasted into a record along with the key: a space says the same, and all
 * verifiers take it so, though FWS wants a CRLF with white space behind it. */
static struct slice dkim_key_on_one_line(struct arena *arena, struct slice record)
{
    char *line = arena_text_of(arena, record);
    for (size_t i = 0; i < record.len; i++) {
        if (line[i] == '\r' || line[i] == '\n')
            line[i] = ' ';
    }
    return slice_from(line, record.len);
}

static enum dkim_key_status dkim_key_parse(struct arena *arena, struct slice record,
                                           struct dkim_key *key)
{
    struct taglist tags;
    struct slice bytes;
    const char *wrong = taglist_parse(arena, dkim_key_on_one_line(arena, record), &tags);
    if (wrong != NULL)
        return dkim_key_fail(key, DKIM_KEY_BAD_SYNTAX, wrong);
    const struct tag *version = taglist_find(&tags, "v");
    if (version != NULL && (version != tags.tags || !slice_is(version->value, "DKIM1")))
        return dkim_key_fail(key, DKIM_KEY_BAD_VERSION, "v= must be DKIM1 and stand first");
    const struct tag *data = taglist_find(&tags, "p");
    if (data == NULL)
        return dkim_key_fail(key, DKIM_KEY_BAD_SYNTAX, "p= is missing");
    enum dkim_key_status status = dkim_key_read_limits(key, &tags);
    if (status != DKIM_KEY_OK)
        return status;
    if (data->value.len == 0)
        return dkim_key_fail(key, DKIM_KEY_REVOKED, "the key was revoked (p= is empty)");
    if (!taglist_base64(arena, data->value, &bytes))
        return dkim_key_fail(key, DKIM_KEY_BAD_SYNTAX, "p= is no base64");
    return dkim_key_load(key, bytes);
}

const struct dkim_key *dkim_key_read(struct dkim_key_cache *cache, struct slice record)
{
    struct dkim_key *key = map_get(&cache->keys, record);
    struct arena arena;
    if (key != NULL)
        return key;
    if (cache->keys.count >= cache->max) {
        map_deinit(&cache->keys, dkim_key_free);
        map_init(&cache->keys);
    }
    arena_init(&arena);
    key = mem_alloc(sizeof *key);
    key->problem = "";
    key->status = dkim_key_parse(&arena, record, key);
    arena_deinit(&arena);
    map_set(&cache->keys, record, key);
    return key;
}

bool dkim_key_name(struct arena *arena, struct slice selector, struct slice domain,
                   struct slice *name)
{
    struct slice ascii_selector;
    struct slice ascii_domain;
    if (!domain_to_ascii(arena, selector, &ascii_selector) ||
        !domain_to_ascii(arena, domain, &ascii_domain))
        return false;
    if (!domain_is_ldh(ascii_selector) || !domain_is_ldh(ascii_domain))
        return false;
    *name = slice_of(arena_format(arena, "%.*s._domainkey.%.*s", SLICE_ARG(ascii_selector),
                                  SLICE_ARG(ascii_domain)));
    return domain_is_queryable(*name);
}

EVP_PKEY *dkim_key_read_private(struct slice pem)
{
    if (pem.len > DKIM_KEY_BYTES_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, "") : NULL;
    BIO_free(bio);
    ERR_clear_error();
    if (key != NULL && EVP_PKEY_id(key) != EVP_PKEY_RSA && EVP_PKEY_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}
