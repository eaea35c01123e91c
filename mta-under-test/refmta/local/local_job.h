/*
 * The work of one local delivery: a message for one or more recipients of a local domain, into
 * their Maildirs or to an LMTP server. Knows neither queue nor loop, so that a thread may do it:
 * all that is needed stands in the job, and what came of it.
 */
#pragma once

#include "mta-under-test/refmta/message/reason.h"

enum local_result { LOCAL_DELIVERED, LOCAL_DEFERRED, LOCAL_FAILED };

struct local_recipient {
    char *address;
    char *mailbox; /* NULL: there is none any more */
    enum local_result result;
    struct reason reason;
};

struct local_job {
    char *hostname;
    char *maildirs; /* the folder that holds them; NULL: by LMTP */
    char *lmtp;     /* the server */
    uint64_t quota_bytes;
    char *sender;
    char *content;
    size_t content_len;
    struct local_recipient *recipients;
    size_t recipient_count;
};

void local_job_run(struct local_job *job);
void local_job_deinit(struct local_job *job);
