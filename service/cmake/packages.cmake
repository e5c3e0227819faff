# SPDX-License-Identifier: Apache-2.0
# Third-party libraries, each with its Debian package.
function(console_policy_need found debian_package)
  if(NOT ${found})
    message(FATAL_ERROR "missing library: apt-get install ${debian_package}")
  endif()
endfunction()

find_package(Threads REQUIRED)

find_package(Boost 1.74 QUIET COMPONENTS system)
console_policy_need(Boost_FOUND "libboost-dev libboost-system-dev")

find_package(OpenSSL 3.0 QUIET)
console_policy_need(OPENSSL_FOUND libssl-dev)

find_package(cpprestsdk QUIET PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/cmake)
console_policy_need(cpprestsdk_FOUND libcpprest-dev)

find_package(spdlog 1.10 QUIET)
console_policy_need(spdlog_FOUND libspdlog-dev)

find_package(yaml-cpp 0.7 QUIET)
console_policy_need(yaml-cpp_FOUND libyaml-cpp-dev)

find_package(nlohmann_json 3.11 QUIET)
console_policy_need(nlohmann_json_FOUND nlohmann-json3-dev)

# SOCI on Debian ships neither a CMake configuration nor a pkg-config file.
find_path(SOCI_INCLUDE_DIR soci/soci.h)
find_path(MARIADB_INCLUDE_DIR mysql.h PATH_SUFFIXES mariadb)
set(SOCI_FOUND "${SOCI_INCLUDE_DIR}")
add_library(soci::soci INTERFACE IMPORTED)
foreach(library IN ITEMS soci_sqlite3 soci_mysql soci_core sqlite3 mariadb)
  find_library(${library}_LIBRARY ${library})
  if(NOT ${library}_LIBRARY)
    set(SOCI_FOUND FALSE)
  endif()
  target_link_libraries(soci::soci INTERFACE "${${library}_LIBRARY}")
endforeach()
if(NOT MARIADB_INCLUDE_DIR)
  set(SOCI_FOUND FALSE)
endif()
console_policy_need(SOCI_FOUND "libsoci-dev libsqlite3-dev libmariadb-dev")
target_include_directories(soci::soci SYSTEM INTERFACE "${SOCI_INCLUDE_DIR}" "${MARIADB_INCLUDE_DIR}")
