#include "mta-under-test/refmta/routing/srs.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { HASH_CHARS = 6, DAYS = 1024, TEXT_BYTES_MAX = 1024 };

static const char BASE32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* The first characters of the HMAC of `text` in lower case. */
static void hash_with(struct slice key, struct slice text, char out[HASH_CHARS + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    unsigned int len = 0;
    char *lower = mem_text_copy_n(text.data, text.len);
    text_to_lower(lower);
    if (HMAC(EVP_sha256(), key.data, (int)key.len, (const unsigned char *)lower, text.len, digest,
             &len) == NULL)
        abort();
    free(lower);
    /* Five bits a character. */
    for (unsigned i = 0; i < HASH_CHARS; i++) {
        unsigned bit = i * 5;
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];
        out[i] = BASE32[pair >> (11 - bit % 8) & 31U];
    }
    out[HASH_CHARS] = '\0';
}

static struct slice first_key(const struct srs_scheme *scheme)
{
    struct slice rest = slice_of(scheme->keys);
    struct slice line = SLICE("");
    (void)slice_split(&rest, '\n', &line);
    return slice_trim(line);
}

/* By any of the keys. */
static bool is_ours(const struct srs_scheme *scheme, struct slice hash, struct slice text)
{
    struct slice rest = slice_of(scheme->keys);
    struct slice line;
    char right[HASH_CHARS + 1];
    while (rest.len > 0 && slice_split(&rest, '\n', &line)) {
        if (slice_trim(line).len == 0)
            continue;
        hash_with(slice_trim(line), text, right);
        if (slice_is_nocase(hash, right))
            return true;
    }
    return false;
}

static bool fits(struct slice local, struct slice domain)
{
    static const char FORBIDDEN[] = "\"\\ <>@";
    for (size_t i = 0; i < local.len; i++)
        if (strchr(FORBIDDEN, local.data[i]) != NULL || local.data[i] < ' ')
            return false;
    return local.len > 0 && domain.len > 0 && domain.data[0] != '[';
}

bool srs_forward(const struct srs_scheme *scheme, const char *sender, int64_t now_us,
                 struct buf *out)
{
    char hash[HASH_CHARS + 1];
    struct slice whole = slice_of(sender);
    size_t at = slice_find_last(whole, '@');
    if (at == SIZE_MAX || !fits(slice_first(whole, at), slice_skip(whole, at + 1)))
        return false;
    struct slice local = slice_first(whole, at);
    struct slice domain = slice_skip(whole, at + 1);
    struct buf rest;
    buf_init(&rest, TEXT_BYTES_MAX);
    bool is_first = slice_starts_with_nocase(local, SLICE("SRS0="));
    bool is_later = slice_starts_with_nocase(local, SLICE("SRS1="));
    size_t second = slice_find(slice_skip(local, strlen("SRS1=")), '=');
    if (is_first) {
        buf_format(&rest, "%.*s=%.*s", SLICE_ARG(domain), SLICE_ARG(slice_skip(local, 4)));
    } else if (is_later && second != SIZE_MAX) {
        /* The first forwarder stays; only the hash becomes ours. */
        buf_add_slice(&rest, slice_skip(local, strlen("SRS1=") + second + 1));
    } else {
        unsigned day = (unsigned)(now_us / TIME_DAY % DAYS);
        buf_format(&rest, "%c%c=%.*s=%.*s", BASE32[day / 32], BASE32[day % 32], SLICE_ARG(domain),
                   SLICE_ARG(local));
    }
    hash_with(first_key(scheme), buf_slice(&rest), hash);
    buf_format(out, "%s=%s=%s@%s", is_first || is_later ? "SRS1" : "SRS0", hash, buf_text(&rest),
               scheme->domain);
    bool is_whole = !buf_overflowed(&rest) && !buf_overflowed(out);
    buf_deinit(&rest);
    return is_whole;
}

/* The days since the two letters; -1: they are none. */
static int days_since(struct slice day, int64_t now_us)
{
    const char *high = NULL;
    const char *low = NULL;
    if (day.len == 2) {
        high = strchr(BASE32, day.data[0] & ~(text_is_alpha(day.data[0]) ? 32 : 0));
        low = strchr(BASE32, day.data[1] & ~(text_is_alpha(day.data[1]) ? 32 : 0));
    }
    if (high == NULL || low == NULL)
        return -1;
    int then = (int)((high - BASE32) * 32 + (low - BASE32));
    return ((int)(now_us / TIME_DAY % DAYS) - then + DAYS) % DAYS;
}

/* DD=domain=local */
static enum srs_verdict reverse_first(const struct srs_scheme *scheme, struct slice rest,
                                      int64_t now_us, struct buf *out)
{
    struct slice day;
    struct slice domain;
    if (!slice_split(&rest, '=', &day) || !slice_split(&rest, '=', &domain) || rest.len == 0)
        return SRS_FORGED;
    int days = days_since(day, now_us);
    if (days < 0 || (int64_t)days * TIME_DAY > scheme->life_us)
        return SRS_EXPIRED;
    buf_format(out, "%.*s@%.*s", SLICE_ARG(rest), SLICE_ARG(domain));
    return SRS_GOOD;
}

/* host==HASH=DD=domain=local; the first "=" belongs to us, the rest to that host. */
static enum srs_verdict reverse_later(struct slice rest, struct buf *out)
{
    struct slice host;
    if (!slice_split(&rest, '=', &host) || host.len == 0 || rest.len < 2)
        return SRS_FORGED;
    buf_format(out, "SRS0%.*s@%.*s", SLICE_ARG(rest), SLICE_ARG(host));
    return SRS_GOOD;
}

enum srs_verdict srs_reverse(const struct srs_scheme *scheme, struct slice local, int64_t now_us,
                             struct buf *out)
{
    struct slice hash;
    bool is_first = slice_starts_with_nocase(local, SLICE("SRS0="));
    bool is_later = slice_starts_with_nocase(local, SLICE("SRS1="));
    if (!is_first && !is_later)
        return SRS_OTHER;
    struct slice rest = slice_skip(local, strlen("SRS0="));
    if (!slice_split(&rest, '=', &hash) || hash.len != HASH_CHARS || !is_ours(scheme, hash, rest))
        return SRS_FORGED;
    return is_first ? reverse_first(scheme, rest, now_us, out) : reverse_later(rest, out);
}
