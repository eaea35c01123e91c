# How a folder becomes a target.

# mailrange_library(NAME DEPS lib...): all *.c files of this folder (but main.c) as one library.
function(mailrange_library name)
    cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PUBLIC ${ARG_DEPS})
endfunction()

# mailrange_program(NAME DEPS lib...): main.c of this folder as a program, beside the others in
# the build folder's bin/.
function(mailrange_program name)
    cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
    add_executable(${name} main.c)
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_DEPS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
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
