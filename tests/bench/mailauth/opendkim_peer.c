/*
 * opendkim_peer SECONDS FOLDER: OpenDKIM's library on what mailauth_bench left in FOLDER, in
 * processor time, as one JSON object with the same names. Keys come from memory, as there.
 */
#include <dkim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct text {
    char *bytes;
    size_t len;
};

static struct text bare, signed_message, zone, rsa, ed25519;

static void fail(const char *what)
{
    fprintf(stderr, "opendkim_peer: %s failed\n", what);
    exit(2);
}

static struct text read_file(const char *folder, const char *name)
{
    char path[4096];
    struct text text = {malloc(1 << 20), 0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text.bytes == NULL)
        fail(path);
    text.len = fread(text.bytes, 1, (1 << 20) - 1, file);
    text.bytes[text.len] = '\0';
    fclose(file);
    return text;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *signature, u_char *answer, size_t len)
{
    char name[512];
    (void)dkim;
    snprintf(name, sizeof name, "%s._domainkey.%s ", (char *)dkim_sig_getselector(signature),
             (char *)dkim_sig_getdomain(signature));
    const char *found = strstr(zone.bytes, name);
    if (found == NULL)
        return DKIM_CBSTAT_NOTFOUND;
    found += strlen(name);
    snprintf((char *)answer, len, "%.*s", (int)strcspn(found, "\n"), found);
    return DKIM_CBSTAT_CONTINUE;
}

/* Header fields one by one, then the body, as a mail filter gives them. */
static DKIM_STAT feed(DKIM *dkim, struct text message)
{
    char *at = message.bytes;
    while (strncmp(at, "\r\n", 2) != 0) {
        char *end = strstr(at, "\r\n");
        while (end[2] == ' ' || end[2] == '\t')
            end = strstr(end + 2, "\r\n");
        if (dkim_header(dkim, (u_char *)at, (size_t)(end - at)) != DKIM_STAT_OK)
            fail("dkim_header");
        at = end + 2;
    }
    at += 2;
    DKIM_STAT status = dkim_eoh(dkim);
    if (status != DKIM_STAT_OK)
        return status;
    status = dkim_body(dkim, (u_char *)at, message.len - (size_t)(at - message.bytes));
    return status == DKIM_STAT_OK ? dkim_eom(dkim, NULL) : status;
}

static int verify(DKIM_LIB *library)
{
    DKIM_STAT status = DKIM_STAT_OK;
    DKIM *dkim = dkim_verify(library, (const u_char *)"bench", NULL, &status);
    if (dkim == NULL)
        return 0;
    int good = feed(dkim, signed_message) == DKIM_STAT_OK;
    DKIM_SIGINFO *signature = dkim_getsignature(dkim);
    good = good && signature != NULL && (dkim_sig_getflags(signature) & DKIM_SIGFLAG_PASSED) != 0;
    dkim_free(dkim);
    return good;
}

static int sign(DKIM_LIB *library, struct text key, const char *selector, dkim_alg_t algorithm)
{
    DKIM_STAT status = DKIM_STAT_OK;
    u_char *header = NULL;
    size_t len = 0;
    DKIM *dkim = dkim_sign(library, (const u_char *)"bench", NULL, (dkim_sigkey_t)key.bytes,
                           (const u_char *)selector, (const u_char *)"x.test", DKIM_CANON_RELAXED,
                           DKIM_CANON_RELAXED, algorithm, -1, &status);
    if (dkim == NULL)
        return 0;
    int good = feed(dkim, bare) == DKIM_STAT_OK &&
               dkim_getsighdr_d(dkim, 16, &header, &len) == DKIM_STAT_OK;
    dkim_free(dkim);
    return good;
}

static int sign_rsa(DKIM_LIB *library)
{
    return sign(library, rsa, "s", DKIM_SIGN_RSASHA256);
}

static int sign_ed25519(DKIM_LIB *library)
{
    return sign(library, ed25519, "e", DKIM_SIGN_ED25519SHA256);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Rounds in a second; 0 when the library cannot do it. */
static double rate(DKIM_LIB *library, double span, int (*step)(DKIM_LIB *library))
{
    unsigned long rounds = 0;
    double start = seconds();
    if (!step(library))
        return 0;
    while (seconds() - start < span) {
        for (int i = 0; i < 16; i++, rounds++) {
            if (!step(library))
                fail("a round");
        }
    }
    return (double)rounds / (seconds() - start);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    double span = atof(argv[1]);
    bare = read_file(argv[2], "bare.eml");
    signed_message = read_file(argv[2], "signed.eml");
    zone = read_file(argv[2], "zone.txt");
    rsa = read_file(argv[2], "rsa.pem");
    ed25519 = read_file(argv[2], "ed25519.pem");
    DKIM_LIB *library = dkim_init(NULL, NULL);
    if (library == NULL || dkim_set_key_lookup(library, look_up) != DKIM_STAT_OK)
        fail("dkim_init");
    printf("{\"dkim_verify_rsa2048_4kB_per_s\": %.0f, ", rate(library, span, verify));
    printf("\"dkim_sign_rsa2048_4kB_per_s\": %.0f, ", rate(library, span, sign_rsa));
    printf("\"dkim_sign_ed25519_4kB_per_s\": %.0f}\n", rate(library, span, sign_ed25519));
    dkim_close(library);
    return 0;
}
