#include "mta-under-test/refmta/app/secret_file.h"

#include <openssl/crypto.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

enum { SECRET_BYTES_MAX = 1024 };

int secret_file_read(const char *path, struct buf *secret, struct err *err)
{
    buf_init(secret, SECRET_BYTES_MAX);
    if (file_read(path, secret, err) != 0)
        return -1;
    buf_truncate(secret, strcspn(buf_text(secret), "\r\n"));
    return secret->len > 0 ? 0 : err_set(err, "%s: has no secret in its first line", path);
}

void secret_file_forget(struct buf *secret)
{
    if (secret->data != NULL)
        OPENSSL_cleanse(secret->data, secret->len);
    buf_deinit(secret);
}
