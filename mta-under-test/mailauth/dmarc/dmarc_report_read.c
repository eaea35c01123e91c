#include <libxml/parser.h>
#include <libxml/tree.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

#include "mta-under-test/base/poison.h"

/* Element names are compared without their namespace: generators forget it, or make up their own.
 */
static bool dmarc_node_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static const xmlNode *dmarc_child(const xmlNode *parent, const char *name)
{
    const xmlNode *child = parent != NULL ? parent->children : NULL;
    while (child != NULL && !dmarc_node_is(child, name))
        child = child->next;
    return child;
}

static size_t dmarc_count(const xmlNode *parent, const char *name)
{
    size_t count = 0;
    for (const xmlNode *child = parent != NULL ? parent->children : NULL; child != NULL;
         child = child->next)
        count += dmarc_node_is(child, name);
    return count;
}

/* The text of the child of that name, without white space around it; empty if there is none. */
static struct slice dmarc_text(struct arena *arena, const xmlNode *parent, const char *name)
{
    const xmlNode *child = dmarc_child(parent, name);
    if (child == NULL)
        return SLICE("");
    xmlChar *content = xmlNodeGetContent(child);
    struct slice text = slice_of(arena_text(arena, content != NULL ? (const char *)content : ""));
    xmlFree(content);
    return slice_trim(text);
}

static int64_t dmarc_number(struct arena *arena, const xmlNode *parent, const char *name)
{
    int64_t number = 0;
    if (text_to_i64(dmarc_text(arena, parent, name), &number) != 0)
        return 0;
    return number;
}

/* The children of that name, as many as a row may have; *list gets room for that many pointers. */
static size_t dmarc_children(struct arena *arena, const xmlNode *parent, const char *name,
                             const xmlNode ***list)
{
    size_t max = dmarc_count(parent, name);
    size_t count = 0;
    if (max > DMARC_REPORT_RESULTS_MAX)
        max = DMARC_REPORT_RESULTS_MAX;
    *list = arena_alloc_array(arena, max, sizeof **list);
    for (const xmlNode *child = parent != NULL ? parent->children : NULL;
         child != NULL && count < max; child = child->next) {
        if (dmarc_node_is(child, name))
            (*list)[count++] = child;
    }
    return count;
}

static struct dmarc_report_reason *dmarc_read_reasons(struct arena *arena, const xmlNode *policy,
                                                      size_t *count)
{
    const xmlNode **children;
    *count = dmarc_children(arena, policy, "reason", &children);
    struct dmarc_report_reason *reasons = arena_alloc_array(arena, *count, sizeof *reasons);
    for (size_t i = 0; i < *count; i++) {
        reasons[i].type = dmarc_text(arena, children[i], "type");
        reasons[i].comment = dmarc_text(arena, children[i], "comment");
    }
    return reasons;
}

static struct dmarc_report_result *dmarc_read_results(struct arena *arena, const xmlNode *parent,
                                                      const char *name, size_t *count)
{
    const xmlNode **children;
    *count = dmarc_children(arena, parent, name, &children);
    struct dmarc_report_result *results = arena_alloc_array(arena, *count, sizeof *results);
    for (size_t i = 0; i < *count; i++) {
        const xmlNode *child = children[i];
        struct dmarc_report_result *result = &results[i];
        result->domain = dmarc_text(arena, child, "domain");
        result->selector = dmarc_text(arena, child, "selector");
        result->scope = dmarc_text(arena, child, "scope");
        result->result = dmarc_text(arena, child, "result");
        result->human_result = dmarc_text(arena, child, "human_result");
    }
    return results;
}

static void dmarc_read_row(struct arena *arena, const xmlNode *record, struct dmarc_report_row *row)
{
    const xmlNode *values = dmarc_child(record, "row");
    const xmlNode *policy = dmarc_child(values, "policy_evaluated");
    const xmlNode *identifiers = dmarc_child(record, "identifiers");
    const xmlNode *results = dmarc_child(record, "auth_results");
    int64_t count = dmarc_number(arena, values, "count");
    row->source_ip = dmarc_text(arena, values, "source_ip");
    row->count = count > 0 ? (uint64_t)count : 0;
    row->disposition = dmarc_text(arena, policy, "disposition");
    row->dkim = dmarc_text(arena, policy, "dkim");
    row->spf = dmarc_text(arena, policy, "spf");
    row->reasons = dmarc_read_reasons(arena, policy, &row->reason_count);
    row->header_from = dmarc_text(arena, identifiers, "header_from");
    row->envelope_from = dmarc_text(arena, identifiers, "envelope_from");
    row->envelope_to = dmarc_text(arena, identifiers, "envelope_to");
    row->dkim_results = dmarc_read_results(arena, results, "dkim", &row->dkim_count);
    row->spf_results = dmarc_read_results(arena, results, "spf", &row->spf_count);
}

static void dmarc_read_head(struct arena *arena, const xmlNode *root, struct dmarc_report *report)
{
    const xmlNode *metadata = dmarc_child(root, "report_metadata");
    const xmlNode *range = dmarc_child(metadata, "date_range");
    const xmlNode *policy = dmarc_child(root, "policy_published");
    const char *space = root->ns != NULL ? (const char *)root->ns->href : "";
    report->form = strcmp(space, DMARC_REPORT_NAMESPACE) == 0 ? DMARC_RFC9989 : DMARC_RFC7489;
    report->version = dmarc_text(arena, root, "version");
    report->org_name = dmarc_text(arena, metadata, "org_name");
    report->email = dmarc_text(arena, metadata, "email");
    report->extra_contact_info = dmarc_text(arena, metadata, "extra_contact_info");
    report->report_id = dmarc_text(arena, metadata, "report_id");
    report->begin_s = dmarc_number(arena, range, "begin");
    report->end_s = dmarc_number(arena, range, "end");
    report->error = dmarc_text(arena, metadata, "error");
    report->generator = dmarc_text(arena, metadata, "generator");
    report->domain = dmarc_text(arena, policy, "domain");
    report->adkim = dmarc_text(arena, policy, "adkim");
    report->aspf = dmarc_text(arena, policy, "aspf");
    report->p = dmarc_text(arena, policy, "p");
    report->sp = dmarc_text(arena, policy, "sp");
    report->np = dmarc_text(arena, policy, "np");
    report->pct = dmarc_text(arena, policy, "pct");
    report->fo = dmarc_text(arena, policy, "fo");
    report->testing = dmarc_text(arena, policy, "testing");
    report->discovery_method = dmarc_text(arena, policy, "discovery_method");
}

static int dmarc_read_document(struct arena *arena, const xmlDoc *document,
                               struct dmarc_report *report, struct err *err)
{
    const xmlNode *root = document->children;
    if (document->intSubset != NULL || document->extSubset != NULL)
        return err_set(err, "a report with a DTD is refused");
    while (root != NULL && root->type != XML_ELEMENT_NODE)
        root = root->next;
    if (root == NULL || !dmarc_node_is(root, "feedback"))
        return err_set(err, "the outermost element is not <feedback>");
    size_t max = dmarc_count(root, "record");
    if (max > DMARC_REPORT_ROWS_MAX)
        return err_set(err, "more than %d records", DMARC_REPORT_ROWS_MAX);
    dmarc_read_head(arena, root, report);
    if (report->report_id.len == 0 || report->domain.len == 0)
        return err_set(err, "<report_id> or the policy's <domain> is missing");
    report->rows = arena_alloc_array(arena, max, sizeof *report->rows);
    for (const xmlNode *child = root->children; child != NULL; child = child->next) {
        if (dmarc_node_is(child, "record"))
            dmarc_read_row(arena, child, &report->rows[report->count++]);
    }
    return 0;
}

static int dmarc_read_xml(struct arena *arena, struct slice xml, struct dmarc_report *report,
                          struct err *err)
{
    if (xml.len > DMARC_REPORT_BYTES_MAX)
        return err_set(err, "the report is longer than %d bytes", DMARC_REPORT_BYTES_MAX);
    xmlDoc *document = xmlReadMemory(
        xml.data != NULL ? xml.data : "", (int)xml.len, "report.xml", NULL,
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
    if (document == NULL)
        return err_set(err, "the report is no well-formed XML");
    int status = dmarc_read_document(arena, document, report, err);
    xmlFreeDoc(document);
    return status;
}

int dmarc_report_read(struct arena *arena, struct slice bytes, struct dmarc_report *report,
                      struct err *err)
{
    struct buf xml;
    memset(report, 0, sizeof *report);
    if (!slice_starts_with(bytes, SLICE("\x1f\x8b")))
        return dmarc_read_xml(arena, bytes, report, err);
    buf_init(&xml, DMARC_REPORT_BYTES_MAX + 65536);
    int status = dmarc_report_gunzip(bytes, DMARC_REPORT_BYTES_MAX, &xml);
    if (status != 0)
        err_set(err, "the report is no valid gzip, or too long");
    else
        status = dmarc_read_xml(arena, buf_slice(&xml), report, err);
    buf_deinit(&xml);
    return status;
}
