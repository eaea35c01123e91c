#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "mta-under-test/refmta/mime/mime_downgrade.h"

#include "mta-under-test/base/poison.h"

static bool offers(const struct delivery_connection *connection, unsigned extensions)
{
    return (connection->session.extensions & extensions) == extensions;
}

static bool can_take_body(const struct delivery_connection *connection, enum envelope_body body)
{
    switch (body) {
    case ENVELOPE_BODY_8BITMIME:
        return offers(connection, CLIENT_8BITMIME);
    case ENVELOPE_BODY_BINARYMIME:
        return offers(connection, (unsigned)CLIENT_CHUNKING | (unsigned)CLIENT_BINARYMIME);
    case ENVELOPE_BODY_7BIT:
        break;
    }
    return true;
}

static bool addresses_are_ascii(const struct client_transaction *transaction)
{
    bool are_ascii = text_is_ascii(slice_of(transaction->sender));
    for (size_t i = 0; i < transaction->recipient_count; i++)
        are_ascii = are_ascii && text_is_ascii(slice_of(transaction->recipients[i].address));
    return are_ascii;
}

/* NULL with errno. */
static char *read_all(const struct message *message)
{
    size_t total = message->entry.content_len;
    size_t have = 0;
    char *content = mem_alloc(total);
    while (have < total) {
        ssize_t got = queue_read(message, have, content + have, total - have);
        if (got <= 0) {
            free(content);
            return NULL;
        }
        have += (size_t)got;
    }
    return content;
}

/* The signature of ours belongs to the other form; who reads this one gets one that fits. Without
 * it the message still is what its author has written, so that is no reason to keep it back. */
static void sign_again(struct delivery_connection *connection)
{
    const struct delivery_options *options = &connection->lane->delivery->options;
    const struct signer *signer = options->signer != NULL ? options->signer(options->arg) : NULL;
    struct err err = {.text = ""};
    struct buf whole;
    if (signer == NULL)
        return;
    buf_init(&whole, connection->converted.max);
    if (signer_sign_again(signer, buf_slice(&connection->converted), time_now_us(), &whole, &err) !=
        0) {
        log_text(options->log, "not-signed", "%s", err.text);
        buf_deinit(&whole);
        return;
    }
    buf_deinit(&connection->converted);
    connection->converted = whole;
}

static void convert(struct delivery_connection *connection, struct slice content)
{
    struct client_transaction *transaction = &connection->transaction;
    struct mime_obstacle obstacle;
    if (mime_downgrade(content, &connection->converted, &obstacle) != 0) {
        buf_reset(&connection->converted);
        transaction->obstacle = obstacle.why;
        return;
    }
    sign_again(connection);
    transaction->body = ENVELOPE_BODY_7BIT;
    transaction->bytes = connection->converted.len;
    delivery_connection_log(connection, "converted", "to 7-bit (RFC 6152 3)");
}

void delivery_content_prepare(struct delivery_connection *connection)
{
    const struct message *message = connection->item->message;
    struct client_transaction *transaction = &connection->transaction;
    connection->content_offset = 0;
    buf_reset(&connection->converted);
    transaction->obstacle = NULL;
    transaction->body = (enum envelope_body)message->body;
    transaction->bytes = message->entry.content_len;
    transaction->smtputf8 = message->smtputf8;
    transaction->priority = message->priority;
    transaction->require_tls = message->require_tls;
    bool lacks_utf8 = message->smtputf8 && !offers(connection, CLIENT_SMTPUTF8);
    bool lacks_body = !can_take_body(connection, transaction->body);
    if (!lacks_utf8 && !lacks_body)
        return;
    char *content = read_all(message);
    if (content == NULL)
        return; /* whoever sends the content finds out the same, and tells it */
    struct slice bytes = slice_from(content, message->entry.content_len);
    /* RFC 6531 3.4: what does not need the extension may go without. */
    if (lacks_utf8)
        transaction->smtputf8 = !addresses_are_ascii(transaction) || mime_has_utf8_header(bytes);
    if (lacks_body && !(lacks_utf8 && transaction->smtputf8))
        convert(connection, bytes);
    free(content);
}

ssize_t delivery_content_read(struct delivery_connection *connection, char *part, size_t size)
{
    uint64_t offset = connection->content_offset;
    ssize_t got;
    if (connection->converted.len == 0) {
        got = queue_read(connection->item->message, offset, part, size);
    } else {
        struct slice rest =
            slice_first(slice_skip(buf_slice(&connection->converted), (size_t)offset), size);
        memcpy(part, rest.data, rest.len);
        got = (ssize_t)rest.len;
    }
    if (got > 0)
        connection->content_offset += (uint64_t)got;
    return got;
}
