# SPDX-License-Identifier: Apache-2.0
# Compiler options of every target: warnings, hardening, sanitizers.
include(CheckCXXCompilerFlag)

add_library(console_policy_options INTERFACE)
target_include_directories(console_policy_options INTERFACE "${PROJECT_SOURCE_DIR}")

foreach(flag IN ITEMS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wswitch-enum -Wcast-align
    -Wduplicated-cond -Wlogical-op -Wimplicit-fallthrough -Wredundant-decls)
  string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
  check_cxx_compiler_flag(${flag} ${have})
  if(${have})
    target_compile_options(console_policy_options INTERFACE ${flag})
  endif()
endforeach()
if(CONSOLE_POLICY_WERROR)
  target_compile_options(console_policy_options INTERFACE -Werror)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the source tree let ccache share objects between clones and work trees.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "${CCACHE_PROGRAM}")
endif()

if(CONSOLE_POLICY_SANITIZE)
  target_compile_options(console_policy_options INTERFACE
    -fsanitize=${CONSOLE_POLICY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(console_policy_options INTERFACE -fsanitize=${CONSOLE_POLICY_SANITIZE})
  if(CONSOLE_POLICY_SANITIZE MATCHES "undefined")
    # Debian's SOCI hides the type information that this check would link against.
    target_compile_options(console_policy_options INTERFACE -fno-sanitize=vptr)
  endif()
endif()

# Debug builds check every standard container access; Release is hardened and position-independent.
target_compile_definitions(console_policy_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(NOT CONSOLE_POLICY_SANITIZE)
  target_compile_definitions(console_policy_options INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
target_compile_options(console_policy_options INTERFACE
  -fstack-protector-strong
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
check_cxx_compiler_flag(-fcf-protection=full HAVE_CF_PROTECTION)
if(HAVE_CF_PROTECTION)
  target_compile_options(console_policy_options INTERFACE $<$<CONFIG:Release>:-fcf-protection=full>)
endif()
target_link_options(console_policy_options INTERFACE
  $<$<CONFIG:Release>:-Wl,-z,relro,-z,now> $<$<CONFIG:Release>:-Wl,--as-needed>)

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
