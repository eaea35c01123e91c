#include "sim/dns/dns_nsec3.h"

#include "mta-under-test/base/poison.h"

void dns_nsec3_name(const struct dns_zone *zone, struct slice name, struct dns_name *hashed)
{
    ldns_rdf *plain = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.len, name.data);
    ldns_rdf *origin =
        ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, zone->origin.len, zone->origin.data);
    ldns_rdf *owner =
        ldns_nsec3_hash_name(plain, DNS_NSEC3_ALGORITHM, DNS_NSEC3_ITERATIONS, 0, NULL);
    if (owner == NULL || ldns_dname_cat(owner, origin) != LDNS_STATUS_OK)
        abort();
    struct slice wire = slice_from((const char *)ldns_rdf_data(owner), ldns_rdf_size(owner));
    if (dns_name_from_wire(wire, hashed) == 0)
        abort();
    ldns_rdf_deep_free(owner);
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(plain);
}
