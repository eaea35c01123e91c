#include "sim/dns/dns_record.h"

#include "mta-under-test/base/text.h"
#include "sim/dns/dns_record_fault.h"

#include "mta-under-test/base/poison.h"

enum { DNS_SHOWN_BYTES = 120, DNS_FAULT_BYTES_MAX = 1024 };

int dns_record_error(ldns_status status, const char *text, struct err *err)
{
    struct buf shown;
    buf_init(&shown, (size_t)4 * DNS_SHOWN_BYTES + 8);
    if (text != NULL)
        text_to_printable(&shown, slice_of(text), DNS_SHOWN_BYTES);
    const char *why = ldns_get_errorstr_by_id(status);
    const char *hint = "";
    if (status == LDNS_STATUS_INVALID_STR || (text != NULL && strlen(text) > 255))
        hint = "; a text in a record has at most 255 bytes, a longer one is written as several: "
               "\"first\" \"second\"";
    err_set(err, "%s%s%s; expected NAME [TTL] TYPE DATA, as in: @ MX 10 mail%s",
            why != NULL ? why : "not a record", text != NULL ? " in: " : "", buf_text(&shown),
            hint);
    buf_deinit(&shown);
    return -1;
}

/* -1 with what is surely wrong with it. */
static int dns_record_check_text(const char *text, struct err *err)
{
    struct buf fault;
    buf_init(&fault, DNS_FAULT_BYTES_MAX);
    bool is_wrong = dns_record_fault(text, &fault);
    if (is_wrong) {
        buf_add_text(&fault, "; the record is: ");
        text_to_printable(&fault, slice_of(text), DNS_SHOWN_BYTES);
        err_set(err, "%s", buf_text(&fault));
    }
    buf_deinit(&fault);
    return is_wrong ? -1 : 0;
}

static ldns_rdf *dns_name_to_rdf(struct slice wire)
{
    ldns_rdf *rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, wire.len, wire.data);
    if (rdf == NULL)
        abort();
    return rdf;
}

int dns_record_parse(const char *text, struct slice origin, uint32_t ttl, ldns_rr **rr,
                     struct err *err)
{
    *rr = NULL;
    if (strlen(text) > DNS_RECORD_TEXT_BYTES_MAX)
        return err_set(err, "a record of more than %d bytes", (int)DNS_RECORD_TEXT_BYTES_MAX);
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' && *c != '\t')
            return err_set(err, "a record stands on one line and has no control characters");
    }
    if (*text == '$')
        return err_set(err, "directives such as $TTL belong into a zone file; here each text is "
                            "one record, as in: @ MX 10 mail");
    if (dns_record_check_text(text, err) != 0)
        return -1;
    ldns_rdf *base = dns_name_to_rdf(origin);
    ldns_status status = ldns_rr_new_frm_str(rr, text, ttl, base, NULL);
    ldns_rdf_deep_free(base);
    if (status != LDNS_STATUS_OK)
        return dns_record_error(status, text, err);
    if (dns_record_check(*rr, err) == 0)
        return 0;
    ldns_rr_free(*rr);
    *rr = NULL;
    return -1;
}

int dns_record_check(const ldns_rr *rr, struct err *err)
{
    unsigned type = ldns_rr_get_type(rr);
    if (type == 0)
        return err_set(err, "the type is missing or unknown; expected NAME [TTL] TYPE DATA, as in: "
                            "@ MX 10 mail");
    /* RFC 6895 section 3.1: 128 to 255 are for queries; OPT belongs to a message. */
    if (type == LDNS_RR_TYPE_OPT || (type >= 128 && type <= 255))
        return err_set(err, "type %u stands in queries only, a zone cannot hold it", type);
    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
        return err_set(err, "only class IN is known here");
    if (ldns_rr_owner(rr) == NULL)
        return err_set(err, "the record has no name");
    return 0;
}

int dns_record_owner(const ldns_rr *rr, struct dns_name *owner, struct err *err)
{
    const ldns_rdf *rdf = ldns_rr_owner(rr);
    struct slice wire = slice_from((const char *)ldns_rdf_data(rdf), ldns_rdf_size(rdf));
    if (dns_name_from_wire(wire, owner) == 0)
        return err_set(err, "the name of the record is too long or empty");
    return 0;
}

bool dns_record_data(const ldns_rr *rr, struct buf *out)
{
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
        ldns_buffer *wire = ldns_buffer_new(LDNS_MIN_BUFLEN);
        if (wire == NULL)
            abort();
        bool ok = ldns_rdf2buffer_wire(wire, rdf) == LDNS_STATUS_OK &&
                  buf_add(out, ldns_buffer_begin(wire), ldns_buffer_position(wire));
        ldns_buffer_free(wire);
        if (!ok)
            return false;
    }
    return true;
}

ldns_rr *dns_record_make(struct slice owner, uint16_t type, uint32_t ttl, struct slice data)
{
    struct buf wire;
    buf_init(&wire, DNS_NAME_BYTES_MAX + 10 + DNS_RDATA_BYTES_MAX);
    const unsigned char fixed[] = {
        (unsigned char)(type >> 8), (unsigned char)type,        0,
        LDNS_RR_CLASS_IN,           (unsigned char)(ttl >> 24), (unsigned char)(ttl >> 16),
        (unsigned char)(ttl >> 8),  (unsigned char)ttl,         (unsigned char)(data.len >> 8),
        (unsigned char)data.len,
    };
    ldns_rr *rr = NULL;
    size_t at = 0;
    if (!buf_add_slice(&wire, owner) || !buf_add(&wire, fixed, sizeof fixed) ||
        !buf_add_slice(&wire, data) ||
        ldns_wire2rr(&rr, (const uint8_t *)buf_text(&wire), wire.len, &at, LDNS_SECTION_ANSWER) !=
            LDNS_STATUS_OK)
        rr = NULL;
    buf_deinit(&wire);
    return rr;
}

static void dns_rdf_to_text(const ldns_rdf *rdf, struct buf *out)
{
    if (ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME) {
        dns_name_to_text(slice_from((const char *)ldns_rdf_data(rdf), ldns_rdf_size(rdf)), out);
        return;
    }
    char *text = ldns_rdf2str(rdf);
    if (text != NULL)
        buf_add_text(out, text);
    free(text);
}

void dns_record_data_to_text(uint16_t type, struct slice data, struct buf *out)
{
    ldns_rr *rr = dns_record_make(slice_from("", 1), type, 0, data);
    if (rr == NULL) {
        buf_format(out, "\\# %zu ", data.len);
        text_to_hex(out, data.data, data.len);
        return;
    }
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        if (i > 0)
            buf_add_char(out, ' ');
        dns_rdf_to_text(ldns_rr_rdf(rr, i), out);
    }
    ldns_rr_free(rr);
}

const char *dns_type_to_text(uint16_t type, char text[DNS_TYPE_TEXT_BYTES])
{
    char *name = ldns_rr_type2str((ldns_rr_type)type);
    snprintf(text, DNS_TYPE_TEXT_BYTES, "%s", name != NULL ? name : "");
    if (name == NULL)
        snprintf(text, DNS_TYPE_TEXT_BYTES, "TYPE%u", (unsigned)type);
    free(name);
    return text;
}

int dns_type_from_text(const char *text, uint16_t *type)
{
    unsigned found = ldns_get_rr_type_by_name(text);
    if (found == 0 || found > UINT16_MAX)
        return -1;
    *type = (uint16_t)found;
    return 0;
}

const char *dns_rcode_to_text(int rcode, char text[DNS_RCODE_TEXT_BYTES])
{
    static const struct {
        int rcode;
        const char *name;
    } NAMES[] = {
        {LDNS_RCODE_NOERROR, "NOERROR"},   {LDNS_RCODE_FORMERR, "FORMERR"},
        {LDNS_RCODE_SERVFAIL, "SERVFAIL"}, {LDNS_RCODE_NXDOMAIN, "NXDOMAIN"},
        {LDNS_RCODE_NOTIMPL, "NOTIMP"},    {LDNS_RCODE_REFUSED, "REFUSED"},
        {LDNS_RCODE_YXDOMAIN, "YXDOMAIN"}, {16, "BADVERS"},
    };
    snprintf(text, DNS_RCODE_TEXT_BYTES, "RCODE%d", rcode);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (NAMES[i].rcode == rcode)
            snprintf(text, DNS_RCODE_TEXT_BYTES, "%s", NAMES[i].name);
    }
    return text;
}
