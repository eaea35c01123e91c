#include "mta-under-test/mailauth/dane/dane_record.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { DANE_DATA_BYTES_MAX = 65536 };

const char *dane_usability_name(enum dane_usability usability)
{
    static const char *const NAMES[] = {
        "usable",     "unknown-usage", "unknown-selector", "unknown-matching-type",
        "bad-length", "bad-data",      "pkix-in-smtp"};
    return NAMES[usability];
}

/* The next word; false at the end. */
static bool dane_next_word(struct slice *rest, struct slice *word)
{
    *rest = slice_trim(*rest);
    size_t len = 0;
    while (len < rest->len && strchr(" \t\r\n", rest->data[len]) == NULL)
        len++;
    *word = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    return len > 0;
}

static bool dane_number(struct slice *rest, uint8_t *number)
{
    struct slice word;
    uint64_t value = 0;
    if (!dane_next_word(rest, &word) || text_to_u64(word, &value) != 0 || value > 255)
        return false;
    *number = (uint8_t)value;
    return true;
}

bool dane_record_from_text(struct arena *arena, struct slice text, struct dane_record *record)
{
    struct slice word;
    struct buf data;
    bool valid = true;
    memset(record, 0, sizeof *record);
    if (!dane_number(&text, &record->usage) || !dane_number(&text, &record->selector) ||
        !dane_number(&text, &record->matching_type))
        return false;
    buf_init(&data, DANE_DATA_BYTES_MAX);
    while (valid && dane_next_word(&text, &word))
        valid = text_from_hex(&data, word) == 0;
    record->data = arena_slice(arena, buf_slice(&data));
    buf_deinit(&data);
    return valid;
}

bool dane_record_from_wire(struct slice wire, struct dane_record *record)
{
    if (wire.len < 3)
        return false;
    record->usage = (uint8_t)wire.data[0];
    record->selector = (uint8_t)wire.data[1];
    record->matching_type = (uint8_t)wire.data[2];
    record->data = slice_skip(wire, 3);
    return true;
}

/* The data is one whole certificate, or one whole public key. */
static bool dane_record_is_der(const struct dane_record *record)
{
    const unsigned char *at = (const unsigned char *)record->data.data;
    const unsigned char *end = at + record->data.len;
    bool whole = false;
    if (record->selector == 0) {
        X509 *certificate = d2i_X509(NULL, &at, (long)record->data.len);
        whole = certificate != NULL && X509_get0_pubkey(certificate) != NULL;
        X509_free(certificate);
    } else {
        EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)record->data.len);
        whole = key != NULL;
        EVP_PKEY_free(key);
    }
    ERR_clear_error();
    return whole && at == end;
}

enum dane_usability dane_record_usability(const struct dane_record *record, bool in_smtp)
{
    static const size_t DIGEST_BYTES[] = {0, 32, 64};
    if (record->usage > DANE_EE)
        return DANE_UNKNOWN_USAGE;
    if (record->selector > 1)
        return DANE_UNKNOWN_SELECTOR;
    if (record->matching_type > 2)
        return DANE_UNKNOWN_MATCHING_TYPE;
    if (record->data.len == 0 ||
        (record->matching_type > 0 && record->data.len != DIGEST_BYTES[record->matching_type]))
        return DANE_BAD_LENGTH;
    if (record->matching_type == 0 && !dane_record_is_der(record))
        return DANE_BAD_DATA;
    return in_smtp && record->usage < DANE_TA ? DANE_PKIX_IN_SMTP : DANE_USABLE;
}
