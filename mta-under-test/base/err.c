#include "mta-under-test/base/err.h"

#include <errno.h>
#include <stdarg.h>

#include "mta-under-test/base/poison.h"

int err_set(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return -1;
}

int err_set_errno(struct err *err, const char *format, ...)
{
    int number = errno;
    if (err == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s",
             strerrordesc_np(number) != NULL ? strerrordesc_np(number) : "unknown error");
    return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return -1;
    struct err old = *err;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", old.text);
    return -1;
}
