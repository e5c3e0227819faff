# SPDX-License-Identifier: Apache-2.0
# console_policy_embed(<target> NAME <identifier> FILES <file>…)
#
# Compiles files into <target>: a generated header "embedded/<identifier>.h" declares, in namespace
# console_policy::embedded, `extern const std::array<File, N> <identifier>;` with the files in the
# order given. So the daemon needs no files of its own at run time. The target `embedded` generates
# all of them, for tools that read the sources without a build.
set(CONSOLE_POLICY_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake")
add_custom_target(embedded)

function(console_policy_embed target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME" "FILES")
  set(out "${CMAKE_CURRENT_BINARY_DIR}/generated/embedded")
  list(TRANSFORM arg_FILES PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE paths)
  add_custom_command(
    OUTPUT "${out}/${arg_NAME}.h" "${out}/${arg_NAME}.cc"
    COMMAND "${CMAKE_COMMAND}" "-DNAME=${arg_NAME}" "-DOUT=${out}" "-DFILES=${paths}"
            -P "${CONSOLE_POLICY_EMBED_SCRIPT}"
    DEPENDS ${paths} "${CONSOLE_POLICY_EMBED_SCRIPT}"
    VERBATIM)
  add_custom_target(embedded_${arg_NAME} DEPENDS "${out}/${arg_NAME}.h")
  add_dependencies(embedded embedded_${arg_NAME})
  target_sources(${target} PRIVATE "${out}/${arg_NAME}.cc" "${out}/${arg_NAME}.h")
  target_include_directories(${target} PUBLIC "${CMAKE_CURRENT_BINARY_DIR}/generated")
endfunction()
