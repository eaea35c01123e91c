#include "sim/tls/tls_contexts.h"

#include "mta-under-test/base/map.h"

#include "mta-under-test/base/poison.h"

enum { TLS_SETTINGS_KEY_BYTES_MAX = 65536 };

struct tls_contexts {
    struct tls_authority *authority;
    struct map by_settings; /* SSL_CTX */
    struct buf key;         /* scratch */
};

struct tls_contexts *tls_contexts_new(struct tls_authority *authority)
{
    struct tls_contexts *contexts = mem_alloc(sizeof *contexts);
    contexts->authority = authority;
    buf_init(&contexts->key, TLS_SETTINGS_KEY_BYTES_MAX);
    return contexts;
}

static void tls_contexts_release(void *value)
{
    SSL_CTX_free(value);
}

void tls_contexts_free(struct tls_contexts **contexts_at)
{
    struct tls_contexts *contexts = *contexts_at;
    if (contexts == NULL)
        return;
    *contexts_at = NULL;
    map_deinit(&contexts->by_settings, tls_contexts_release);
    buf_deinit(&contexts->key);
    free(contexts);
}

/* All of the settings as one key. No list of ciphers has a line's end in it. */
static struct slice tls_settings_key(struct buf *key, const struct tls_settings *settings)
{
    buf_reset(key);
    buf_format(key, "%d %d %d %d\n%s\n%s", settings->version_min, settings->version_max,
               settings->no_tickets, settings->ask_certificate,
               settings->ciphers != NULL ? settings->ciphers : "",
               settings->suites != NULL ? settings->suites : "");
    return buf_slice(key);
}

static SSL_CTX *tls_contexts_get(struct tls_contexts *contexts, const struct tls_settings *settings,
                                 struct err *err)
{
    struct slice key = tls_settings_key(&contexts->key, settings);
    SSL_CTX *context = map_get(&contexts->by_settings, key);
    if (context == NULL) {
        context = tls_context_make(contexts->authority, NULL, settings, err);
        if (context != NULL)
            map_set(&contexts->by_settings, key, context);
    }
    return context;
}

SSL *tls_contexts_connect(struct tls_contexts *contexts, const struct tls_settings *settings,
                          const struct tls_identity *identity, struct slice owner, struct err *err)
{
    SSL_CTX *context = tls_contexts_get(contexts, settings, err);
    if (context == NULL)
        return NULL;
    SSL *ssl = SSL_new(context);
    if (ssl == NULL || tls_connection_show(ssl, identity) != 0 ||
        SSL_set_session_id_context(ssl, (const unsigned char *)owner.data, (unsigned)owner.len) !=
            1) {
        SSL_free(ssl);
        tls_error(err, "cannot set up TLS");
        return NULL;
    }
    return ssl;
}
