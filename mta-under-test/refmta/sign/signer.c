#include "mta-under-test/refmta/sign/signer.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/address/address_list.h"
#include "mta-under-test/mailauth/dkim/dkim_sign.h"
#include "mta-under-test/mailauth/dkim/dkim_signature.h"
#include "mta-under-test/refmta/sign/signer_private.h"

#include "mta-under-test/base/poison.h"

enum { SIGNER_KEY_BYTES_MAX = 64 * 1024, SIGNER_REPEATS_MAX = 16 };

static EVP_PKEY *read_key(const char *file, struct err *err)
{
    struct buf pem;
    EVP_PKEY *key = NULL;
    buf_init(&pem, SIGNER_KEY_BYTES_MAX);
    if (file_read(file, &pem, err) == 0) {
        key = dkim_key_read_private(buf_slice(&pem));
        if (key == NULL)
            err_set(err, "%s: expected a private key as PEM, RSA or Ed25519", file);
    }
    buf_deinit(&pem);
    return key;
}

/* Fields that a reader sees or that tell how the rest is shown: signed once more than they are
 * there. The others are signed as they are: a list may add its own. */
static const struct {
    const char *name;
    bool is_oversigned;
} SIGNED[] = {
    {"from", true},
    {"sender", true},
    {"reply-to", true},
    {"to", true},
    {"cc", true},
    {"subject", true},
    {"date", true},
    {"message-id", true},
    {"in-reply-to", false},
    {"references", false},
    {"mime-version", true},
    {"content-type", true},
    {"content-id", false},
    {"content-transfer-encoding", true},
    {"list-unsubscribe", false},
    {"list-unsubscribe-post", false},
};

void signer_add_names(const struct message *message, struct buf *names)
{
    for (size_t i = 0; i < sizeof SIGNED / sizeof SIGNED[0]; i++) {
        size_t count = message_count(message, SIGNED[i].name);
        if (count > SIGNER_REPEATS_MAX)
            count = SIGNER_REPEATS_MAX;
        count += SIGNED[i].is_oversigned ? 1 : 0;
        for (size_t k = 0; k < count; k++) {
            if (names->len > 0)
                buf_add_char(names, ':');
            buf_add_text(names, SIGNED[i].name);
        }
    }
}

static int sign_with(const struct loaded_key *key, const struct message *message, int64_t now_us,
                     struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct buf names;
    buf_init(&names, SIGNER_NAMES_BYTES_MAX);
    signer_add_names(message, &names);
    const struct dkim_sign_options options = {
        .key = key->key,
        .domain = slice_of(key->domain),
        .selector = slice_of(key->selector),
        .headers = buf_slice(&names),
        .header_canon = DKIM_CANON_RELAXED,
        .body_canon = DKIM_CANON_RELAXED,
        .has_time = true,
        .time_s = (uint64_t)(now_us / TIME_SECOND),
    };
    int result = dkim_sign(message, &options, &arena, out, err);
    buf_deinit(&names);
    arena_deinit(&arena);
    return result;
}

/* A signature that nobody wants shows whether the three belong together. */
static int try_to_sign(const struct loaded_key *key, const char *file, struct err *err)
{
    struct arena arena = {0};
    struct message message;
    struct buf field;
    buf_init(&field, SIGNER_KEY_BYTES_MAX);
    bool is_whole = message_parse(&arena, SLICE("From: a@a.test\r\n\r\n"), &message);
    int result = is_whole ? sign_with(key, &message, 0, &field, err) : -1;
    buf_deinit(&field);
    arena_deinit(&arena);
    return result == 0 ? 0 : err_prefix(err, "%s", file);
}

static int load(struct loaded_key *key, const struct signer_key *from, struct err *err)
{
    *key = (struct loaded_key){.domain = mem_text_copy(from->domain),
                               .selector = mem_text_copy(from->selector),
                               .from_us = from->from_us,
                               .until_us = from->until_us,
                               .is_for_all = from->is_for_all,
                               .key = read_key(from->file, err)};
    return key->key != NULL ? try_to_sign(key, from->file, err) : -1;
}

struct signer *signer_open(const struct signer_key *keys, size_t count, struct err *err)
{
    struct signer *signer = mem_alloc(sizeof *signer);
    signer->keys = mem_alloc_array(count, sizeof *signer->keys);
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        result = load(&signer->keys[i], &keys[i], err);
        signer->count++;
    }
    if (result != 0)
        signer_close(&signer);
    return signer;
}

void signer_close(struct signer **signer)
{
    if (*signer == NULL)
        return;
    for (size_t i = 0; i < (*signer)->count; i++) {
        EVP_PKEY_free((*signer)->keys[i].key);
        free((*signer)->keys[i].domain);
        free((*signer)->keys[i].selector);
    }
    free((*signer)->keys);
    free(*signer);
    *signer = NULL;
}

static bool is_good(const struct loaded_key *key, int64_t now_us)
{
    return now_us >= key->from_us && (key->until_us == 0 || now_us < key->until_us);
}

/* How much of `domain` the key's domain is: its length, or 0 if it is neither that nor above it. */
static size_t nearness(const struct loaded_key *key, struct slice domain)
{
    struct slice own = slice_of(key->domain);
    if (slice_equal_nocase(own, domain))
        return own.len;
    if (domain.len <= own.len || !slice_ends_with_nocase(domain, own) ||
        domain.data[domain.len - own.len - 1] != '.')
        return 0;
    return own.len;
}

static int sign_all(const struct signer *signer, const struct message *message, struct slice domain,
                    int64_t now_us, struct buf *out, struct err *err)
{
    size_t best = 0;
    for (size_t i = 0; i < signer->count; i++)
        if (is_good(&signer->keys[i], now_us) && nearness(&signer->keys[i], domain) > best)
            best = nearness(&signer->keys[i], domain);
    for (size_t i = 0; i < signer->count; i++) {
        const struct loaded_key *key = &signer->keys[i];
        bool is_chosen = best > 0 ? nearness(key, domain) == best : key->is_for_all;
        if (is_chosen && is_good(key, now_us) && sign_with(key, message, now_us, out, err) != 0)
            return -1;
    }
    return 0;
}

/* Of the first mailbox in From. */
static struct slice author_domain(const struct message *message, struct arena *arena)
{
    struct address_list list = {0};
    struct slice value = message_unfold(arena, message_find(message, "from")->value);
    (void)address_list_parse(arena, value, &list);
    return list.count > 0 ? list.mailboxes[0].domain : SLICE("");
}

int signer_sign(const struct signer *signer, struct slice content, int64_t now_us, struct buf *out,
                struct err *err)
{
    struct arena arena = {0};
    struct message message;
    int result = -1;
    if (!message_parse(&arena, content, &message))
        err_set(err, "the message has too many header fields");
    else if (message_count(&message, "from") == 0)
        err_set(err, "the message has no From (RFC 6376 5.4)");
    else
        result = sign_all(signer, &message, author_domain(&message, &arena), now_us, out, err);
    arena_deinit(&arena);
    return result;
}

/* The field is a signature of one of our keys. */
static bool is_own(const struct signer *signer, const struct message_field *field,
                   struct arena *arena)
{
    struct dkim_signature signature;
    const char *problem = NULL;
    if (!slice_is_nocase(field->name, "dkim-signature"))
        return false;
    (void)dkim_signature_parse(arena, DKIM_FORM_SIGNATURE, field->raw, &signature, &problem);
    for (size_t i = 0; i < signer->count; i++)
        if (slice_is_nocase(signature.domain, signer->keys[i].domain) &&
            slice_is_nocase(signature.selector, signer->keys[i].selector))
            return true;
    return false;
}

/* The content without our signatures, and where the first of them was; SIZE_MAX: there is none. */
static size_t take_own_out(const struct signer *signer, const struct message *message,
                           struct arena *arena, struct buf *out)
{
    size_t place = SIZE_MAX;
    for (size_t i = 0; i < message->count; i++) {
        if (is_own(signer, &message->fields[i], arena)) {
            place = place == SIZE_MAX ? out->len : place;
            continue;
        }
        buf_add_slice(out, message->fields[i].raw);
        buf_add_text(out, "\r\n");
    }
    buf_add_text(out, "\r\n");
    buf_add_slice(out, message->body);
    return place;
}

int signer_sign_again(const struct signer *signer, struct slice content, int64_t now_us,
                      struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct message message;
    struct buf bare;
    size_t before = out->len;
    int result = 0;
    buf_init(&bare, content.len + 4);
    if (!message_parse(&arena, content, &message)) {
        result = err_set(err, "the message has too many header fields");
    } else {
        size_t place = take_own_out(signer, &message, &arena, &bare);
        struct slice all = place != SIZE_MAX ? buf_slice(&bare) : content;
        buf_add_slice(out, slice_first(all, place != SIZE_MAX ? place : 0));
        if (place != SIZE_MAX)
            result = signer_sign(signer, slice_skip(all, place), now_us, out, err);
        buf_add_slice(out, slice_skip(all, place != SIZE_MAX ? place : 0));
    }
    if (result != 0)
        buf_truncate(out, before);
    buf_deinit(&bare);
    arena_deinit(&arena);
    return result;
}
