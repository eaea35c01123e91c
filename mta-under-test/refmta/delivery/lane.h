/*
 * What delivery.c (lanes) and delivery_connection.c (one connection of a lane) share.
 */
#pragma once

#include "mta-under-test/refmta/delivery/client_session.h"
#include "mta-under-test/refmta/delivery/delivery.h"
#include "mta-under-test/refmta/delivery/route.h"
#include "mta-under-test/refmta/net/conn.h"
#include "mta-under-test/refmta/shaping/shaping_site.h"

enum {
    LANE_CANDIDATES_MAX = 12,  /* addresses tried in one attempt */
    LANE_RECIPIENTS_MAX = 100, /* of one transaction: what any server must take (RFC 5321) */
    LANE_MESSAGES_MAX = 100,   /* of one connection */
    LANE_REFUSALS_MAX = 3,     /* of MAIL in a row, before the destination rests */
    LANE_WINDOW_START = 5,     /* connections before anything is known of the destination */
    TLS_TEXT_BYTES = 160,
};

/* One receiver from one of our addresses; shared by the lanes that lead there. */
struct delivery_site {
    struct list link; /* in the delivery's sites */
    char *key;
    struct shaping_site state;
    struct list waiting; /* lanes, for the next connection or message */
    struct event *timer; /* for those lanes */
    struct delivery *delivery;
    unsigned lane_count; /* lanes and connections that use it */
    bool is_outdated;    /* made by rules that are no longer in force: only connections use it */
};

/* What a lane must have room for to go on. */
enum room {
    ROOM_KNOWN,    /* another connection to a server that has answered */
    ROOM_STRANGER, /* a connection to one that has not, so far */
    ROOM_ROUTE,    /* the question where its mail goes */
    ROOM_COUNT
};

struct delivery {
    struct delivery_options options;
    struct delivery_limits limits;
    struct routing_pool pool; /* the default one, from the configuration */
    struct routing_source source;
    struct map sites; /* by receiver (or domain) and source */
    struct queue *queue;
    struct rng rng;
    struct list lanes;
    struct map address_faults; /* "KIND<tab>ADDRESS" -> since when (delivery_memory.c) */
    struct map remembered; /* key of a site that is not there now -> what was known of it (text) */
    struct event *memory_timer; /* until that is written */
    size_t connection_count;
    size_t opening_count;            /* ... of them to strangers, that were not answered yet */
    size_t finding_count;            /* lanes that ask for their route */
    struct list crowded[ROOM_COUNT]; /* lanes that wait for room of that kind */
    struct event *room_event;        /* there is room for them */
    struct list idle;                /* connections with nothing to do, the last used last */
    struct list unheard;             /* connections that no stranger has taken, oldest first */
    struct list silent;              /* ... that one has taken, and not greeted yet */
    struct event *patience_timer;    /* until the first of those makes room for others */
    bool stopping;
    uint64_t last_number;
};

/* What an address was found to do wrong, and what follows for a time. */
enum address_fault {
    ADDRESS_BREAKS_TLS,        /* clear text, where that is allowed */
    ADDRESS_SWALLOWS_MESSAGES, /* all other addresses come first */
    ADDRESS_KNOWS_NO_BDAT,     /* DATA, though it offers CHUNKING */
};

struct lane {
    struct list link; /* in the delivery's list */
    struct delivery *delivery;
    struct queue_destination *destination;
    struct route *route;               /* NULL: not known */
    char *domain;                      /* what the way leads to: a domain, or the smart host */
    const struct routing_relay *relay; /* NULL: none */
    const struct routing_pool *pool;
    struct delivery_site *
        *sites;            /* one for each source of the pool; NULL while no route is known */
    struct list wait_link; /* in a site's waiting lanes */
    struct list room_link; /* in the delivery's crowded lanes */
    bool has_answered;     /* a server did, since the lane is there */
    bool finding;
    bool is_outdated;       /* the route that is being found belongs to older rules */
    bool dropped;           /* the delivery is gone: free when the route comes */
    unsigned window;        /* connections that are allowed now */
    unsigned refusals;      /* of MAIL, in a row */
    unsigned successes;     /* since the window was changed */
    int64_t window_held_us; /* it does not grow before (monotonic time) */
    struct list connections;
    unsigned connection_count;
    struct list idle; /* connections that have nothing to do, the last used first */
};

/* One connection and the item that it works on. */
struct delivery_connection {
    struct list link;      /* in the lane's connections */
    struct list idle_link; /* in the lane's idle ones */
    struct list rest_link; /* in the delivery's idle ones */
    struct list unheard_link;
    int64_t tried_us; /* when this address was, or when it took the connection (monotonic) */
    struct lane *lane;
    struct delivery_site *site;
    const struct routing_source *source;
    const struct routing_relay *relay; /* NULL: none */
    const struct reply_rule *rule;     /* the last that a reply of this transaction fitted */
    const struct config *config;       /* held */
    uint64_t number;
    struct conn *conn;
    bool has_session;
    struct client_session session;
    char host[REASON_HOST_BYTES];
    struct ip_address address;
    struct tls_policy tls;         /* what this session must have */
    bool is_lax;                   /* ... for a message that says TLS-Required: No */
    struct tls_peer peer;          /* ... and whom it is held against */
    char tls_text[TLS_TEXT_BYTES]; /* what it has, for the log */
    bool tls_is_open;              /* the handshake with this candidate was begun */
    bool feeding;                  /* the content is being given */
    bool is_opening;               /* to a stranger, and not answered yet */
    bool is_idle;
    bool is_paced;          /* idle, and goes on with the next message when the timer ends */
    bool transaction_heard; /* the server answered something in this transaction */
    struct event *idle_timer;
    bool has_failure; /* found before anything was sent; taken up by the loop */
    struct reason failure;
    enum client_verdict failure_verdict;
    /* The candidates of this attempt. */
    struct route *route;
    struct route_candidate candidates[LANE_CANDIDATES_MAX];
    size_t candidate_count;
    size_t candidate;
    bool any_deferred; /* at least one candidate failed in a way that may pass */
    /* The item at hand. */
    struct queue_item *item;
    struct queue_outcome *outcomes;
    bool *decided;
    struct client_transaction transaction;
    struct buf sender;    /* of the transaction, where VERP makes it */
    uint32_t *chosen;     /* of the transaction's recipients, their index in the item */
    struct buf converted; /* the content, where the server gets another form of it; else empty */
    uint64_t content_offset;
    unsigned message_count;
    int64_t started_us;
};

/* Opens a connection for an item, from the `source`-th address of the lane's pool. */
void delivery_connection_open(struct lane *lane, struct queue_item *item, size_t source);
/* Gives an item to an idle connection. */
void delivery_connection_give(struct delivery_connection *connection, struct queue_item *item);
/* Says QUIT if it is idle. */
void delivery_connection_quit(struct delivery_connection *connection);
/* Ends it now; its item goes back to the queue as it was. */
void delivery_connection_abandon(struct delivery_connection *connection);

/* What the connection's files share (delivery_connection.c, _candidate.c, _tls.c): */
extern const struct conn_handler DELIVERY_HANDLER;
/* For conn_set_trace(). */
void delivery_connection_trace(void *connection, bool is_sent, struct slice bytes);
void delivery_connection_log(const struct delivery_connection *connection, const char *event,
                             const char *text);
void delivery_connection_write(struct delivery_connection *connection);
void delivery_connection_close(struct delivery_connection *connection);
void delivery_connection_gone(struct delivery_connection *connection);

/* Says MAIL for the item at hand. */
void delivery_connection_begin(struct delivery_connection *connection);

/* Between two messages (delivery_turn.c): begins with the item at hand as soon as the receiver
 * allows; takes the next one, a pause, or leaves; gives an item back that was not tried. */
void delivery_turn_begin(struct delivery_connection *connection);
void delivery_turn_next(struct delivery_connection *connection);
void delivery_turn_give_back(struct delivery_connection *connection);
void delivery_turn_on_timer(evutil_socket_t fd, short what, void *connection);

/* The candidates of an attempt (delivery_candidate.c): tries the one at hand, or the one behind it,
 * or gives up for this time. `verdict` tells whether waiting may help. */
void delivery_candidate_try(struct delivery_connection *connection);
void delivery_candidate_fail(struct delivery_connection *connection, const struct reason *reason,
                             enum client_verdict verdict);
/* The index behind the one at hand. A host that has answered is not asked again at its other
 * addresses: they lead to the same answer, and to a sender that seems not to listen. But where the
 * way to an address swallows messages, there is another way to each of the others. */
size_t delivery_candidate_next(const struct delivery_connection *connection, bool answered);

/* Shaping (delivery_shaping.c): ties a lane to the sites of its receiver, and back. */
void delivery_shaping_attach(struct lane *lane);
void delivery_shaping_detach(struct lane *lane);
/* The source from which a connection may be opened at the earliest; *at_us is when (monotonic;
 * INT64_MAX: when one ends). */
size_t delivery_shaping_pick(const struct lane *lane, int64_t *at_us);
/* The lane goes on when the site of this source can take more. */
void delivery_shaping_wait(struct lane *lane, size_t source, int64_t at_us);
/* When the connection may send the next message; INT64_MAX: not in this session. */
int64_t delivery_shaping_send_at(const struct delivery_connection *connection);
void delivery_shaping_opened(struct delivery_connection *connection);
void delivery_shaping_closed(struct delivery_connection *connection);
void delivery_shaping_sent(struct delivery_connection *connection);
/* What a refusal means by the rules: puts measures in force, and may change the verdict. */
enum client_verdict delivery_shaping_judge(struct delivery_connection *connection,
                                           const struct reason *reason,
                                           enum client_verdict verdict);
/* The rule that the reason fits, if it is what a server said; NULL. */
const struct reply_rule *delivery_shaping_match(const struct delivery_connection *connection,
                                                const struct reason *reason);
/* Another address of ours may be used for the receiver right now. */
bool delivery_shaping_has_other(const struct delivery_connection *connection);

/* TLS of a connection (delivery_tls.c): decides what it must have, begins the handshake, takes its
 * end and its failure. */
void delivery_tls_decide(struct delivery_connection *connection);
void delivery_tls_begin(struct delivery_connection *connection);
void delivery_tls_secured(struct delivery_connection *connection);
/* True if clear text may be tried instead; else *reason says what is wrong. */
bool delivery_tls_failed(struct delivery_connection *connection, const char *text,
                         struct reason *reason);
/* For reports: the session had TLS as it should (NULL), or not (a result type of RFC 8460 4.3).
 * Only sessions with MX hosts count. */
void delivery_tls_note(struct delivery_connection *connection, const char *failure,
                       const char *reason);
/* The connection has what the item asks for (REQUIRETLS), and was not opened with less than its
 * policies ask for (TLS-Required: No). */
bool delivery_tls_suits(const struct delivery_connection *connection,
                        const struct queue_item *item);

/* The item of a connection (delivery_item.c): takes it up, lets go of it, settles it. */
void delivery_item_take(struct delivery_connection *connection, struct queue_item *item);
void delivery_item_drop(struct delivery_connection *connection);
void delivery_item_settle(struct delivery_connection *connection);
/* The recipients of the next transaction: those without a result, as many as one may have. */
void delivery_item_choose(struct delivery_connection *connection);
/* Takes the results of a transaction; some recipients may need another one. */
void delivery_item_take_results(struct delivery_connection *connection);
bool delivery_item_any_undecided(const struct delivery_connection *connection);
/* What has no result by now gets this one. */
void delivery_item_decide_rest(struct delivery_connection *connection, enum client_verdict verdict,
                               const struct reason *reason);

/* The form of the content that the server can take (delivery_content.c): fills in what the
 * transaction says of it, and reads it from its begin on: the bytes, 0 at the end, -1 with errno.
 */
void delivery_content_prepare(struct delivery_connection *connection);
ssize_t delivery_content_read(struct delivery_connection *connection, char *part, size_t size);

/* Ways that lead nowhere outside (delivery_inside.c): settles what is ready. False: it is no such
 * way. */
bool lane_settle_inside(struct lane *lane);

/* The next item for a connection that has finished one; NULL if there is none for it. */
struct queue_item *lane_next_item(struct lane *lane) MUST_CHECK;
void lane_succeeded(struct lane *lane);
/* A transaction was deferred at MAIL (with its reason), or was not (NULL). After some in a row the
 * destination rests. */
void lane_note_refusal(struct lane *lane, const struct reason *reason);
/* No candidate could be used: settles the item, and slows the destination down or holds it. */
void lane_unreachable(struct lane *lane, struct queue_item *item, enum outcome_kind kind,
                      const struct reason *reason);
/* Gives all recipients of the item the same outcome. */
void lane_settle_all(struct lane *lane, struct queue_item *item, enum outcome_kind kind,
                     const struct reason *reason);
/* A connection is gone: opens others if that is wanted, or drops the lane. */
void lane_connection_gone(struct lane *lane);
/* Starts what can be started. */
void lane_dispatch(struct lane *lane);

/* It is known where its mail goes, and not outdated. */
bool lane_route_is_fresh(const struct lane *lane);

/* The room for connections, of all lanes together (delivery_room.c). False: no other one may be
 * opened now; the lane is dispatched when that changes. */
bool delivery_room_for(struct lane *lane);
/* A connection begins; a server has answered it; it is gone. */
void delivery_room_take(struct delivery_connection *connection);
void delivery_room_answered(struct delivery_connection *connection);
void delivery_room_give(struct delivery_connection *connection);
/* An address is tried; it has taken the connection, and is to greet. If others wait it may be given
 * up early, until delivery_room_heard(). */
void delivery_room_try(struct delivery_connection *connection);
void delivery_room_connected(struct delivery_connection *connection);
void delivery_room_heard(struct delivery_connection *connection);
void delivery_room_on_patience(evutil_socket_t fd, short what, void *delivery);
/* A connection has nothing to do. True: it may rest, and may be told to quit. False: others wait
 * for its room. */
bool delivery_room_to_rest(struct delivery_connection *connection) MUST_CHECK;
/* A lane asks for its route, or has it. */
void delivery_room_note_finding(struct delivery *delivery, bool begins);
void delivery_room_on_event(evutil_socket_t fd, short what, void *delivery);

/* For the map of sites. */
void delivery_site_free(void *site);

/* What outlives a restart (delivery_memory.c), in a file of the spool: what is known of receivers,
 * and what addresses did wrong. Written some seconds after a change, and at the end. */
void delivery_memory_open(struct delivery *delivery);
void delivery_memory_close(struct delivery *delivery);
void delivery_memory_changed(struct delivery *delivery);
/* A site that is new takes what is remembered of it. */
void delivery_memory_restore(struct delivery_site *site);
/* All sites belong to older rules from now on; what is known goes to those that will follow. */
void delivery_memory_renew(struct delivery *delivery);

bool delivery_address_has(struct delivery *delivery, const struct ip_address *address,
                          enum address_fault fault);
void delivery_address_note(struct delivery *delivery, const struct ip_address *address,
                           enum address_fault fault);
/* The address has done right, in this respect. */
void delivery_address_clear(struct delivery *delivery, const struct ip_address *address,
                            enum address_fault fault);
