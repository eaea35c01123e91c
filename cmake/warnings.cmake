# The warnings of the project, for both compilers; every warning is an error.
add_compile_options(
    -Werror -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla
    -Wcast-qual -Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
    -Wimplicit-fallthrough -Wnull-dereference -Wswitch-enum -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wformat-signedness)
else()
    add_compile_options(-Wcomma -Wassign-enum -Wconditional-uninitialized
                        -Wmissing-variable-declarations
                        -Wno-gnu-zero-variadic-macro-arguments)
endif()

if(MAILRANGE_SANITIZE OR MAILRANGE_FUZZ)
    add_compile_options(-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=address,undefined)
else()
    add_compile_options(-O2 -g -fstack-protector-strong)
    add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(MAILRANGE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_compile_definitions(_GNU_SOURCE)
