/*
 * An adapter: how one mail server is run in the range, as data. It is a folder
 * mta-under-test/adapters/NAME with adapter.json and templates; its README tells how to write one.
 * Immutable once loaded; everything lives in the arena.
 */
#pragma once

#include "sim/mta/mta_operation.h"
#include "sim/mta/mta_pattern.h"
#include "sim/mta/mta_settings.h"
#include "sim/value/spec.h"

/* A user that the server needs; written into the world's own /etc/passwd and /etc/group. */
struct mta_user {
    const char *name;
    int64_t uid;
    int64_t gid;
    const char *home;
};

/* A file made from a template, or a folder (template NULL). */
struct mta_file {
    const char *path;
    const char *template_path;
    bool is_sqlite;    /* the template is SQL, and the file is the database that it makes */
    int64_t mode;      /* permission bits */
    const char *owner; /* "root", or "user:group" of `users` */
    struct spec spec;
};

/* A command: words with {{names}}, NULL-terminated. */
struct mta_command {
    const char *const *words;
    size_t word_count;
};

/* What an operator says to have something done with mail that waits; without words: not possible.
 */
struct mta_operation_commands {
    struct mta_command all; /* with all of it */
    struct mta_command one; /* with the message {{queue-id}} */
};

struct mta_adapter {
    const char *name;
    const char *about;
    const char *folder;
    const char *const *packages; /* of Debian; unpacked and laid over / of the world */
    size_t package_count;
    const char *const *libraries; /* packages that are used where they are installed */
    size_t library_count;
    const struct mta_user *users;
    size_t user_count;
    const struct mta_file *files; /* folders and files, in order */
    size_t file_count;
    const struct mta_command *before_start;
    size_t before_start_count;
    struct mta_command start;
    struct mta_command stop;   /* none: SIGTERM to the process */
    struct mta_command reload; /* none: not possible */
    struct mta_command queue;  /* lists the mail that waits; none: not possible */
    regex_t *queue_empty;      /* of that list where no mail waits; NULL: it cannot be told */
    struct mta_operation_commands operations[MTA_OPERATION_COUNT];
    regex_t *queue_id;         /* of the reply to the final dot: its first group; NULL: says none */
    struct mta_command submit; /* none: mail is handed in by SMTP */
    int64_t login_port;        /* mail is handed in here, after STARTTLS and AUTH; 0 = no login */
    const char *login_user;
    const char *login_password;
    const char *pid_file; /* of a daemon whose `start` returns; NULL: `start` is it */
    const char *log;      /* file of its log; NULL: what it writes on stdout and stderr */
    bool has_syslog;      /* it speaks to /dev/log, whose lines join what it writes on stdout */
    struct mta_pattern *patterns; /* of its log: the first that matches counts */
    size_t pattern_count;
    int64_t port;                /* it is ready when this port greets; 0: once it is started */
    bool needs_users;            /* more user ids than root's own */
    const char *const *settings; /* what of the settings it can express */
    size_t setting_count;
    struct spec why_not; /* setting: why it cannot express it; json is NULL where it does not say */
    enum mta_retry_form retry_form; /* the widest schedule that it can be told */
    struct spec_document *document;
};

/* NULL with the nearest name in `err` if there is no such adapter, or with file and place. */
struct mta_adapter *mta_adapter_load(const char *root, const char *name, struct arena *arena,
                                     struct err *err) MUST_CHECK;
void mta_adapter_release(struct mta_adapter *adapter);

/* -1 with what it is if the scenario wants something that this server cannot be told, or is for
 * another server: the case is then "not applicable". */
int mta_adapter_suits(const struct mta_adapter *adapter, const struct mta_settings *settings,
                      struct err *err) MUST_CHECK;

/* The commands by which it is run, in words, for `explain`. */
void mta_adapter_explain(const struct mta_adapter *adapter, struct buf *out);

/* The names of all adapters, NULL-terminated, sorted; in `arena`. */
const char *const *mta_adapter_names(const char *root, struct arena *arena);
