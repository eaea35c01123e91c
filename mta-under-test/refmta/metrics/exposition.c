#include "mta-under-test/refmta/metrics/exposition.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { STATM_BYTES_MAX = 4096 };

void exposition_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Whole numbers without a point, however large. */
static void add_number(struct buf *out, double number)
{
    if (number == (double)(int64_t)number)
        buf_format(out, " %lld\n", (long long)number);
    else
        buf_format(out, " %.6f\n", number);
}

static void add_label_value(struct buf *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            buf_add_char(out, '\\');
        if (*value == '\n')
            buf_add_text(out, "\\n");
        else
            buf_add_char(out, *value);
    }
}

void exposition_sample(struct buf *out, const char *name, const char *label, const char *value,
                       double number)
{
    buf_add_text(out, name);
    if (label != NULL && value != NULL) {
        buf_format(out, "{%s=\"", label);
        add_label_value(out, value);
        buf_add_text(out, "\"}");
    }
    add_number(out, number);
}

void exposition_one(struct buf *out, const char *name, const char *type, const char *help,
                    double number)
{
    exposition_family(out, name, type, help);
    exposition_sample(out, name, NULL, NULL, number);
}

void exposition_histogram(struct buf *out, const char *name, const char *help,
                          const struct histogram *histogram)
{
    uint64_t so_far = 0;
    exposition_family(out, name, "histogram", help);
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        so_far += histogram->counts[i];
        buf_format(out, "%s_bucket{le=\"%g\"} %llu\n", name, (double)HISTOGRAM_BOUNDS_US[i] / 1e6,
                   (unsigned long long)so_far);
    }
    buf_format(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name,
               (unsigned long long)histogram->total, name, (double)histogram->sum_us / 1e6, name,
               (unsigned long long)histogram->total);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.' ? 1 : 0;
    closedir(folder);
    return count - 1; /* without the one that reads */
}

/* Resident pages are the second number of /proc/self/statm. */
double exposition_resident_bytes(void)
{
    struct buf text;
    struct err err;
    struct slice field;
    uint64_t pages = 0;
    buf_init(&text, STATM_BYTES_MAX);
    if (file_read("/proc/self/statm", &text, &err) == 0) {
        struct slice rest = buf_slice(&text);
        /* The second field: pages that are in memory. */
        bool found = slice_split(&rest, ' ', &field);
        found = found && slice_split(&rest, ' ', &field);
        if (found && text_to_u64(field, &pages) != 0)
            pages = 0;
    }
    buf_deinit(&text);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void exposition_process(struct buf *out)
{
    struct rusage usage;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        exposition_one(out, "process_cpu_seconds_total", "counter",
                       "Processor time in user and system mode.",
                       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        exposition_one(out, "process_max_fds", "gauge", "Descriptors that may be open.",
                       (double)limit.rlim_cur);
    exposition_one(out, "process_open_fds", "gauge", "Descriptors that are open.",
                   (double)count_descriptors());
    exposition_one(out, "process_resident_memory_bytes", "gauge", "Memory that is in use.",
                   exposition_resident_bytes());
}
