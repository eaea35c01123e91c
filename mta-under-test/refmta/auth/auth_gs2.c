/* The front of a message of SCRAM and OAUTHBEARER (RFC 5801 4). */
#include "mta-under-test/refmta/auth/auth_private.h"

#include "mta-under-test/base/poison.h"

bool auth_take_attribute(struct slice *rest, char letter, struct slice *value)
{
    struct slice part;
    if (rest->len == 0 || !slice_split(rest, ',', &part) || part.len < 2 ||
        part.data[0] != letter || part.data[1] != '=')
        return false;
    *value = slice_skip(part, 2);
    return true;
}

bool auth_take_saslname(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        struct slice escape = slice_first(slice_skip(text, i), 3);
        char c = text.data[i];
        if (slice_is(escape, "=2C"))
            c = ',';
        else if (c == '=' && !slice_is(escape, "=3D"))
            return false;
        if (text.data[i] == '=')
            i += 2;
        if (!buf_add_char(out, c))
            return false;
    }
    return auth_users_is_name(buf_slice(out));
}

bool auth_take_gs2_header(struct slice *rest, struct slice *flag, struct slice *acting_as)
{
    *acting_as = slice_from("", 0);
    if (rest->len == 0 || !slice_split(rest, ',', flag) || rest->len == 0)
        return false;
    if (rest->data[0] != ',')
        return auth_take_attribute(rest, 'a', acting_as) && rest->len > 0;
    *rest = slice_skip(*rest, 1);
    return rest->len > 0;
}
