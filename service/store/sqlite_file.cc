// SPDX-License-Identifier: Apache-2.0
#include "service/store/sqlite_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace console_policy::store {
namespace {

Error file_error(const std::string& what, const std::string& path, int error_number) {
  std::string text = what + " " + path + ": " + std::generic_category().message(error_number);
  return Error{ErrorCode::unavailable, text, text};
}

}  // namespace

Status ensure_database_file(const std::string& path) {
  // mknod makes a plain file without opening it.
  if (::mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0) {
    if (errno == EEXIST) return Success{};
    return file_error("cannot create database", path, errno);
  }
  // An odd umask may have taken the owner's own rights.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return file_error("cannot set the mode of database", path, errno);
  }
  return Success{};
}

Result<FileIdentity> file_identity(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return file_error("cannot find database", path, errno);
  return FileIdentity{status.st_dev, status.st_ino};
}

}  // namespace console_policy::store
