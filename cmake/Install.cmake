# What `cmake --install` lays down, and the target `programs`: what a person runs, without the tests.
set(_programs "")
foreach(_target attendre attendre-inspector attendre-engine attendre-cuda attendre-sqlite)
    if(TARGET ${_target})
        list(APPEND _programs ${_target})
    endif()
endforeach()
add_custom_target(programs DEPENDS ${_programs})

foreach(_target attendre attendre-inspector)
    if(TARGET ${_target})
        install(TARGETS ${_target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
endforeach()

# The engine, the GPU module and the SQLite extension are loaded at run time, from a folder of their
# own. Torch stays where it was unpacked: its folders are written into the libraries.
foreach(_target attendre-engine attendre-cuda attendre-sqlite)
    if(TARGET ${_target})
        set_target_properties(${_target} PROPERTIES
            INSTALL_RPATH "$ORIGIN;${ATTENDRE_TORCH_RPATH}")
        install(TARGETS ${_target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/attendre)
    endif()
endforeach()
