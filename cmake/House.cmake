# What every target of this project shares: the language level, warnings as errors, output folders,
# ccache where it is installed, and the sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_AUTOMOC ON)
set(CMAKE_AUTORCC ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_INSTALL_RPATH $ORIGIN/../${CMAKE_INSTALL_LIBDIR}/attendre)

find_program(ATTENDRE_CCACHE ccache)
if(ATTENDRE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${ATTENDRE_CCACHE})
endif()

if(ATTENDRE_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                        -fno-omit-frame-pointer
                        -g1) # lines alone: each test is a program of its own, and they are many
    add_link_options(-fsanitize=address,undefined)
endif()

# The project's own targets: everything is included from the repository's root, so that an include
# line names the folder that it reaches into.
function(attendre_own target)
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)
    set_target_properties(${target} PROPERTIES AUTOMOC ON)
endfunction()
