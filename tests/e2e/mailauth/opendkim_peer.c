/*
 * opendkim_peer: OpenDKIM's library on messages. Each line of standard input names a file with the
 * records of DNS ("NAME TEXT" a line) and a file with a message; each is answered with one word: pass,
 * fail, or none.
 */
#include <dkim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *zone;

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 22);
    if (file == NULL || bytes == NULL)
        exit(2);
    *len = fread(bytes, 1, (1 << 22) - 1, file);
    bytes[*len] = '\0';
    fclose(file);
    return bytes;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *signature, u_char *answer, size_t len)
{
    char name[512];
    (void)dkim;
    snprintf(name, sizeof name, "%s._domainkey.%s ", (char *)dkim_sig_getselector(signature),
             (char *)dkim_sig_getdomain(signature));
    const char *found = strstr(zone, name);
    if (found == NULL)
        return DKIM_CBSTAT_NOTFOUND;
    found += strlen(name);
    snprintf((char *)answer, len, "%.*s", (int)strcspn(found, "\n"), found);
    return DKIM_CBSTAT_CONTINUE;
}

/* The header, field by field; returns the body, or NULL when the library refuses a field. */
static char *feed_header(DKIM *dkim, char *at)
{
    while (*at != '\0' && strncmp(at, "\r\n", 2) != 0) {
        char *end = strstr(at, "\r\n");
        while (end != NULL && (end[2] == ' ' || end[2] == '\t'))
            end = strstr(end + 2, "\r\n");
        if (end == NULL || dkim_header(dkim, (u_char *)at, (size_t)(end - at)) != DKIM_STAT_OK)
            return NULL;
        at = end + 2;
    }
    return *at != '\0' ? at + 2 : at;
}

static const char *verify(DKIM_LIB *library, char *message, size_t len)
{
    DKIM_STAT status = DKIM_STAT_OK;
    const char *word = "fail";
    DKIM *dkim = dkim_verify(library, (const u_char *)"agreement", NULL, &status);
    char *body = dkim != NULL ? feed_header(dkim, message) : NULL;
    if (body != NULL) {
        status = dkim_eoh(dkim);
        size_t left = len - (size_t)(body - message);
        if (status == DKIM_STAT_NOSIG)
            word = "none";
        if (status == DKIM_STAT_OK && left > 0)
            status = dkim_body(dkim, (u_char *)body, left);
        if (status == DKIM_STAT_OK && dkim_eom(dkim, NULL) == DKIM_STAT_OK)
            word = "pass";
    }
    if (dkim != NULL)
        dkim_free(dkim);
    return word;
}

int main(void)
{
    char line[4096];
    DKIM_LIB *library = dkim_init(NULL, NULL);
    if (library == NULL || dkim_set_key_lookup(library, look_up) != DKIM_STAT_OK)
        return 2;
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t len = 0;
        char *rest = line;
        char *zone_path = strsep(&rest, " ");
        char *message_path = strsep(&rest, "\n");
        zone = read_file(zone_path, &len);
        char *message = read_file(message_path, &len);
        printf("%s\n", verify(library, message, len));
        fflush(stdout);
        free(message);
        free(zone);
    }
    dkim_close(library);
    return 0;
}
