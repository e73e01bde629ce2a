# What `cmake --install` lays down, and the target `programs`: what a person runs, without the tests.
set(_programs "")
foreach(_target attendre attendre-inspector attendre-engine attendre-cuda attendre-trace-extension)
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
foreach(_target attendre-engine attendre-cuda attendre-trace-extension)
    if(TARGET ${_target})
        set_target_properties(${_target} PROPERTIES INSTALL_RPATH
            "$ORIGIN;${ATTENDRE_TORCH}/torch/lib;${ATTENDRE_TORCH}/nvidia/cu13/lib")
        install(TARGETS ${_target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/attendre)
    endif()
endforeach()
if(TARGET attendre-trace-extension)
    set_target_properties(attendre-trace-extension PROPERTIES INSTALL_RPATH "")
endif()

# The manual: the options' definitions are put in by a program that reads them where `attendre` does.
add_executable(options_page resources/man/options_page.cpp)
attendre_own(options_page)
target_link_libraries(options_page PRIVATE attendre-trace)
set_target_properties(options_page PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tools)
set(_pages "")
foreach(_page attendre.1 attendre-inspector.1)
    set(_in ${PROJECT_SOURCE_DIR}/resources/man/${_page}.in)
    set(_out ${PROJECT_BINARY_DIR}/man/${_page})
    add_custom_command(OUTPUT ${_out}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
        COMMAND options_page ${_in} ${_out} ${PROJECT_VERSION} ${CMAKE_INSTALL_FULL_DOCDIR}
        DEPENDS options_page ${_in} VERBATIM)
    list(APPEND _pages ${_out})
endforeach()
add_custom_target(manual ALL DEPENDS ${_pages})
install(FILES ${_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# Completion: the command line's own, printed by the program; the window's.
if(TARGET attendre)
    set(_bash share/bash-completion/completions/attendre)
    set(_zsh share/zsh/site-functions/_attendre)
    set(_fish share/fish/vendor_completions.d/attendre.fish)
    foreach(_shell bash zsh fish)
        set(_out ${PROJECT_BINARY_DIR}/completion/${_shell})
        add_custom_command(OUTPUT ${_out}
            COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completion
            COMMAND attendre completion ${_shell} > ${_out}
            DEPENDS attendre VERBATIM)
        list(APPEND _completions ${_out})
        cmake_path(GET _${_shell} PARENT_PATH _folder)
        cmake_path(GET _${_shell} FILENAME _name)
        install(FILES ${_out} DESTINATION ${_folder} RENAME ${_name})
    endforeach()
    add_custom_target(completion ALL DEPENDS ${_completions})
endif()
if(TARGET attendre-inspector)
    install(FILES ${PROJECT_SOURCE_DIR}/resources/completion/attendre-inspector
        DESTINATION share/bash-completion/completions)
endif()

set(_desktop ${PROJECT_SOURCE_DIR}/resources/desktop)
if(TARGET attendre-inspector)
    install(FILES ${_desktop}/attendre-inspector.desktop
        DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
    install(FILES ${_desktop}/attendre-inspector.svg
        DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
    install(FILES ${_desktop}/attendre-inspector-mime.xml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages)
    install(FILES ${_desktop}/attendre-inspector.metainfo.xml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
endif()

install(FILES LICENSE LICENSE.engine THIRD-PARTY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES resources/genesis.txt resources/genesis-start.trace
    DESTINATION ${CMAKE_INSTALL_DATADIR}/attendre)
# The writer of traces for Python, to be found by PYTHONPATH, and the hook that shows its use.
install(DIRECTORY resources/python DESTINATION ${CMAKE_INSTALL_DATADIR}/attendre
    FILES_MATCHING PATTERN "*.py")
