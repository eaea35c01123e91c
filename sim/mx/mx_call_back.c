#include "sim/mx/mx_call_back.h"

#include "mta-under-test/base/poison.h"

static int mx_call_back_read_reply(struct spec spec, const char *key, char class,
                                   struct mx_reply *reply, struct err *err)
{
    struct spec member;
    const char *text;
    if (!spec_get(spec, key, &member))
        return 0;
    if (spec_read_text(member, &text, err) != 0)
        return -1;
    const char *wrong = mx_reply_parse(text, reply);
    if (wrong != NULL)
        return spec_error(member, err, "\"%.40s\": %s", text, wrong);
    return text[0] == class ? 0
                            : spec_error(member, err, "expected a reply that begins with %c",
                                         class);
}

int mx_call_back_read(struct spec spec, struct mx_call_back *call, struct err *err)
{
    static const char *const KEYS[] = {"refuse", "defer", NULL};
    *call = (struct mx_call_back){
        .refuse = {.code = 550, .enhanced = "5.1.0", .text = "Sender verify failed"},
        .defer = {.code = 450, .enhanced = "4.1.7", .text = "Sender cannot be verified now"},
    };
    bool on = true;
    if (spec_is_bool(spec)) {
        if (spec_read_bool(spec, &on, err) != 0)
            return -1;
        return on ? 0 : spec_error(spec, err, "false does nothing: leave it out");
    }
    return spec_check_keys(spec, KEYS, err) != 0 ||
                   mx_call_back_read_reply(spec, "refuse", '5', &call->refuse, err) != 0 ||
                   mx_call_back_read_reply(spec, "defer", '4', &call->defer, err) != 0
               ? -1
               : 0;
}
