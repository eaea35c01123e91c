#include "mta-under-test/refmta/queue/record.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/queue/message.h"
#include "tests/unit/unit.h"

static struct message *sample(void)
{
    struct envelope envelope;
    envelope_init(&envelope);
    envelope_set_sender(&envelope, SLICE("a@s.test"));
    envelope.envid = "id";
    envelope.body = ENVELOPE_BODY_8BITMIME;
    envelope.ret = ENVELOPE_RET_HDRS;
    envelope.smtputf8 = true;
    envelope.deliver_by_us = 5555;
    envelope.deliver_by_return = true;
    envelope.hold_until_us = 200000;
    envelope.priority = -3;
    envelope.submitter = "ann";
    envelope.is_doubtful = true;
    envelope_add_recipient(&envelope, SLICE("b@x.test"))->notify = ENVELOPE_NOTIFY_DELAY;
    envelope_add_recipient(&envelope, SLICE("c@y.test"))->orcpt = "rfc822;c@y.test";
    struct message *message = message_new(&envelope, 77, 123456);
    envelope_deinit(&envelope);
    return message;
}

START_TEST(changes_are_read_as_they_were_written)
{
    struct message *message = sample();
    struct record_item item;
    struct buf meta;
    buf_init(&meta, 1 << 16);
    message->warned = true;
    message->recipients[0].state = RECIPIENT_DELIVERED;
    message->open_count = 1;
    message->recipients[1].attempts = 3;
    message->recipients[1].due_us = 999;
    message_set_status(&message->recipients[1], "4.7.1 smtp mx 451 later");
    record_add(&meta, message);
    record_update(&meta, 77, 1, &message->recipients[1]);
    record_warned(&meta, 78);
    record_remove(&meta, 79);
    struct record_reader reader = {buf_slice(&meta)};

    ck_assert_int_eq(record_next(&reader, &item), 1);
    ck_assert_int_eq(item.change, RECORD_ADD);
    ck_assert_uint_eq(item.message->id, 77);
    ck_assert_int_eq(item.message->received_us, 123456);
    ck_assert_str_eq(item.message->sender, "a@s.test");
    ck_assert_str_eq(item.message->envid, "id");
    ck_assert_int_eq(item.message->body, ENVELOPE_BODY_8BITMIME);
    ck_assert_int_eq(item.message->ret, ENVELOPE_RET_HDRS);
    ck_assert(item.message->smtputf8);
    ck_assert_int_eq(item.message->deliver_by_us, 5555);
    ck_assert(item.message->deliver_by_return);
    ck_assert_int_eq(item.message->hold_until_us, 200000);
    ck_assert_int_eq(item.message->priority, -3);
    ck_assert_str_eq(item.message->submitter, "ann");
    ck_assert(item.message->warned && item.message->is_doubtful);
    ck_assert_uint_eq(item.message->recipient_count, 2);
    ck_assert_uint_eq(item.message->open_count, 1);
    ck_assert_int_eq(item.message->recipients[0].notify, ENVELOPE_NOTIFY_DELAY);
    ck_assert_int_eq(item.message->recipients[0].state, RECIPIENT_DELIVERED);
    ck_assert_ptr_null(item.message->recipients[0].orcpt);
    ck_assert_str_eq(item.message->recipients[1].orcpt, "rfc822;c@y.test");
    ck_assert_str_eq(item.message->recipients[1].status, "4.7.1 smtp mx 451 later");
    message_free(&item.message);

    ck_assert_int_eq(record_next(&reader, &item), 1);
    ck_assert_int_eq(item.change, RECORD_UPDATE);
    ck_assert_uint_eq(item.index, 1);
    ck_assert_uint_eq(item.attempts, 3);
    ck_assert_int_eq(item.due_us, 999);
    ck_assert_int_eq(record_next(&reader, &item), 1);
    ck_assert_int_eq(item.change, RECORD_WARNED);
    ck_assert_uint_eq(item.id, 78);
    ck_assert_int_eq(record_next(&reader, &item), 1);
    ck_assert_int_eq(item.change, RECORD_REMOVE);
    ck_assert_int_eq(record_next(&reader, &item), 0);
    message_free(&message);
    buf_deinit(&meta);
}
END_TEST

START_TEST(a_cut_record_is_refused_at_each_byte)
{
    struct message *message = sample();
    struct buf meta;
    buf_init(&meta, 1 << 16);
    record_add(&meta, message);
    for (size_t len = 1; len < meta.len; len++) {
        struct record_item item;
        struct record_reader reader = {slice_first(buf_slice(&meta), len)};
        ck_assert_int_eq(record_next(&reader, &item), -1);
        ck_assert_ptr_null(item.message);
    }
    message_free(&message);
    buf_deinit(&meta);
}
END_TEST

START_TEST(a_seal_knows_its_segment_and_its_bytes)
{
    char bytes[RECORD_HEADER_BYTES];
    struct record_header header;
    struct slice meta = SLICE("meta");
    struct slice content = SLICE("content");
    record_seal(bytes, 5, meta, content);
    ck_assert(record_open(bytes, &header));
    ck_assert_uint_eq(header.meta_len, 4);
    ck_assert_uint_eq(header.content_len, 7);
    ck_assert(record_meta_is_right(&header, 5, meta));
    ck_assert(!record_meta_is_right(&header, 6, meta));
    ck_assert(!record_meta_is_right(&header, 5, SLICE("mete")));
    ck_assert(record_content_is_right(&header, content));
    ck_assert(!record_content_is_right(&header, SLICE("contenu")));
    bytes[5]++;
    ck_assert(record_open(bytes, &header));
    ck_assert(!record_meta_is_right(&header, 5, meta));
    bytes[0]++;
    ck_assert(!record_open(bytes, &header));
}
END_TEST

/* A header and a RECORD_ADD as the first version wrote them, before messages knew their submitter:
 * what waits in a spool must outlive an update. */
static const char FIRST_VERSION[] =
    "4d525131a6000000010000008316dc8c57a08613014d0000000000000040e2010000000000080000"
    "006140732e74657374020000006964010213b315000000000000400d03000000000001fd02000000"
    "080000006240782e74657374ffffffff080000000000400d030000000000ffffffff080000006340"
    "792e746573740f0000007266633832323b6340792e74657374000000000000400d03000000000017"
    "000000342e372e3120736d7470206d7820343531206c61746572";

START_TEST(a_record_of_the_first_version_can_be_read)
{
    struct buf bytes;
    struct record_header header;
    struct record_item item;
    buf_init(&bytes, 1 << 16);
    ck_assert_int_eq(text_from_hex(&bytes, slice_of(FIRST_VERSION)), 0);
    struct record_reader reader = {slice_skip(buf_slice(&bytes), RECORD_HEADER_BYTES)};
    ck_assert(record_open(bytes.data, &header));
    ck_assert(record_meta_is_right(&header, 1, reader.rest));
    ck_assert(record_content_is_right(&header, SLICE("x")));
    ck_assert_int_eq(record_next(&reader, &item), 1);
    ck_assert_str_eq(item.message->sender, "a@s.test");
    ck_assert_int_eq(item.message->priority, -3);
    ck_assert(item.message->warned && item.message->smtputf8);
    ck_assert_ptr_null(item.message->submitter);
    ck_assert(!item.message->is_doubtful);
    ck_assert_str_eq(item.message->recipients[1].orcpt, "rfc822;c@y.test");
    ck_assert_str_eq(item.message->recipients[1].status, "4.7.1 smtp mx 451 later");
    message_free(&item.message);
    ck_assert_int_eq(record_next(&reader, &item), 0);
    buf_deinit(&bytes);
}
END_TEST

START_TEST(one_of_a_later_version_is_not_misread)
{
    struct buf meta;
    struct record_item item;
    struct message *message = sample();
    buf_init(&meta, 1 << 16);
    record_add(&meta, message);
    /* The flags stand behind the kind, id, time, sender, ENVID, body and RET. */
    size_t flags = 1 + 8 + 8 + 4 + 8 + 4 + 2 + 2;
    meta.data[flags] = (char)(meta.data[flags] | 0x80);
    struct record_reader reader = {buf_slice(&meta)};
    ck_assert_int_eq(record_next(&reader, &item), -1);
    message_free(&message);
    buf_deinit(&meta);
}
END_TEST

UNIT_MAIN(a_record_of_the_first_version_can_be_read, one_of_a_later_version_is_not_misread,
          changes_are_read_as_they_were_written, a_cut_record_is_refused_at_each_byte,
          a_seal_knows_its_segment_and_its_bytes)
