/*
 * Sends one message straight to the first MX of the recipient's domain, with the resolver of the C
 * library and a socket; a temporary refusal is tried again after ten minutes. Made to be linked
 * statically: nothing of it can be replaced when it starts.
 */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRIES = 5, WAIT_S = 600 };

/* The data of the first answer of that type: a name for MX, an address for A. */
static int look_up(const char *name, int type, char *out, size_t size)
{
    unsigned char answer[4096];
    ns_msg message;
    ns_rr record;
    int len = res_query(name, ns_c_in, type, answer, sizeof answer);
    if (len < 0 || ns_initparse(answer, len, &message) != 0)
        return -1;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
        if (ns_parserr(&message, ns_s_an, i, &record) != 0 || (int)ns_rr_type(record) != type)
            continue;
        if (type == ns_t_a)
            return inet_ntop(AF_INET, ns_rr_rdata(record), out, (socklen_t)size) != NULL ? 0 : -1;
        return dn_expand(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record) + 2, out,
                         (int)size) > 0
                   ? 0
                   : -1;
    }
    return -1;
}

/* Says something, if it is to, and reads the reply; its code. */
static int command(FILE *mx, const char *format, const char *argument)
{
    char line[1024];
    int code = 0;
    if (format != NULL) {
        fprintf(mx, format, argument);
        fflush(mx);
    }
    do {
        if (fgets(line, sizeof line, mx) == NULL)
            return 0;
    } while (strlen(line) > 3 && line[3] == '-');
    printf("%s", line);
    sscanf(line, "%d", &code);
    return code;
}

static int attempt(const char *sender, const char *recipient)
{
    char host[256];
    char address[64];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(25)};
    if (look_up(strchr(recipient, '@') + 1, ns_t_mx, host, sizeof host) != 0 ||
        look_up(host, ns_t_a, address, sizeof address) != 0 ||
        inet_pton(AF_INET, address, &to.sin_addr) != 1)
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    FILE *mx = fdopen(fd, "r+");
    int done =
        command(mx, NULL, NULL) == 220 && command(mx, "EHLO %s\r\n", "mail.sender.test") == 250 &&
        command(mx, "MAIL FROM:<%s>\r\n", sender) == 250 &&
        command(mx, "RCPT TO:<%s>\r\n", recipient) == 250 && command(mx, "DATA%s\r\n", "") == 354 &&
        command(mx, "Subject: Hello\r\nFrom: <%s>\r\n\r\nHello\r\n.\r\n", sender) == 250;
    (void)command(mx, "QUIT%s\r\n", "");
    fclose(mx);
    return done ? 0 : -1;
}

int main(int argc, char **argv)
{
    for (int i = 0; argc == 3 && i < TRIES; i++) {
        if (attempt(argv[1], argv[2]) == 0)
            return 0;
        sleep(WAIT_S);
    }
    return 1;
}
