#include "mta-under-test/refmta/http/submission_tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 1 << 20, HASH_TEXT_BYTES = 2 * SHA256_DIGEST_LENGTH };

static int read_line(struct submission_tokens *tokens, struct slice line)
{
    struct slice name;
    if (!slice_split(&line, ' ', &name))
        return -1;
    struct slice hash = slice_trim(line);
    if (name.len == 0 || hash.len != HASH_TEXT_BYTES)
        return -1;
    for (size_t i = 0; i < hash.len; i++)
        if (!text_is_digit(hash.data[i]) && (hash.data[i] < 'a' || hash.data[i] > 'f'))
            return -1;
    tokens->list[tokens->count++] = (struct submission_token){arena_text_of(&tokens->arena, name),
                                                              arena_text_of(&tokens->arena, hash)};
    return 0;
}

static int read_all(struct submission_tokens *tokens, const char *path, struct slice text,
                    struct err *err)
{
    struct slice line;
    tokens->list =
        arena_alloc_array(&tokens->arena, text.len / HASH_TEXT_BYTES + 1, sizeof *tokens->list);
    for (unsigned number = 1; text.len > 0 && slice_split(&text, '\n', &line); number++) {
        line = slice_trim(line);
        if (line.len > 0 && line.data[0] != '#' && read_line(tokens, line) != 0)
            return err_set(err, "%s:%u: expected a name and a SHA-256 in lower-case hex", path,
                           number);
    }
    return 0;
}

int submission_tokens_load(struct submission_tokens *tokens, const char *path, struct err *err)
{
    struct buf text;
    *tokens = (struct submission_tokens){0};
    buf_init(&text, FILE_BYTES_MAX);
    int result = file_read(path, &text, err);
    if (result == 0)
        result = read_all(tokens, path, buf_slice(&text), err);
    buf_deinit(&text);
    return result;
}

void submission_tokens_deinit(struct submission_tokens *tokens)
{
    arena_deinit(&tokens->arena);
    *tokens = (struct submission_tokens){0};
}

const char *submission_tokens_find(const struct submission_tokens *tokens, const char *token)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct buf hash;
    const char *name = NULL;
    if (token == NULL)
        return NULL;
    SHA256((const unsigned char *)token, strlen(token), digest);
    buf_init(&hash, HASH_TEXT_BYTES);
    text_to_hex(&hash, digest, sizeof digest);
    for (size_t i = 0; i < tokens->count; i++)
        if (CRYPTO_memcmp(tokens->list[i].hash, hash.data, HASH_TEXT_BYTES) == 0)
            name = tokens->list[i].name;
    buf_deinit(&hash);
    return name;
}
