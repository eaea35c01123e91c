#include "sim/clock/clock_vdso.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

enum { PAGE_BYTES = 4096, AUXILIARY_MAX = 64 };

struct symbols {
    const Elf64_Sym *table;
    const char *names;
    const uint32_t *hash;
    const uint32_t *gnu_hash;
};

/* The offsets of the image are written by the kernel: they are trusted. */
static const void *at(const uint8_t *image, uint64_t offset)
{
    return image + offset;
}

static struct symbols symbols_find(const uint8_t *image, const Elf64_Dyn *entry)
{
    struct symbols symbols = {NULL, NULL, NULL, NULL};
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        const void *where = at(image, entry->d_un.d_ptr);
        if (entry->d_tag == DT_SYMTAB)
            symbols.table = where;
        else if (entry->d_tag == DT_STRTAB)
            symbols.names = where;
        else if (entry->d_tag == DT_HASH)
            symbols.hash = where;
        else if (entry->d_tag == DT_GNU_HASH)
            symbols.gnu_hash = where;
    }
    return symbols;
}

/* The number of symbols is only in the hash tables. DT_GNU_HASH: buckets, first symbol, words of
 * the Bloom filter (of 64 bits), its shift; then the filter, the buckets and the chains. */
static uint32_t symbols_count(const struct symbols *symbols)
{
    if (symbols->hash != NULL)
        return symbols->hash[1];
    if (symbols->gnu_hash == NULL)
        return 0;
    uint32_t bucket_count = symbols->gnu_hash[0], first = symbols->gnu_hash[1], last = 0;
    const uint32_t *buckets = symbols->gnu_hash + 4 + (size_t)symbols->gnu_hash[2] * 2;
    const uint32_t *chains = buckets + bucket_count;
    for (uint32_t i = 0; i < bucket_count; i++)
        if (buckets[i] > last)
            last = buckets[i];
    if (last < first)
        return 0;
    while ((chains[last - first] & 1) == 0)
        last++;
    return last + 1;
}

static void function_note(struct clock_page *page, const char *name, uint64_t value)
{
    static const char *const names[CLOCK_VDSO_FUNCTIONS] = {
        "__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_time", "__vdso_getrandom"};
    for (int i = 0; i < CLOCK_VDSO_FUNCTIONS; i++)
        if (strcmp(name, names[i]) == 0)
            page->vdso_offset[i] = (uint32_t)value;
}

int clock_vdso_find(struct clock_page *page, struct err *err)
{
    const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    if (image == NULL)
        return err_set(err, "this kernel gives programs no vDSO (started with vdso=0?)");
    const Elf64_Ehdr *header = at(image, 0);
    const Elf64_Phdr *part = at(image, header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type == PT_DYNAMIC)
            dynamic = at(image, part[i].p_offset);
        if (part[i].p_type == PT_LOAD)
            page->vdso_bytes =
                (uint32_t)((part[i].p_memsz + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1));
    }
    struct symbols symbols = symbols_find(image, dynamic);
    uint32_t count = symbols_count(&symbols);
    for (uint32_t i = 0; i < count && symbols.table != NULL && symbols.names != NULL; i++)
        if (symbols.table[i].st_shndx != SHN_UNDEF)
            function_note(page, symbols.names + symbols.table[i].st_name,
                          symbols.table[i].st_value);
    if (page->vdso_offset[0] == 0)
        return err_set(err, "this kernel's vDSO has no clock_gettime that could be replaced");
    return 0;
}

bool clock_vdso_sealed(const struct clock_page *page)
{
    void *image = (void *)getauxval(AT_SYSINFO_EHDR);
    if (mprotect(image, page->vdso_bytes, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return true;
    return mprotect(image, page->vdso_bytes, PROT_READ | PROT_EXEC) != 0;
}

uint64_t clock_vdso_of(pid_t pid)
{
    char path[64];
    uint64_t pairs[AUXILIARY_MAX][2];
    snprintf(path, sizeof path, "/proc/%d/auxv", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, pairs, sizeof pairs);
    close(fd);
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof pairs[0]; i++)
        if (pairs[i][0] == AT_SYSINFO_EHDR)
            return pairs[i][1];
    return 0;
}
