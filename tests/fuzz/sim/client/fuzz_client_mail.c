/*
 * Any dialogue of a client with any replies to it: a line "< CODE" is heard, all else is said. What
 * is told was said: a letter has an id, and goes to somebody only if he was named.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "mta-under-test/base/text.h"
#include "sim/client/client_mail.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t letters;

static void check(const struct client_letter *letter)
{
    assert(letter->id != NULL && letter->from != NULL && letter->bytes > 0);
    for (size_t i = 0; i < letter->to_count; i++)
        assert(letter->to[i] != NULL);
}

static void on_submitted(void *context, const struct client_letter *letter)
{
    (void)context;
    check(letter);
    letters++;
}

static void on_decided(void *context, const struct client_letter *letter, int code)
{
    (void)context;
    (void)code;
    check(letter);
    assert(letters > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct client_mail_options options = {on_submitted, on_decided, NULL};
    struct client_mail *mail = client_mail_new(&options);
    struct slice rest = slice_from((const char *)data, size);
    letters = 0;
    while (rest.len > 0) {
        size_t end = slice_find(rest, '\n');
        struct slice line = slice_first(rest, end == SIZE_MAX ? rest.len : end + 1);
        uint64_t code = 0;
        if (slice_starts_with(line, SLICE("< ")) &&
            text_to_u64(slice_trim(slice_skip(line, 2)), &code) == 0)
            client_mail_hear(mail, (int)(code % 1000));
        else
            client_mail_say(mail, line);
        rest = slice_skip(rest, line.len);
    }
    client_mail_free(&mail);
    return 0;
}
