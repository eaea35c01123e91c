/*
 * An SMTP session that turns to TLS after STARTTLS is captured on a private loopback; tshark must
 * show the commands inside TLS with no key file and no other option, for TLS 1.2 (whose secret
 * comes after packets that need it) and 1.3.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/capture/capture.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

static struct capture *the_capture;

static void note_secret(const SSL *ssl, const char *line)
{
    (void)ssl;
    /* The worst order: what stood in the ring is taken before the secret is known. */
    capture_drain(the_capture);
    capture_add_secret(the_capture, line);
}

static bool enter_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
    return true;
}

static const struct sockaddr_in SERVER = {
    .sin_family = AF_INET,
    .sin_port = 0x1900, /* 25 in network order */
    .sin_addr = {0x0100007F},
};

static SSL_CTX *server_context(int version)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_pubkey(certificate, key);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_keylog_callback(context, note_secret);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

static void read_line(int fd, SSL *ssl)
{
    char c = 0;
    while (c != '\n')
        if ((ssl != NULL ? SSL_read(ssl, &c, 1) : (int)read(fd, &c, 1)) != 1)
            _exit(3);
}

static void write_line(int fd, SSL *ssl, const char *line)
{
    int len = (int)strlen(line);
    if ((ssl != NULL ? SSL_write(ssl, line, len) : (int)write(fd, line, (size_t)len)) != len)
        _exit(4);
}

static void be_client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&SERVER, sizeof SERVER) != 0)
        _exit(2);
    read_line(fd, NULL);
    write_line(fd, NULL, "EHLO mail.sender.test\r\n");
    read_line(fd, NULL);
    write_line(fd, NULL, "STARTTLS\r\n");
    read_line(fd, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1)
        _exit(5);
    write_line(fd, ssl, "EHLO inside.sender.test\r\n");
    read_line(fd, ssl);
    write_line(fd, ssl, "MAIL FROM:<inside@sender.test>\r\n");
    read_line(fd, ssl);
    write_line(fd, ssl, "QUIT\r\n");
    read_line(fd, ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    _exit(0);
}

static void be_server(int listener, SSL_CTX *context)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    write_line(fd, NULL, "220 mx.a.test ESMTP\r\n");
    read_line(fd, NULL);
    write_line(fd, NULL, "250 STARTTLS\r\n");
    read_line(fd, NULL);
    write_line(fd, NULL, "220 Go\r\n");
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    ck_assert_int_eq(SSL_accept(ssl), 1);
    for (int i = 0; i < 3; i++) {
        read_line(fd, ssl);
        capture_drain(the_capture);
        write_line(fd, ssl, "250 OK\r\n");
    }
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

static void run_session(int version)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&SERVER, sizeof SERVER), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    pid_t client = fork();
    if (client == 0)
        be_client();
    SSL_CTX *context = server_context(version);
    be_server(listener, context);
    SSL_CTX_free(context);
    close(listener);
    int status = 0;
    ck_assert_int_eq(waitpid(client, &status, 0), client);
    ck_assert_int_eq(status, 0);
}

static void check_with_tshark(const char *path)
{
    char *command = mem_text_format("tshark -n -r %s -Y smtp 2>/dev/null", path);
    FILE *tshark = popen(command, "re");
    static char output[100000];
    size_t len = fread(output, 1, sizeof output - 1, tshark);
    output[len] = '\0';
    ck_assert_int_eq(pclose(tshark), 0);
    ck_assert_msg(strstr(output, "EHLO mail.sender.test") != NULL, "%s", output);
    ck_assert_msg(strstr(output, "EHLO inside.sender.test") != NULL, "%s", output);
    ck_assert_msg(strstr(output, "MAIL FROM:<inside@sender.test>") != NULL, "%s", output);
    free(command);
}

static void capture_and_check(int version)
{
    if (system("command -v tshark >/dev/null") != 0 || !enter_network()) {
        puts("skipped: needs tshark and a network namespace of its own");
        return;
    }
    char path[] = "/tmp/capture-tshark-XXXXXX";
    struct err err = {0};
    /* Almost nothing is held back but what the newest packets need. */
    struct capture_options options = {.hold_bytes = 4096};
    the_capture = capture_open(NULL, "lo", mkstemp(path), &options, &err);
    ck_assert_msg(the_capture != NULL, "%s", err.text);
    run_session(version);
    ck_assert_int_eq(capture_close(&the_capture, &err), 0);
    check_with_tshark(path);
    unlink(path);
}

START_TEST(test_tls_1_2_is_readable)
{
    capture_and_check(TLS1_2_VERSION);
}
END_TEST

START_TEST(test_tls_1_3_is_readable)
{
    capture_and_check(TLS1_3_VERSION);
}
END_TEST

UNIT_MAIN(test_tls_1_2_is_readable, test_tls_1_3_is_readable)
