#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/mta/mta_place.h"

#include "mta-under-test/base/poison.h"

static const char MTA_TRUST_FOLDER[] = "/etc/ssl/certs";
static const char MTA_TRUST_FILE[] = "/etc/ssl/certs/ca-certificates.crt";

/* The name under which OpenSSL looks for the certificate in a folder: the hash of its subject. */
static int mta_trust_hash(struct slice pem, unsigned long *hash, struct err *err)
{
    BIO *bytes = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *certificate = PEM_read_bio_X509(bytes, NULL, NULL, NULL);
    BIO_free(bytes);
    if (certificate == NULL)
        return err_set(err, "the certificate of the simulated authority cannot be read");
    *hash = X509_subject_name_hash(certificate);
    X509_free(certificate);
    return 0;
}

int mta_trust_install(struct slice pem, struct err *err)
{
    unsigned long hash = 0;
    if (mta_trust_hash(pem, &hash, err) != 0 || file_make_folders(MTA_TRUST_FOLDER, err) != 0)
        return -1;
    /* A fresh folder over the host's: what the host trusts has no place in the world. */
    if (mount("tmpfs", MTA_TRUST_FOLDER, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") !=
        0)
        return err_set_errno(err, "%s: cannot be covered", MTA_TRUST_FOLDER);
    if (file_write(MTA_TRUST_FILE, pem, err) != 0)
        return -1;
    char *name = mem_text_format("%s/%08lx.0", MTA_TRUST_FOLDER, hash);
    int result = symlink("ca-certificates.crt", name);
    if (result != 0)
        err_set_errno(err, "%s: cannot be made", name);
    free(name);
    return result;
}
