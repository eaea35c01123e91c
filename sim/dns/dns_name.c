#include "sim/dns/dns_name.h"

#include <ldns/ldns.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { DNS_NAME_TEXT_MAX = 4 * DNS_NAME_BYTES_MAX };

int dns_name_from_text(struct slice text, struct dns_name *name)
{
    char copy[DNS_NAME_TEXT_MAX + 1];
    if (text.len > DNS_NAME_TEXT_MAX || memchr(text.data, '\0', text.len) != NULL)
        return -1;
    if (text.len == 0)
        text = SLICE(".");
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    ldns_rdf *rdf = ldns_dname_new_frm_str(copy);
    if (rdf == NULL)
        return -1;
    struct slice wire = slice_from((const char *)ldns_rdf_data(rdf), ldns_rdf_size(rdf));
    size_t len = dns_name_from_wire(wire, name);
    ldns_rdf_deep_free(rdf);
    return len > 0 ? 0 : -1;
}

size_t dns_wire_len(struct slice wire)
{
    size_t at = 0;
    while (at < wire.len && at < DNS_NAME_BYTES_MAX) {
        size_t label = (unsigned char)wire.data[at];
        if (label == 0)
            return at + 1;
        if (label > DNS_LABEL_BYTES_MAX)
            return 0;
        at += 1 + label;
    }
    return 0;
}

size_t dns_name_from_wire(struct slice wire, struct dns_name *name)
{
    size_t len = dns_wire_len(wire);
    /* Length bytes are below 64, so lowering the letters leaves them alone. */
    for (size_t i = 0; i < len; i++)
        name->bytes[i] = text_lower(wire.data[i]);
    name->len = len;
    return len;
}

static void dns_label_to_text(struct slice label, struct buf *out)
{
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.data[i];
        if (c <= ' ' || c >= 0x7f)
            buf_format(out, "\\%03u", (unsigned)c);
        else if (strchr(".\\\"();@$", c) != NULL)
            buf_format(out, "\\%c", c);
        else
            buf_add_char(out, (char)c);
    }
}

void dns_name_to_text(struct slice wire, struct buf *out)
{
    if (dns_wire_is_root(wire))
        buf_add_char(out, '.');
    for (bool first = true; !dns_wire_is_root(wire); first = false) {
        if (!first)
            buf_add_char(out, '.');
        size_t len = (unsigned char)*wire.data;
        dns_label_to_text(slice_first(slice_skip(wire, 1), len), out);
        wire = dns_wire_parent(wire);
    }
}

size_t dns_wire_labels(struct slice wire)
{
    size_t count = 0;
    for (; !dns_wire_is_root(wire); wire = dns_wire_parent(wire))
        count++;
    return count;
}

bool dns_wire_is_within(struct slice name, struct slice ancestor)
{
    while (name.len > ancestor.len)
        name = dns_wire_parent(name);
    return slice_equal(name, ancestor);
}

/* The last `count` labels of a name. */
static struct slice dns_wire_last(struct slice wire, size_t count)
{
    for (size_t skip = dns_wire_labels(wire) - count; skip > 0; skip--)
        wire = dns_wire_parent(wire);
    return wire;
}

int dns_wire_compare(struct slice a, struct slice b)
{
    size_t count_a = dns_wire_labels(a);
    size_t count_b = dns_wire_labels(b);
    size_t common = count_a < count_b ? count_a : count_b;
    for (size_t i = 1; i <= common; i++) {
        struct slice x = dns_wire_last(a, i);
        struct slice y = dns_wire_last(b, i);
        int order = slice_compare(slice_from(x.data + 1, (unsigned char)*x.data),
                                  slice_from(y.data + 1, (unsigned char)*y.data));
        if (order != 0)
            return order;
    }
    return (count_a > count_b) - (count_a < count_b);
}

int dns_name_wildcard(struct slice parent, struct dns_name *name)
{
    if (parent.len + 2 > DNS_NAME_BYTES_MAX)
        return -1;
    name->bytes[0] = 1;
    name->bytes[1] = '*';
    memcpy(name->bytes + 2, parent.data, parent.len);
    name->len = parent.len + 2;
    return 0;
}
