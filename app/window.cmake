# The window: everything but its main in a library, so that the tests drive the same objects.
add_library(attendre-window STATIC
    default_example.cpp default_example.h
    dropped_files.cpp dropped_files.h
    eliding_label.cpp eliding_label.h
    expected_warnings.cpp expected_warnings.h
    engine_questions.cpp engine_questions.h
    evidence_point.cpp evidence_point.h
    figure_dialog.cpp figure_dialog.h
    first_point.cpp first_point.h
    go_to_field.cpp go_to_field.h
    help_pages.cpp help_pages.h
    main_window.cpp main_window_wiring.cpp main_window.h
    message_bar.cpp message_bar.h
    new_run_dialog.cpp new_run_dialog.h
    note_actions.cpp note_actions.h
    session_file.cpp session_file.h
    window_session.cpp window_session.h
    option_form.cpp option_form.h
    panel.cpp panel.h
    phase_stepper.cpp phase_stepper.h
    picture.cpp picture.h
    playback.cpp playback.h
    question_recording.cpp question_recording.h
    recent_files.cpp recent_files.h
    replay_process.cpp replay_process.h
    results_window.cpp results_window.h
    run_session.cpp run_session.h
    status_strip.cpp status_strip.h
    step_dialog.cpp step_dialog.h
    style.cpp style.h
    trace_choice.cpp trace_choice.h
    transport_bar.cpp transport_bar.h
    welcome.cpp welcome.h
    window_actions.cpp window_actions.h
    window_menus.cpp window_menus.h
    workbench.cpp workbench.h
    ../resources/attendre.qrc
)
attendre_own(attendre-window)
target_link_libraries(attendre-window PUBLIC attendre-widgets attendre-client Qt6::Widgets)
target_compile_definitions(attendre-window PUBLIC ATTENDRE_VERSION="${PROJECT_VERSION}")

add_executable(attendre-inspector inspector_main.cpp)
attendre_own(attendre-inspector)
target_link_libraries(attendre-inspector PRIVATE attendre-window)
