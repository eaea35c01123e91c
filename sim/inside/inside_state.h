/*
 * What the parts of the inside process share. Only the sources of this folder include this.
 */
#pragma once

#include <event2/event.h>

#include "sim/capture/capture.h"
#include "sim/capture/capture_notes.h"
#include "sim/capture/capture_ring.h"
#include "sim/client/clients.h"
#include "sim/dns/dns_receiver.h"
#include "sim/dns/dns_server.h"
#include "sim/event/event_log.h"
#include "sim/inside/command.h"
#include "sim/inside/evidence.h"
#include "sim/inside/inside.h"
#include "sim/inside/queue_book.h"
#include "sim/inside/settle.h"
#include "sim/inside/timeline.h"
#include "sim/mta/mta_operator.h"
#include "sim/mta/mta_place.h"
#include "sim/mta/mta_process.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_server.h"
#include "sim/net/net_gate.h"
#include "sim/policy/policy_server.h"
#include "sim/readers/readers.h"
#include "sim/scenario/scenario.h"
#include "sim/submit/submit_login.h"
#include "sim/submit/submitter.h"
#include "sim/tls/tls_authority.h"
#include "sim/world/outage.h"
#include "sim/world/spool.h"

#define INSIDE_STAGE_ENUM(name) INSIDE_##name,
enum inside_stage { INSIDE_STAGES(INSIDE_STAGE_ENUM) };
#undef INSIDE_STAGE_ENUM

enum { INSIDE_SIGNALS = 2 };

struct inside {
    const struct inside_options *options;
    enum inside_stage stage;
    const char *end_reason; /* of the `end` event; set once */
    char end_detail[2048];
    int exit_code;

    struct scenario *scenario;
    struct event_base *base;
    struct event_log *log;
    struct capture_ring *ring; /* begun at the start, until `capture` has it */
    struct capture *capture;
    struct capture_notes *notes;
    struct tls_authority *authority;
    struct dns_server *dns;
    struct dns_receiver *resolver; /* of the simulated hosts */
    struct dns_receiver *namer;    /* apart from it, so that names of clients use up no fault */
    struct mx_verifier *verifier;  /* of what they receive */
    struct mx_server *mx;
    struct policy_server *policy;
    struct readers *readers; /* of the providers */
    struct net_gate *gate;   /* NULL where every network is open */
    struct event *gate_timer;
    char *evidence; /* folder that everything is written to while the run goes on */
    char *store;    /* in it: what the hosts accept */
    struct mta_adapter *adapter;
    char *server_log; /* file */
    char *queue_list; /* file: what its queue has in it at the end */
    struct arena arena;
    struct mta_process *server;
    int server_network; /* fd of the server's network namespace */
    pid_t unbound;      /* the real resolver beside the server; 0 = none */
    int unbound_fd;     /* refers to it */
    struct event *unbound_exit;
    struct event *unbound_timer;       /* until it answers */
    struct mta_operator *mta_operator; /* NULL where the timeline asks for none */
    struct queue_book book;            /* what of the mail it can be asked about */
    size_t listing_count;              /* of the queue, that the timeline asked for */
    struct submitter *submitter;
    struct clients *clients;
    struct submit_login login; /* where the server wants one of who hands mail in */
    struct timeline *timeline;
    struct command *command;
    const char *command_name;
    struct settle settle;
    struct spool_room room; /* of the disk that is full now */

    struct event *limit_timer;  /* the scenario's limit */
    struct event *settle_timer; /* the while longer; also the last wait for a server to stop */
    struct event *signals[INSIDE_SIGNALS];
    struct event *stop_event; /* the runner wants the end */
};

/* Moves on; legal only forwards. */
void inside_set_stage(struct inside *inside, enum inside_stage stage);
/* More messages than a run usually has: then time and memory count more than some finer points. */
bool inside_is_campaign(const struct inside *inside);

/* The run is over for this reason (docs/events.md); only the first counts. Stops the server, then
 * ends the loop. */
void inside_end(struct inside *inside, const char *reason, const char *detail, ...)
    PRINTF_LIKE(3, 4);

/* Looks whether anything is left to wait for; called whenever that may have changed. */
void inside_look(void *inside);

/* ---- inside_net.c: DNS, MX hosts, capture */
/* As early as can be and as late as can be: it takes the kernel a while. */
void inside_begin_capture(struct inside *inside);
int inside_open_capture(struct inside *inside, struct err *err) MUST_CHECK;
int inside_open_internet(struct inside *inside, struct err *err) MUST_CHECK;
int inside_close_internet(struct inside *inside, struct err *err) MUST_CHECK;

/* ---- inside_gate.c: the network before the hosts */
int inside_open_gate(struct inside *inside, struct err *err) MUST_CHECK;
/* To be called when what holds for a host has changed. */
int inside_set_gate(struct inside *inside, struct err *err) MUST_CHECK;
void inside_close_gate(struct inside *inside);

/* ---- inside_dane.c: TLSA records of the hosts */
int inside_publish_dane(struct inside *inside, struct err *err) MUST_CHECK;
/* Of one host, in place of those that are there. */
int inside_publish_host_dane(struct inside *inside, struct mx_host *host,
                             struct err *err) MUST_CHECK;

/* ---- inside_unbound.c: the real resolver, where the scenario wants it */
/* Goes on with inside_start_server() once it answers. */
int inside_start_unbound(struct inside *inside, struct err *err) MUST_CHECK;
void inside_stop_unbound(struct inside *inside);

/* ---- inside_server.c: the server under test */
int inside_open_server_network(struct inside *inside, struct err *err) MUST_CHECK;
int inside_start_server(struct inside *inside, struct err *err) MUST_CHECK;
/* Asks it to stop; the loop ends when it has, or when it takes too long. */
void inside_stop_server(struct inside *inside);
/* Kills what is left of it, and keeps its log. */
void inside_end_server(struct inside *inside);
void inside_free_server(struct inside *inside);
/* -1 if the server has taken other addresses than the scenario gives it. */
int inside_check_sources(const struct inside *inside, struct err *err) MUST_CHECK;

/* ---- inside_action.c: what the timeline does */
void inside_act(void *inside, const struct scenario_event *entry, bool over);

/* One action; `over` when its "for" has passed. -1 ends the run. */
typedef int inside_action(struct inside *inside, const struct scenario_event *entry, bool over,
                          struct err *err);

/* ---- inside_queue.c: what the operator does with the server's queue */
/* Nothing where the timeline has nothing of it. */
void inside_open_queue(struct inside *inside);
void inside_close_queue(struct inside *inside);
inside_action inside_act_queue;
inside_action inside_act_queue_list;

/* ---- inside_fault.c: what goes wrong around the server under test */
inside_action inside_act_disk_full;
inside_action inside_act_disk_slow;
inside_action inside_act_disk_failing;
inside_action inside_act_mta_skew;
inside_action inside_act_network_down;
inside_action inside_act_dns_down;
