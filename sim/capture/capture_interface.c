#include "sim/capture/capture_interface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

/* Checksums last: some interfaces refuse to give them up while segmentation stands on them. */
static const uint32_t SWITCHES[] = {ETHTOOL_SGRO, ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_STXCSUM};

int capture_interface_prepare(const char *interface, struct err *err)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, "no socket to set up interface %s", interface);
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof SWITCHES / sizeof SWITCHES[0]; i++) {
        struct ethtool_value value = {.cmd = SWITCHES[i], .data = 0};
        struct ifreq request = {.ifr_data = (void *)&value};
        memccpy(request.ifr_name, interface, '\0', sizeof request.ifr_name - 1);
        if (ioctl(fd, SIOCETHTOOL, &request) != 0 && errno != EOPNOTSUPP)
            result =
                err_set_errno(err, "interface %s: offloading cannot be switched off", interface);
    }
    close(fd);
    return result;
}
