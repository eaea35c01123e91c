/* The cache of packages, with an apt-get of the test's own, so that nothing is fetched. */
#include "sim/mta/mta_packages.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

/* Makes any package but "missing"; each call leaves a line in `calls`. */
static const char APT[] = "#!/bin/sh\n"
                          "echo \"$*\" >> \"$STAND/calls\"\n"
                          "for package; do :; done\n"
                          "case $package in missing | update) echo \"E: Unable to locate\" >&2;"
                          " exit 100 ;; esac\n"
                          "mkdir -p made/DEBIAN made/lib/x made/usr/lib/x made/etc\n"
                          "printf 'Package: %s\\nVersion: 1.2-3\\nArchitecture: all\\n"
                          "Maintainer: a <a@a.test>\\nDescription: x\\n' $package"
                          " > made/DEBIAN/control\n"
                          "echo one > made/lib/x/one; echo two > made/usr/lib/x/two\n"
                          "echo $package > made/etc/$package\n"
                          "dpkg-deb -b made ${package}_1.2-3_all.deb > /dev/null && rm -r made\n";

struct stand {
    char folder[64];
    char cache[128];
    struct arena arena;
    const char *const *layers;
    size_t layer_count;
    struct err err;
};

static char *path_of(struct stand *stand, const char *name)
{
    return arena_format(&stand->arena, "%s/%s", stand->folder, name);
}

static void set_up(struct stand *stand)
{
    memset(stand, 0, sizeof *stand);
    snprintf(stand->folder, sizeof stand->folder, "/tmp/packages-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(stand->folder));
    snprintf(stand->cache, sizeof stand->cache, "%s/cache", stand->folder);
    const char *apt = path_of(stand, "bin/apt-get");
    ck_assert_int_eq(file_make_parents(apt, &stand->err), 0);
    ck_assert_int_eq(file_write(apt, slice_of(APT), &stand->err), 0);
    ck_assert_int_eq(chmod(apt, 0755), 0);
    setenv("PATH", arena_format(&stand->arena, "%s/bin:%s", stand->folder, getenv("PATH")), 1);
    setenv("STAND", stand->folder, 1);
}

static void tear_down(struct stand *stand)
{
    ck_assert_int_eq(system(arena_format(&stand->arena, "rm -r %s", stand->folder)), 0);
    arena_deinit(&stand->arena);
}

static int prepare(struct stand *stand, const char *package, const char *library)
{
    const struct mta_package_list wanted = {
        .packages = &package,
        .package_count = package != NULL,
        .libraries = &library,
        .library_count = library != NULL,
    };
    return mta_packages_prepare(&wanted, stand->cache, &stand->arena, &stand->layers,
                                &stand->layer_count, &stand->err);
}

static size_t calls(struct stand *stand)
{
    struct buf text;
    buf_init(&text, 10000);
    size_t count = 0;
    if (file_exists(path_of(stand, "calls"))) {
        ck_assert_int_eq(file_read(path_of(stand, "calls"), &text, &stand->err), 0);
        for (size_t i = 0; i < text.len; i++)
            count += text.data[i] == '\n';
    }
    buf_deinit(&text);
    return count;
}

START_TEST(test_a_package_is_fetched_once_and_merged_into_usr)
{
    struct stand stand;
    set_up(&stand);
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(prepare(&stand, "some-mta", NULL) == 0, "%s", stand.err.text);
        ck_assert_uint_eq(stand.layer_count, 1);
        ck_assert_uint_eq(calls(&stand), 1);
    }
    const char *root = stand.layers[0];
    ck_assert(file_exists(arena_format(&stand.arena, "%s/usr/lib/x/one", root)));
    ck_assert(file_exists(arena_format(&stand.arena, "%s/usr/lib/x/two", root)));
    ck_assert(file_exists(arena_format(&stand.arena, "%s/etc/some-mta", root)));
    ck_assert(!file_exists(arena_format(&stand.arena, "%s/lib", root)));
    ck_assert_str_eq(mta_packages_version(stand.cache, "some-mta", &stand.arena), "1.2-3");
    ck_assert_ptr_null(mta_packages_version(stand.cache, "other", &stand.arena));
    tear_down(&stand);
}
END_TEST

START_TEST(test_libraries_are_fetched_only_where_they_are_missing)
{
    struct stand stand;
    set_up(&stand);
    ck_assert_msg(prepare(&stand, "some-mta", "dpkg") == 0, "%s", stand.err.text);
    ck_assert_uint_eq(stand.layer_count, 1);
    ck_assert_msg(prepare(&stand, "some-mta", "libnobodyhas") == 0, "%s", stand.err.text);
    ck_assert_uint_eq(stand.layer_count, 2);
    ck_assert_uint_eq(calls(&stand), 2);
    tear_down(&stand);
}
END_TEST

START_TEST(test_what_cannot_be_had_is_named_and_leaves_nothing)
{
    struct stand stand;
    set_up(&stand);
    ck_assert_int_eq(prepare(&stand, "missing", NULL), -1);
    ck_assert_msg(strstr(stand.err.text, "package missing cannot be had") != NULL, "%s",
                  stand.err.text);
    ck_assert_msg(strstr(stand.err.text, "Unable to locate") != NULL, "%s", stand.err.text);
    ck_assert(!file_exists(path_of(&stand, "cache/missing")));
    ck_assert_ptr_null(mta_packages_version(stand.cache, "missing", &stand.arena));
    tear_down(&stand);
}
END_TEST

START_TEST(test_an_adapter_without_packages_needs_nothing)
{
    struct stand stand;
    set_up(&stand);
    ck_assert_int_eq(prepare(&stand, NULL, NULL), 0);
    ck_assert_uint_eq(stand.layer_count, 0);
    ck_assert_uint_eq(calls(&stand), 0);
    ck_assert(!file_exists(stand.cache));
    tear_down(&stand);
}
END_TEST

UNIT_MAIN(test_a_package_is_fetched_once_and_merged_into_usr,
          test_libraries_are_fetched_only_where_they_are_missing,
          test_what_cannot_be_had_is_named_and_leaves_nothing,
          test_an_adapter_without_packages_needs_nothing)
