#include "mta-under-test/refmta/sign/signer.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dkim/dkim_sign.h"

#include "mta-under-test/base/poison.h"

enum { SIGNER_KEY_BYTES_MAX = 64 * 1024, SIGNER_NAMES_BYTES_MAX = 4096, SIGNER_REPEATS_MAX = 16 };

struct signer {
    char *domain;
    char *selector;
    EVP_PKEY *key;
};

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

/* A signature that nobody wants shows whether the three belong together. */
static int try_to_sign(const struct signer *signer, const char *file, struct err *err)
{
    struct buf field;
    buf_init(&field, SIGNER_KEY_BYTES_MAX);
    int result = signer_sign(signer, SLICE("From: a@a.test\r\n\r\n"), 0, &field, err);
    buf_deinit(&field);
    return result == 0 ? 0 : err_prefix(err, "%s", file);
}

struct signer *signer_open(const char *domain, const char *selector, const char *key_file,
                           struct err *err)
{
    struct signer *signer = mem_alloc(sizeof *signer);
    signer->domain = mem_text_copy(domain);
    signer->selector = mem_text_copy(selector);
    signer->key = read_key(key_file, err);
    if (signer->key == NULL || try_to_sign(signer, key_file, err) != 0)
        signer_close(&signer);
    return signer;
}

void signer_close(struct signer **signer)
{
    if (*signer == NULL)
        return;
    EVP_PKEY_free((*signer)->key);
    free((*signer)->domain);
    free((*signer)->selector);
    free(*signer);
    *signer = NULL;
}

static void add_names(const struct message *message, struct buf *names)
{
    static const char *const SIGNED[] = {
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-id",
        "content-transfer-encoding",
        "list-unsubscribe",
        "list-unsubscribe-post",
    };
    buf_add_text(names, "from");
    for (size_t i = 0; i < sizeof SIGNED / sizeof SIGNED[0]; i++) {
        size_t count = message_count(message, SIGNED[i]);
        for (size_t k = 0; k < count && k < SIGNER_REPEATS_MAX; k++)
            buf_format(names, ":%s", SIGNED[i]);
    }
}

int signer_sign(const struct signer *signer, struct slice content, int64_t now_us, struct buf *out,
                struct err *err)
{
    struct arena arena = {0};
    struct message message;
    struct buf names;
    int result = -1;
    buf_init(&names, SIGNER_NAMES_BYTES_MAX);
    if (!message_parse(&arena, content, &message)) {
        err_set(err, "the message has too many header fields");
    } else if (message_count(&message, "from") == 0) {
        err_set(err, "the message has no From (RFC 6376 5.4)");
    } else {
        add_names(&message, &names);
        const struct dkim_sign_options options = {
            .key = signer->key,
            .domain = slice_of(signer->domain),
            .selector = slice_of(signer->selector),
            .headers = buf_slice(&names),
            .header_canon = DKIM_CANON_RELAXED,
            .body_canon = DKIM_CANON_RELAXED,
            .has_time = true,
            .time_s = (uint64_t)(now_us / TIME_SECOND),
        };
        result = dkim_sign(&message, &options, &arena, out, err);
    }
    buf_deinit(&names);
    arena_deinit(&arena);
    return result;
}
