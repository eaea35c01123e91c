#include "mta-under-test/refmta/report/one_click.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

/* 128 bits of the HMAC are enough for what a token opens, and keep the URL short. */
enum {
    MAC_BYTES = 16,
    MAC_DIGITS = 2 * MAC_BYTES,
    TOKEN_BYTES_MAX = 2048,
    FIELDS_BYTES_MAX = 4096
};

static void add_mac(const struct one_click *one_click, struct slice recipient, struct buf *out)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    HMAC(EVP_sha256(), one_click->secret.data, (int)one_click->secret.len,
         (const unsigned char *)recipient.data, recipient.len, mac, &mac_len);
    text_to_hex(out, mac, MAC_BYTES);
}

/* The token is the MAC and the address, both in hex: no mail program breaks that. */
void one_click_write(const struct one_click *one_click, const char *recipient, struct buf *out)
{
    buf_format(out, "List-Unsubscribe:\r\n <%s/", one_click->url);
    add_mac(one_click, slice_of(recipient), out);
    text_to_hex(out, recipient, strlen(recipient));
    buf_add_text(out, ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

static bool has_field(struct slice message)
{
    struct slice line;
    while (message.len > 0 && slice_split(&message, '\n', &line) && slice_trim(line).len > 0)
        if (slice_starts_with_nocase(line, SLICE("List-Unsubscribe:")))
            return true;
    return false;
}

void one_click_offer(const struct one_click *one_click, const struct envelope *envelope,
                     struct buf *content, size_t at)
{
    struct slice message = slice_skip(buf_slice(content), at);
    struct buf whole;
    if (envelope->recipient_count != 1 ||
        !glob_matches_any(one_click->senders, one_click->sender_count, envelope->sender) ||
        has_field(message))
        return;
    buf_init(&whole, content->max + FIELDS_BYTES_MAX);
    buf_add(&whole, content->data, at);
    one_click_write(one_click, envelope->recipients[0].address, &whole);
    buf_add_slice(&whole, message);
    buf_deinit(content);
    *content = whole;
}

bool one_click_read(const struct one_click *one_click, struct slice token, struct buf *recipient)
{
    struct buf mac;
    struct slice digits = slice_skip(token, MAC_DIGITS);
    if (token.len <= MAC_DIGITS || token.len > TOKEN_BYTES_MAX ||
        text_from_hex(recipient, digits) != 0)
        return false;
    buf_init(&mac, MAC_DIGITS);
    add_mac(one_click, buf_slice(recipient), &mac);
    bool ours = CRYPTO_memcmp(mac.data, token.data, MAC_DIGITS) == 0;
    buf_deinit(&mac);
    return ours;
}

bool one_click_is_request(struct slice body)
{
    return slice_is(slice_trim(body), "List-Unsubscribe=One-Click");
}
