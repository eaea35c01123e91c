/*
 * The bytes of an HTTP answer.
 */
#include "sim/policy/http_server.h"

#include "mta-under-test/base/poison.h"

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } TEXTS[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (TEXTS[i].status == status)
            return TEXTS[i].text;
    }
    return "Status";
}

void http_answer_write(struct buf *out, int status, const char *type, struct slice body)
{
    buf_format(out, "HTTP/1.1 %d %s\r\n", status, http_status_text(status));
    if (type != NULL)
        buf_format(out, "Content-Type: %s\r\n", type);
    buf_format(out, "Content-Length: %zu\r\nConnection: close\r\n\r\n", body.len);
    buf_add_slice(out, body);
}
