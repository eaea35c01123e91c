# How a folder becomes a target.

# Everything that a user runs, without the tests: what the launcher builds first.
add_custom_target(programs)

# mailrange_library(NAME DEPS lib...): all *.c files of this folder (but main.c) as one library; a
# folder of headers alone becomes an interface.
function(mailrange_library name)
    cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    if(sources)
        add_library(${name} STATIC ${sources})
        set(scope PUBLIC)
    else()
        add_library(${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(${name} ${scope} "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} ${scope} ${ARG_DEPS})
endfunction()

# mailrange_program(NAME DEPS lib...): main.c of this folder as a program, beside the others in
# the build folder's bin/.
function(mailrange_program name)
    cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
    add_executable(${name} main.c)
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_DEPS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
    add_dependencies(programs ${name})
endfunction()

# Adds every folder below the named ones that has a CMakeLists.txt of its own.
function(mailrange_add_folders)
    foreach(root IN LISTS ARGN)
        file(GLOB_RECURSE lists CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${root}/CMakeLists.txt")
        foreach(list IN LISTS lists)
            get_filename_component(folder "${list}" DIRECTORY)
            add_subdirectory("${folder}")
        endforeach()
    endforeach()
endfunction()

# The library that a path belongs to: sim/dns -> sim_dns, mta-under-test/base -> base.
function(mailrange_library_of path out)
    string(REGEX REPLACE "^mta-under-test/" "" name "${path}")
    string(REPLACE "/" "_" name "${name}")
    string(REPLACE "-" "_" name "${name}")
    set(${out} "${name}" PARENT_SCOPE)
endfunction()
