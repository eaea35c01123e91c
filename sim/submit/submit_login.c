#include "sim/submit/submit_login.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/evp.h>

#include "mta-under-test/base/mem.h"

#include "mta-under-test/base/poison.h"

static SSL *new_connection(SSL_CTX *given)
{
    SSL_CTX *context = given == NULL ? SSL_CTX_new(TLS_client_method()) : given;
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    if (given == NULL)
        SSL_CTX_free(context); /* the connection holds it */
    return ssl;
}

struct bufferevent *submit_login_wrap(struct bufferevent *stream, SSL_CTX *context)
{
    SSL *ssl = new_connection(context);
    if (ssl == NULL)
        return NULL;
    struct bufferevent *wrapped = bufferevent_openssl_filter_new(
        bufferevent_get_base(stream), stream, ssl, BUFFEREVENT_SSL_CONNECTING,
        BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (wrapped == NULL)
        SSL_free(ssl);
    return wrapped;
}

void submit_login_command(const struct submit_login *login, struct buf *out)
{
    struct buf plain;
    buf_init(&plain, 1024);
    buf_add(&plain, "", 1);
    buf_add_text(&plain, login->user);
    buf_add(&plain, "", 1);
    buf_add_text(&plain, login->password);
    char *coded = mem_alloc(plain.len / 3 * 4 + 8);
    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain.data, (int)plain.len);
    buf_format(out, "AUTH PLAIN %s", coded);
    free(coded);
    buf_deinit(&plain);
}
