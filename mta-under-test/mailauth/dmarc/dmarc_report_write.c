#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

#include "mta-under-test/base/poison.h"

/* Text of XML; bytes that are no character of XML 1.0 become U+FFFD. */
static void dmarc_xml_text(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        struct slice rest = slice_skip(text, i);
        size_t len = text_utf8_len(rest);
        unsigned char c = (unsigned char)rest.data[0];
        bool control = len == 1 && c < ' ' && c != '\t' && c != '\n' && c != '\r';
        /* U+FFFE and U+FFFF */
        bool not_xml = len == 3 && c == 0xef && (unsigned char)rest.data[1] == 0xbf &&
                       (unsigned char)rest.data[2] >= 0xbe;
        if (len == 0 || control || not_xml)
            buf_add_text(out, "\xef\xbf\xbd");
        else if (c == '<')
            buf_add_text(out, "&lt;");
        else if (c == '>')
            buf_add_text(out, "&gt;");
        else if (c == '&')
            buf_add_text(out, "&amp;");
        else
            buf_add(out, rest.data, len);
        i += len > 0 ? len : 1;
    }
}

/* An element with text; none when the text is empty. */
static void dmarc_xml_element(struct buf *out, const char *indent, const char *name,
                              struct slice text)
{
    if (text.len == 0)
        return;
    buf_format(out, "%s<%s>", indent, name);
    dmarc_xml_text(out, text);
    buf_format(out, "</%s>\n", name);
}

static void dmarc_write_head(const struct dmarc_report *report, struct buf *out)
{
    bool is_9990 = report->form == DMARC_RFC9989;
    buf_format(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback%s%s%s>\n",
               is_9990 ? " xmlns=\"" : "", is_9990 ? DMARC_REPORT_NAMESPACE : "",
               is_9990 ? "\"" : "");
    dmarc_xml_element(out, "  ", "version", report->version);
    buf_add_text(out, "  <report_metadata>\n");
    dmarc_xml_element(out, "    ", "org_name", report->org_name);
    dmarc_xml_element(out, "    ", "email", report->email);
    dmarc_xml_element(out, "    ", "extra_contact_info", report->extra_contact_info);
    dmarc_xml_element(out, "    ", "report_id", report->report_id);
    buf_format(out,
               "    <date_range>\n      <begin>%lld</begin>\n      <end>%lld</end>\n"
               "    </date_range>\n",
               (long long)report->begin_s, (long long)report->end_s);
    dmarc_xml_element(out, "    ", "error", report->error);
    if (is_9990)
        dmarc_xml_element(out, "    ", "generator", report->generator);
    buf_add_text(out, "  </report_metadata>\n");
}

static void dmarc_write_policy(const struct dmarc_report *report, struct buf *out)
{
    buf_add_text(out, "  <policy_published>\n");
    dmarc_xml_element(out, "    ", "domain", report->domain);
    dmarc_xml_element(out, "    ", "adkim", report->adkim);
    dmarc_xml_element(out, "    ", "aspf", report->aspf);
    dmarc_xml_element(out, "    ", "p", report->p);
    dmarc_xml_element(out, "    ", "sp", report->sp);
    if (report->form == DMARC_RFC7489)
        dmarc_xml_element(out, "    ", "pct", report->pct);
    dmarc_xml_element(out, "    ", "fo", report->fo);
    if (report->form == DMARC_RFC9989) {
        dmarc_xml_element(out, "    ", "np", report->np);
        dmarc_xml_element(out, "    ", "testing", report->testing);
        dmarc_xml_element(out, "    ", "discovery_method", report->discovery_method);
    }
    buf_add_text(out, "  </policy_published>\n");
}

/* The <dkim> or <spf> of <auth_results>: each has what the other lacks. */
static void dmarc_write_results(struct buf *out, const char *name,
                                const struct dmarc_report_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_format(out, "      <%s>\n", name);
        dmarc_xml_element(out, "        ", "domain", results[i].domain);
        dmarc_xml_element(out, "        ", "selector", results[i].selector);
        dmarc_xml_element(out, "        ", "scope", results[i].scope);
        dmarc_xml_element(out, "        ", "result", results[i].result);
        dmarc_xml_element(out, "        ", "human_result", results[i].human_result);
        buf_format(out, "      </%s>\n", name);
    }
}

static void dmarc_write_row(const struct dmarc_report_row *row, struct buf *out)
{
    buf_add_text(out, "  <record>\n    <row>\n");
    dmarc_xml_element(out, "      ", "source_ip", row->source_ip);
    buf_format(out, "      <count>%llu</count>\n      <policy_evaluated>\n",
               (unsigned long long)row->count);
    dmarc_xml_element(out, "        ", "disposition", row->disposition);
    dmarc_xml_element(out, "        ", "dkim", row->dkim);
    dmarc_xml_element(out, "        ", "spf", row->spf);
    for (size_t i = 0; i < row->reason_count; i++) {
        buf_add_text(out, "        <reason>\n");
        dmarc_xml_element(out, "          ", "type", row->reasons[i].type);
        dmarc_xml_element(out, "          ", "comment", row->reasons[i].comment);
        buf_add_text(out, "        </reason>\n");
    }
    buf_add_text(out, "      </policy_evaluated>\n    </row>\n    <identifiers>\n");
    dmarc_xml_element(out, "      ", "envelope_to", row->envelope_to);
    /* The schema of RFC 7489 wants this one, empty or not. */
    buf_add_text(out, "      <envelope_from>");
    dmarc_xml_text(out, row->envelope_from);
    buf_add_text(out, "</envelope_from>\n");
    dmarc_xml_element(out, "      ", "header_from", row->header_from);
    buf_add_text(out, "    </identifiers>\n    <auth_results>\n");
    dmarc_write_results(out, "dkim", row->dkim_results, row->dkim_count);
    dmarc_write_results(out, "spf", row->spf_results, row->spf_count);
    buf_add_text(out, "    </auth_results>\n  </record>\n");
}

void dmarc_report_write(const struct dmarc_report *report, struct buf *out)
{
    dmarc_write_head(report, out);
    dmarc_write_policy(report, out);
    for (size_t i = 0; i < report->count; i++)
        dmarc_write_row(&report->rows[i], out);
    buf_add_text(out, "</feedback>\n");
}

void dmarc_report_file_name(const struct dmarc_report *report, struct slice receiver,
                            struct buf *out)
{
    buf_format(out, "%.*s!%.*s!%lld!%lld.xml.gz", SLICE_ARG(receiver), SLICE_ARG(report->domain),
               (long long)report->begin_s, (long long)report->end_s);
}
