#include "mta-under-test/refmta/mime/mime_downgrade.h"

#include "mta-under-test/base/text.h"
#include "tests/unit/unit.h"

static struct buf out;
static struct mime_obstacle obstacle;

static int downgrade(const char *content)
{
    buf_deinit(&out);
    buf_init(&out, 1 << 20);
    obstacle = (struct mime_obstacle){NULL, NULL};
    return mime_downgrade(slice_of(content), &out, &obstacle);
}

static void expect(const char *content, const char *wanted)
{
    ck_assert_int_eq(downgrade(content), 0);
    ck_assert_str_eq(buf_text(&out), wanted);
}

static void expect_obstacle(const char *content, const char *status, const char *why)
{
    ck_assert_int_eq(downgrade(content), -1);
    ck_assert_str_eq(obstacle.status, status);
    ck_assert_str_eq(obstacle.why, why);
}

START_TEST(what_is_plain_stays_as_it_is)
{
    static const char PLAIN[] = "Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n=41 text\r\n";
    expect(PLAIN, PLAIN);
}
END_TEST

START_TEST(text_becomes_quoted_printable)
{
    expect("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding:\r\n 8bit\r\nTo: a@b.test\r\n\r\n"
           "gr\xc3\xbc\xc3\x9f=e \r\nplain text of some length, mostly\r\n.\r\n",
           "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nTo: a@b.test\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
           "gr=C3=BC=C3=9F=3De=20\r\nplain text of some length, mostly\r\n.\r\n");
}
END_TEST

START_TEST(text_without_mime_says_that_nobody_knows_its_charset)
{
    expect("Subject: x\r\n\r\na long line of text and one e: \xe9\r\n",
           "Subject: x\r\nMIME-Version: 1.0\r\n"
           "Content-Type: text/plain; charset=unknown-8bit\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
           "a long line of text and one e: =E9\r\n");
}
END_TEST

START_TEST(other_types_become_base64)
{
    expect("MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n\r\n\xff\xfe\xfd\r\n",
           "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\n//79DQo=\r\n");
}
END_TEST

START_TEST(text_that_is_mostly_8bit_becomes_base64)
{
    expect("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xd0\xd2\xc9\xd7",
           "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=koi8-r\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\n0NLJ1w==\r\n");
}
END_TEST

START_TEST(nested_multiparts_change_only_where_they_must)
{
    expect(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"out er\"\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\nPre\xc3\r\n"
        "--out er\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n"
        "--in\r\n\r\nplain\r\n"
        "--in  \r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>a caf\xc3\xa9</p>\r\n--in--\r\n"
        "\r\n--out er\r\nContent-Type: text/plain\r\n\r\n--outer is no boundary\r\n"
        "--out er--\r\nafter\xff",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"out er\"\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\nPre?\r\n"
        "--out er\r\nContent-Type: multipart/alternative; boundary=in\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\n"
        "--in\r\n\r\nplain\r\n"
        "--in  \r\nContent-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>a caf=C3=A9</p>\r\n--in--\r\n"
        "\r\n--out er\r\nContent-Type: text/plain\r\n\r\n--outer is no boundary\r\n"
        "--out er--\r\nafter?\r\n");
}
END_TEST

START_TEST(a_last_boundary_that_is_missing_ends_the_last_part_with_the_whole)
{
    expect("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
           "--b\r\n\r\none caf\xc3\xa9 of text\r\n--b\r\n\r\ntwo caf\xc3\xa9s of text\r\n",
           "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
           "Content-Transfer-Encoding: 7bit\r\n\r\n"
           "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\none caf=C3=A9 of text\r\n"
           "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ntwo caf=C3=A9s of text\r\n");
}
END_TEST

START_TEST(a_message_in_a_message_is_converted_in_its_turn)
{
    expect(
        "MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=b\r\n\r\n"
        "--b\r\n\r\nSubject: inner\r\n\r\nsome text with an \xc3\xa9\r\n--b--\r\n",
        "MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=b\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\n"
        "--b\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: inner\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nsome text with an =C3=A9\r\n--b--\r\n");
}
END_TEST

START_TEST(long_lines_are_broken_softly)
{
    char content[3000] = "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";
    size_t len = strlen(content);
    memset(content + len, '-', 2000);
    content[len + 2000] = '\0';
    ck_assert_int_eq(downgrade(content), 0);
    struct slice rest = buf_slice(&out);
    struct slice line;
    while (rest.len > 0 && slice_split(&rest, '\n', &line))
        ck_assert_uint_le(line.len, 77);
    /* What is broken off must not look like a boundary. */
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "=\r\n=2D-"));
}
END_TEST

START_TEST(bare_line_ends_and_nul_survive)
{
    static const char CONTENT[] = "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
                                  "one\ntwo\rthree\0four five six seven";
    buf_deinit(&out);
    buf_init(&out, 1 << 20);
    ck_assert_int_eq(mime_downgrade(slice_from(CONTENT, sizeof CONTENT - 1), &out, &obstacle), 0);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "one=0Atwo=0Dthree=00four five six seven\r\n"));
}
END_TEST

START_TEST(what_says_quoted_printable_keeps_what_it_has)
{
    expect("MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n"
           "Content-Type: text/plain\r\n\r\na=3D\xc3\xa9=\r\nb\r\n",
           "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=C3=A9=\r\nb\r\n");
}
END_TEST

START_TEST(signed_and_encrypted_parts_are_left_alone)
{
    static const char WHY[] = "a signed or encrypted part must stay as it is (RFC 1847 2.1)";
    expect_obstacle(
        "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa9\r\n--b--", "5.6.3",
        WHY);
    expect_obstacle("Content-Type: Multipart/Encrypted; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa9",
                    "5.6.3", WHY);
    expect_obstacle(
        "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
        "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa9\r\n--b--\r\n"
        "--a--\r\n",
        "5.6.3", WHY);
}
END_TEST

START_TEST(what_has_no_such_form_is_told)
{
    expect_obstacle("Subject: caf\xc3\xa9\r\n\r\nx\r\n", "5.6.7", "a header field is not US-ASCII");
    expect_obstacle("Content-Type: multipart/mixed\r\n\r\n\xc3\xa9\r\n", "5.6.3",
                    "a multipart names no boundary");
    expect_obstacle("Content-Type: message/partial; id=x\r\n\r\n\xc3\xa9\r\n", "5.6.3",
                    "a part of type message/* may not be encoded");
    expect_obstacle("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n\xc3\xa9",
                    "5.6.3", "a part has other bytes than its Content-Transfer-Encoding allows");
    struct buf deep;
    buf_init(&deep, 1 << 20);
    for (unsigned i = 0; i < MIME_DEPTH_MAX + 2; i++)
        buf_format(&deep, "Content-Type: multipart/mixed; boundary=b%uz\r\n\r\n--b%uz\r\n", i, i);
    buf_add_text(&deep, "\r\n\xc3\xa9");
    expect_obstacle(buf_text(&deep), "5.6.3", "its parts are nested too deeply");
    buf_deinit(&deep);
}
END_TEST

START_TEST(utf8_in_headers_is_found_at_any_depth)
{
    ck_assert(mime_has_utf8_header(SLICE("Subject: caf\xc3\xa9\r\n\r\nx\r\n")));
    ck_assert(!mime_has_utf8_header(SLICE("Subject: cafe\r\n\r\n\xc3\xa9\r\n")));
    ck_assert(!mime_has_utf8_header(SLICE("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                                          "--b\r\n\r\n\xc3\xa9\r\n--b--\r\n\xc3\xa9")));
    ck_assert(mime_has_utf8_header(SLICE("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                                         "--b\r\nContent-Description: \xc3\xa9\r\n\r\nx\r\n")));
    ck_assert(mime_has_utf8_header(SLICE("Content-Type: message/rfc822\r\n\r\n"
                                         "Subject: \xc3\xa9\r\n\r\nx\r\n")));
}
END_TEST

UNIT_MAIN(what_is_plain_stays_as_it_is, text_becomes_quoted_printable,
          text_without_mime_says_that_nobody_knows_its_charset, other_types_become_base64,
          text_that_is_mostly_8bit_becomes_base64, nested_multiparts_change_only_where_they_must,
          a_last_boundary_that_is_missing_ends_the_last_part_with_the_whole,
          a_message_in_a_message_is_converted_in_its_turn, long_lines_are_broken_softly,
          bare_line_ends_and_nul_survive, what_says_quoted_printable_keeps_what_it_has,
          signed_and_encrypted_parts_are_left_alone, what_has_no_such_form_is_told,
          utf8_in_headers_is_found_at_any_depth)
