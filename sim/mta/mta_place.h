/*
 * Puts what an adapter names into the world's private root: users, folders, configuration files
 * from templates. To be called inside the world, as its root; the host's files are never touched.
 */
#pragma once

#include "sim/mta/mta_adapter.h"

/* Where the certificate of the server's host name (with its chain, by the authority that the world
 * trusts) and its key stand in the world; {{certificate}} and {{certificate-key}}. */
#define MTA_CERTIFICATE_FILE "/etc/mailrange/certificate.pem"
#define MTA_CERTIFICATE_KEY_FILE "/etc/mailrange/certificate-key.pem"

/* What is put in place, and for which scenario. All borrowed. */
struct mta_setup {
    const struct mta_adapter *adapter;
    const struct mta_settings *settings;
    const char *programs; /* folder of the project's programs */
};

/* -1 with the place in `err` (the template's line, or the path that could not be written). */
int mta_place(const struct mta_setup *setup, struct err *err) MUST_CHECK;

/* Fills all templates and commands to nothing, anywhere: -1 with the place of the first that is
 * wrong, so that it is told before a world is made. */
int mta_place_check(const struct mta_setup *setup, struct err *err) MUST_CHECK;

/* The words of the adapter's `submit` for a message: its command, then the recipients. As
 * mta_fill_command. */
char **mta_submit_words(const struct mta_setup *setup, const char *sender, const char *const *to,
                        size_t to_count, struct arena *arena, struct err *err) MUST_CHECK;

/* The words of a command of the operator for the message of that name; NULL = all. As
 * mta_fill_command. */
char **mta_queue_words(const struct mta_setup *setup, const struct mta_command *command,
                       const char *queue_id, struct arena *arena, struct err *err) MUST_CHECK;

/* A command's words with their {{names}} filled in, NULL-terminated, in `arena`; NULL with the
 * place in `err` if a name is unknown. */
char **mta_fill_command(const struct mta_setup *setup, const struct mta_command *command,
                        struct arena *arena, struct err *err) MUST_CHECK;

/*
 * Makes the simulated authority the only one that programs of the world trust: a fresh
 * /etc/ssl/certs with ca-certificates.crt and the hashed name that OpenSSL looks up.
 */
int mta_trust_install(struct slice pem, struct err *err) MUST_CHECK;
