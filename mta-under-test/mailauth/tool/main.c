#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

int main(int argc, char **argv)
{
    struct buf out;
    struct err err = {{0}};
    buf_init(&out, TOOL_OUTPUT_BYTES_MAX);
    int code = tool_run(argc, argv, &out, &err);
    if (err.text[0] != '\0')
        fprintf(stderr, "authcheck: %s\n", err.text);
    if (file_write_fd(STDOUT_FILENO, buf_slice(&out)) != 0)
        code = 2;
    buf_deinit(&out);
    return code;
}
