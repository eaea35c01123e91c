#include "mta-under-test/mailauth/tlsrpt/tlsrpt_record.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/cfws.h"
#include "mta-under-test/mailauth/sts/sts_fields.h"

#include "mta-under-test/base/poison.h"

static const char TLSRPT_VERSION[] = "v=TLSRPTv1";

static bool tlsrpt_is_hex(char c)
{
    c = text_lower(c);
    return text_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* URI of RFC 3986: a scheme, and behind the colon only characters that a URI may have. "!", "," and
 * ";" must be encoded. */
static bool tlsrpt_is_uri(struct slice text)
{
    size_t colon = slice_find(text, ':');
    if (colon == SIZE_MAX || colon == 0 || colon + 1 == text.len || !text_is_alpha(text.data[0]))
        return false;
    for (size_t i = 0; i < colon; i++) {
        if (!text_is_alnum(text.data[i]) && strchr("+-.", text.data[i]) == NULL)
            return false;
    }
    for (size_t i = colon + 1; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            if (i + 2 >= text.len || !tlsrpt_is_hex(text.data[i + 1]) ||
                !tlsrpt_is_hex(text.data[i + 2]))
                return false;
            i += 2;
        } else if (c == '\0' || (!text_is_alnum(c) && strchr("-._~:/?#[]@$&'()*+=", c) == NULL)) {
            return false;
        }
    }
    return true;
}

/* The two schemes that RFC 8460 knows need more than a scheme. */
static bool tlsrpt_is_target(struct slice uri)
{
    if (slice_starts_with_nocase(uri, SLICE("mailto:"))) {
        struct slice address = slice_skip(uri, 7);
        address = slice_first(address, slice_find(address, '?'));
        size_t at = slice_find_last(address, '@');
        return at != SIZE_MAX && at > 0 && at + 1 < address.len;
    }
    if (slice_starts_with_nocase(uri, SLICE("https:")))
        return slice_starts_with(slice_skip(uri, 6), SLICE("//")) && uri.len > 8 &&
               uri.data[8] != '/';
    return true;
}

/* White space stands around commas; what stands at the end of the record means nothing. */
static const char *tlsrpt_read_uris(struct slice value, struct tlsrpt_record *record)
{
    struct slice item;
    if (value.len > 0 && value.data != cfws_trim(value).data)
        return "white space behind rua=";
    while (slice_split(&value, ',', &item)) {
        item = cfws_trim(item);
        if (!tlsrpt_is_uri(item) || !tlsrpt_is_target(item))
            return "rua= has something that is no URI";
        if (record->count == TLSRPT_URIS_MAX)
            return "too many URIs";
        record->uris[record->count++] = item;
    }
    return NULL;
}

const char *tlsrpt_record_parse(struct slice text, struct tlsrpt_record *record)
{
    struct slice rest;
    struct slice name;
    struct slice value;
    int more = 0;
    record->count = 0;
    if (sts_fields_begin(text, TLSRPT_VERSION, &rest) < 0)
        return "the record does not begin with v=TLSRPTv1";
    while ((more = sts_fields_next(&rest, &name, &value)) > 0) {
        const char *wrong = NULL;
        if (slice_is(name, "rua"))
            wrong = tlsrpt_read_uris(value, record); /* may stand more than once */
        else if (!sts_fields_is_name(name) || !sts_fields_is_value(value))
            wrong = "a field is not of the form name=value";
        if (wrong != NULL)
            return wrong;
    }
    if (more < 0)
        return "fields are not separated by \";\"";
    return record->count > 0 ? NULL : "rua= is missing";
}

const char *tlsrpt_record_choose(const struct dns_answer *answer, struct tlsrpt_record *record)
{
    struct slice text;
    const char *wrong = sts_fields_choose(answer, TLSRPT_VERSION, &text);
    return wrong != NULL ? wrong : tlsrpt_record_parse(text, record);
}
