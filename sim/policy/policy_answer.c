#include "sim/policy/policy_answer.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/sts/sts_policy.h"
#include "sim/mx/mime.h"
#include "sim/mx/mx_header.h"
#include "sim/policy/policy_sts.h"
#include "sim/policy/policy_webhook.h"

#include "mta-under-test/base/poison.h"

enum {
    POLICY_BODY_BYTES_MAX = 4 * 1024 * 1024,
    POLICY_HUGE_BYTES = 1024 * 1024,
    POLICY_SLOW_BYTES_A_SECOND = 1,
};

/* What a service says when nothing is wrong. */
struct policy_page {
    int status;
    const char *type;
    struct buf body;
    const char *problem; /* with the request, where one is told */
    bool is_served;
};

/* ---- right */

static void policy_page_sts(const struct policy_host *host, const struct http_request *request,
                            struct policy_page *page)
{
    bool right = slice_is(request->path, POLICY_STS_PATH);
    if (!slice_is(request->method, "GET")) {
        page->status = 405;
    } else if (right || slice_is(request->path, POLICY_STS_MOVED_PATH)) {
        page->status = 200;
        page->type = "text/plain";
        page->is_served = right;
        policy_sts_write(&host->sts, &page->body);
    }
}

static void policy_page_reports(const struct policy_host *host, const struct http_request *request,
                                struct policy_page *page)
{
    (void)host;
    page->is_served = slice_is(request->method, "POST");
    page->status = page->is_served ? 201 : 405;
}

/* The form that browsers send by default; pairs are parted by "&". */
static bool policy_form_unsubscribes(struct slice form)
{
    struct slice pair;
    while (slice_split(&form, '&', &pair)) {
        if (slice_is(slice_trim(pair), "List-Unsubscribe=One-Click"))
            return true;
    }
    return false;
}

/* The other one (RFC 7578): a part for each field. */
static bool policy_parts_unsubscribe(const struct mime_part *whole)
{
    struct slice rest = whole->body;
    struct slice boundary = mime_part_parameter(whole, "boundary");
    struct mime_part part;
    for (unsigned i = 0; i < MIME_PARTS_MAX && mime_next(&rest, boundary, &part); i++) {
        struct slice disposition = mx_header_find(part.header, "Content-Disposition");
        if (slice_find_slice(disposition, SLICE("name=\"List-Unsubscribe\"")) != SIZE_MAX &&
            slice_is(slice_trim(part.body), "One-Click"))
            return true;
    }
    return false;
}

/* RFC 8058 section 3.2: a POST with this field, in one form or the other; a GET must not
 * unsubscribe, since scanners of links make such requests. */
static bool policy_is_one_click(const struct http_request *request)
{
    const struct mime_part whole = {.header = request->fields, .body = request->body};
    if (mime_part_is(&whole, "multipart/form-data"))
        return policy_parts_unsubscribe(&whole);
    return mime_part_is(&whole, "application/x-www-form-urlencoded") &&
           policy_form_unsubscribes(request->body);
}

static void policy_page_unsubscribe(const struct policy_host *host,
                                    const struct http_request *request, struct policy_page *page)
{
    (void)host;
    bool post = slice_is(request->method, "POST");
    page->is_served = post && policy_is_one_click(request);
    page->status = post && !page->is_served ? 400 : 200;
}

static void policy_page_webhook(const struct policy_host *host, const struct http_request *request,
                                struct policy_page *page)
{
    page->status = policy_webhook_judge(&host->webhook, request, time_now_us(), &page->problem);
    page->is_served = page->problem == NULL;
    if (page->is_served)
        return;
    page->type = "text/plain";
    buf_format(&page->body, "%s\n", page->problem);
}

typedef void policy_page_maker(const struct policy_host *host, const struct http_request *request,
                               struct policy_page *page);

static policy_page_maker *const POLICY_PAGES[] = {
    [POLICY_STS] = policy_page_sts,
    [POLICY_TLS_REPORTS] = policy_page_reports,
    [POLICY_UNSUBSCRIBE] = policy_page_unsubscribe,
    [POLICY_WEBHOOKS] = policy_page_webhook,
};

/* ---- wrong */

enum http_opening policy_opening(const struct policy_fault *fault)
{
    static const enum http_opening OPENINGS[POLICY_FAULT_COUNT] = {
        [POLICY_FAULT_REFUSED] = HTTP_OPENING_REFUSE,
        [POLICY_FAULT_TLS_HANG] = HTTP_OPENING_TLS_HANG,
        [POLICY_FAULT_TLS_CLOSE] = HTTP_OPENING_TLS_CLOSE,
        [POLICY_FAULT_TLS_ALERT] = HTTP_OPENING_TLS_ALERT,
        [POLICY_FAULT_TLS_GARBAGE] = HTTP_OPENING_TLS_GARBAGE,
    };
    return OPENINGS[fault->kind];
}

/* The faults that let no answer out. False if this is none of them. */
static bool policy_stay_silent(const struct policy_fault *fault, struct http_answer *answer)
{
    if (fault->kind == POLICY_FAULT_HANG)
        answer->ending = HTTP_ENDING_HANG;
    else if (fault->kind == POLICY_FAULT_RESET)
        answer->ending = HTTP_ENDING_RESET;
    else if (fault->kind == POLICY_FAULT_GARBAGE)
        buf_add_text(answer->out, "\x01\x02this is no HTTP\r\n\r\n");
    else
        return fault->kind == POLICY_FAULT_CLOSE;
    return true;
}

static void policy_redirect(const struct policy_host *host, struct http_answer *answer)
{
    buf_format(answer->out,
               "HTTP/1.1 301 %s\r\nLocation: https://%s" POLICY_STS_MOVED_PATH
               "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
               http_status_text(301), host->name);
}

/* Unknown fields, which a reader passes over, until the file is larger than any reader takes. */
static void policy_swell(struct buf *body)
{
    while (body->len < POLICY_HUGE_BYTES)
        buf_add_text(body, "x_padding: 0123456789012345678901234567890123456789\r\n");
}

/* Changes the page as the fault wants it. */
static void policy_spoil(const struct policy_fault *fault, struct policy_page *page)
{
    if (fault->kind == POLICY_FAULT_NONE)
        return;
    page->is_served = page->is_served && (fault->kind == POLICY_FAULT_SLOW);
    if (fault->kind == POLICY_FAULT_STATUS) {
        page->status = fault->status;
        buf_reset(&page->body);
    } else if (fault->kind == POLICY_FAULT_EMPTY) {
        buf_reset(&page->body);
    } else if (fault->kind == POLICY_FAULT_MALFORMED) {
        buf_reset(&page->body);
        buf_add_text(&page->body, "<html><body>Welcome to nginx!</body></html>\n");
    } else if (fault->kind == POLICY_FAULT_WRONG_TYPE) {
        page->type = "text/html";
    } else if (fault->kind == POLICY_FAULT_HUGE) {
        policy_swell(&page->body);
    }
}

/* What a sender learns from the file; nothing if it is no policy, which "text" may be. */
static void policy_note_sts(struct slice file, struct policy_outcome *outcome)
{
    struct arena arena = {0};
    struct sts_policy policy;
    if (sts_policy_parse(&arena, file, &policy) == NULL) {
        outcome->sts_mode = sts_mode_name(policy.mode);
        outcome->sts_max_age_s = policy.max_age_s;
    }
    arena_deinit(&arena);
}

void policy_answer(const struct policy_host *host, const struct http_request *request,
                   const struct policy_fault *fault, struct http_answer *answer,
                   struct policy_outcome *outcome)
{
    struct policy_page page = {.status = 404};
    *outcome = (struct policy_outcome){0};
    if (policy_stay_silent(fault, answer))
        return;
    buf_init(&page.body, POLICY_BODY_BYTES_MAX);
    POLICY_PAGES[host->service](host, request, &page);
    if (fault->kind == POLICY_FAULT_REDIRECT && page.is_served) {
        policy_redirect(host, answer);
        outcome->status = 301;
    } else {
        policy_spoil(fault, &page);
        http_answer_write(answer->out, page.status, page.type, buf_slice(&page.body));
        *outcome = (struct policy_outcome){.status = page.status,
                                           .bytes = page.body.len,
                                           .problem = page.problem,
                                           .is_served = page.is_served};
        if (host->service == POLICY_STS && page.is_served && fault->kind == POLICY_FAULT_NONE)
            policy_note_sts(buf_slice(&page.body), outcome);
    }
    if (fault->kind == POLICY_FAULT_SLOW)
        answer->drip = POLICY_SLOW_BYTES_A_SECOND;
    if (fault->kind == POLICY_FAULT_CUT)
        buf_truncate(answer->out, answer->out->len - page.body.len / 2);
    buf_deinit(&page.body);
}
