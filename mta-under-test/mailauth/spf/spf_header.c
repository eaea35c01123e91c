#include "mta-under-test/mailauth/spf/spf_header.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/poison.h"

/* dot-atom as it is, anything else as a quoted-string (9.1: value = dot-atom / quoted-string). */
static void spf_header_value(struct buf *out, struct slice value)
{
    bool plain = value.len > 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        bool atom = text_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
        bool edge = i == 0 || i + 1 == value.len || value.data[i - 1] == '.';
        plain = plain && atom && !(c == '.' && edge);
    }
    if (plain)
        buf_add_slice(out, value);
    else
        cfws_add_quoted(out, value);
}

static void spf_header_pair(struct buf *out, const char *key, struct slice value)
{
    buf_format(out, "\r\n\t%s=", key);
    spf_header_value(out, value);
    buf_add_char(out, ';');
}

static const char *spf_header_words(enum spf_result result)
{
    static const char *const WORDS[] = {"domain does not designate permitted sender hosts",
                                        "domain makes no statement about the client",
                                        "domain designates the client as permitted sender",
                                        "domain does not designate the client as permitted sender",
                                        "domain discourages use of the client as permitted sender",
                                        "a temporary error occurred",
                                        "a permanent error occurred",
                                        "no answer yet"};
    return WORDS[result];
}

void spf_header_write(const struct spf_request *request, const struct spf_outcome *outcome,
                      struct slice receiver, struct buf *out)
{
    char ip[IP_TEXT_BYTES];
    const char *name = spf_result_name(outcome->result);
    buf_format(out, "Received-SPF: %s (%s)", name, spf_header_words(outcome->result));
    spf_header_pair(out, "client-ip", slice_of(ip_to_text(&request->ip, ip)));
    spf_header_pair(out, "envelope-from", request->mail_from);
    spf_header_pair(out, "helo", request->helo);
    spf_header_pair(out, "receiver", receiver);
    spf_header_pair(out, "identity",
                    outcome->identity == SPF_IDENTITY_HELO ? SLICE("helo") : SLICE("mailfrom"));
    if (outcome->problem[0] != '\0')
        spf_header_pair(out, "problem", slice_of(outcome->problem));
    buf_truncate(out, out->len - 1);
    buf_add_text(out, "\r\n");
}
