#include "mta-under-test/refmta/config/config_tls_destination.h"

#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/tlspolicy/tls_pin.h"

#include "mta-under-test/base/poison.h"

/* In the order of enum tls_mode. */
static const char *const USES[] = {"opportunistic", "verify",    "none",        "may",
                                   "encrypt",       "dane-only", "fingerprint", NULL};

static const struct config_key KEYS[] = {
    {"domains", CONFIG_LIST(struct config_tls_destination, domains, CONFIG_TYPE_TEXT, domain_count),
     .items_min = 1, .is_needed = true,
     .help = "of recipients (globs), or the smart host; the first entry that fits counts"},
    {"use", CONFIG_WORD(struct config_tls_destination, use, enum tls_mode, USES), .is_needed = true,
     .help = "`opportunistic`: as for all; `may`: TLS where it is offered, with DANE and MTA-STS "
             "set aside; `encrypt`: TLS at least; `verify`: a right certificate; `dane-only`: TLSA "
             "records that fit; `fingerprint`: one of these certificates; `none`: no TLS"},
    {"fingerprints",
     CONFIG_LIST(struct config_tls_destination, fingerprints, CONFIG_TYPE_TEXT, fingerprint_count),
     .fallback = "[]",
     .help = "SHA-256 of the certificate as `openssl x509 -fingerprint -sha256` shows it, or "
             "`key:` and that of its public key; several for a change of certificates"},
    CONFIG_END,
};

static int check(struct config_reader *reader, const char *path, void *target)
{
    struct config_tls_destination *destination = target;
    size_t count = destination->fingerprint_count;
    if ((destination->use == TLS_MODE_PINNED) != (count > 0))
        return config_mistake(reader, path,
                              "\"fingerprints\" and \"use\": \"fingerprint\" belong together");
    destination->pins = arena_alloc_array(reader->arena, count, sizeof *destination->pins);
    for (size_t i = 0; i < count; i++)
        if (!tls_pin_parse(reader->arena, slice_of(destination->fingerprints[i]),
                           &destination->pins[i]))
            return config_mistake(reader,
                                  arena_format(reader->arena, "%s.fingerprints[%zu]", path, i),
                                  "expected 64 hex digits, with or without colons, or \"key:\" and "
                                  "such, found \"%s\"",
                                  destination->fingerprints[i]);
    return 0;
}

const struct config_object CONFIG_TLS_DESTINATION = {
    .size = sizeof(struct config_tls_destination), .keys = KEYS, .check = check};
