#include "mta-under-test/base/mem.h"
#include "sim/cli/cli.h"

int main(int argc, char **argv)
{
    mem_keep();
    return cli_main(argc, argv);
}
