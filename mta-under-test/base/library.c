#include "mta-under-test/base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "mta-under-test/base/poison.h"

/* dlerror() tells the last error, and may be silent. */
static int library_error(const struct library *library, struct err *err)
{
    const char *reason = dlerror();
    return err_set(err, "%s cannot be used: %s", library->file,
                   reason != NULL ? reason : "no reason is told");
}

static int library_open(struct library *library, struct err *err)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return library_error(library, err);
    for (size_t i = 0; i < library->count; i++) {
        if (dlsym(handle, library->symbols[i].name) == NULL) {
            library_error(library, err);
            dlclose(handle);
            return -1;
        }
    }
    /* Copied, since ISO C knows no conversion from an object's pointer to a function's. */
    for (size_t i = 0; i < library->count; i++) {
        void *symbol = dlsym(handle, library->symbols[i].name);
        memcpy(library->symbols[i].pointer, &symbol, sizeof symbol);
    }
    library->is_loaded = true;
    return 0;
}

int library_load(struct library *library, struct err *err)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    int result = library->is_loaded ? 0 : library_open(library, err);
    pthread_mutex_unlock(&mutex);
    return result;
}
