/*
 * The simulated hosts of a scenario ("hosts"), with their profiles and rules. Read once by
 * mx_spec_parse(); the server then runs it.
 *
 * "hosts": {
 *     "mx.a.test": { "addresses": [...], "profile": "greylisting/postgrey", "offers": [...],
 *                    "banner": "...", "latency": "80ms", "bandwidth": "1MB", "tls": {...},
 *                    "listens": [25], "down": "10m..2h", "accepts": [...], "users": [...],
 *                    "credentials": {...}, "provider": "name", "rules": [...] }
 * }
 *
 * README.md of this folder has the tables of conditions and actions.
 */
#pragma once

#include "sim/mx/mx_host.h"
#include "sim/mx/mx_providers.h"

struct mx_model;

/*
 * Reads the object "hosts". `root` is the project's folder: profiles are looked for in
 * ROOT/fixtures/profiles/NAME.json, then ROOT/fixtures/NAME.json. Texts live in `arena`, but the
 * model must be released with mx_model_release() before the arena goes. -1 with file, line and path
 * in `err`; *model is then NULL.
 */
int mx_spec_parse(struct spec hosts, const char *root, uint64_t seed, struct arena *arena,
                  struct mx_model **model, struct err *err) MUST_CHECK;
/*
 * The same in steps, for a scenario that has more to say: an empty model; profiles of its own
 * ("profiles": {"name": {...}}), which hosts may then name like those of the files and which come
 * before them; providers ("providers"), which judge what comes to the hosts that name them; the
 * hosts. -1 with the place; the model must be released all the same.
 */
int mx_model_add_profiles(struct mx_model *model, struct spec profiles, struct err *err) MUST_CHECK;
int mx_model_add_providers(struct mx_model *model, struct spec providers,
                           struct err *err) MUST_CHECK;
int mx_model_read_hosts(struct mx_model *model, struct spec hosts, struct err *err) MUST_CHECK;
/* After the hosts: profiles that none of them uses must be right, too. */
int mx_model_check_profiles(struct mx_model *model, struct spec profiles,
                            struct err *err) MUST_CHECK;
struct mx_model *mx_model_new(const char *root, uint64_t seed, struct arena *arena);
void mx_model_release(struct mx_model **model);

/* ---- for the scenario loader */

size_t mx_model_host_count(const struct mx_model *model);
struct mx_host *mx_model_host(const struct mx_model *model, size_t i);
struct mx_host *mx_model_find_host(const struct mx_model *model, const char *name);
/* The host with this address, or NULL. */
struct mx_host *mx_model_find_address(const struct mx_model *model, const struct address *address);

/* All hosts look at SPF, DKIM and the like, but for those with "verify": false. */
void mx_model_verify_all(struct mx_model *model);

/* A host that the scenario does not name (the inbox of the sender's domain), which takes SMTPUTF8
 * too; the name is copied. */
struct mx_host *mx_model_add_host(struct mx_model *model, const char *name);
/* Gives a host one more address; -1 if another has it. */
int mx_model_add_address(struct mx_model *model, struct mx_host *host,
                         const struct address *address, struct err *err) MUST_CHECK;
/* The host takes mail for this domain, besides those added before; without any it takes all. Has no
 * weight where the scenario gives "accepts". */
void mx_host_add_domain(struct mx_host *host, const char *domain);

const char *mx_host_name(const struct mx_host *host);
size_t mx_host_address_count(const struct mx_host *host);
const struct address *mx_host_address(const struct mx_host *host, size_t i);
/* Where the scenario has it, for messages about it; `json` is NULL in one that was added. */
struct spec mx_host_spec(const struct mx_host *host);

/* ---- for people and checks */

/* The host in words: addresses, offers, TLS, its rules in order. */
void mx_host_explain(const struct mx_host *host, struct buf *out);
/* Calls back for each rule of each host: host, list ("" = own, else the profile), rule, firings. */
typedef void mx_model_rule_visitor(void *context, const char *host, const char *list,
                                   const char *rule, uint64_t fired);
void mx_model_visit_rules(const struct mx_model *model, mx_model_rule_visitor *visitor,
                          void *context);

/* Calls back for each profile of the scenario itself: its name, its rules, whether a host or
 * another profile has named it. */
typedef void mx_model_profile_visitor(void *context, struct spec spec, const char *name,
                                      const struct mx_rule_list *rules, bool used);
void mx_model_visit_profiles(const struct mx_model *model, mx_model_profile_visitor *visitor,
                             void *context);

/* The providers of the scenario. */
const struct mx_providers *mx_model_providers(const struct mx_model *model);

/* The state that a host counts in, made at the first use; hosts of one provider share it. */
struct mx_state *mx_model_state(struct mx_model *model, struct mx_host *host, size_t records_max);
