// SPDX-License-Identifier: Apache-2.0
#include <endian.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "service/config/load.h"
#include "service/config/source_text.h"

namespace console_policy::config {
namespace {

class OpenFile final {
 public:
  // Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Error system_error(const std::string& path) {
  return invalid_request(path + ": " + std::generic_category().message(errno));
}

constexpr std::size_t max_access_entries = 16;

// Whether the file's access list gives rights only to its owner and this process' user. Not
// so when it has none, or a longer one.
bool is_ours_by_access_list(int descriptor) {
  std::array<char,
             sizeof(posix_acl_xattr_header) + max_access_entries * sizeof(posix_acl_xattr_entry)>
      list{};
  const ssize_t size = ::fgetxattr(descriptor, "system.posix_acl_access", list.data(), list.size());
  if (size < 0) return false;
  posix_acl_xattr_entry entry{};
  for (std::size_t at = sizeof(posix_acl_xattr_header);
       at + sizeof entry <= static_cast<std::size_t>(size); at += sizeof entry) {
    std::memcpy(&entry, &list[at], sizeof entry);
    const unsigned tag = le16toh(entry.e_tag);
    if (le16toh(entry.e_perm) == 0 || tag == ACL_USER_OBJ || tag == ACL_MASK) continue;
    if (tag != ACL_USER || le32toh(entry.e_id) != ::geteuid()) return false;
  }
  return true;
}

// systemd keeps a credential as its own and gives the service's user an entry of an access list.
// Where there is a list, the mode has the list's bound in the place of the group's rights.
bool is_private(int descriptor, mode_t mode) {
  if ((mode & S_IRWXO) != 0) return false;
  return (mode & S_IRWXG) == 0 || is_ours_by_access_list(descriptor);
}

enum class Holds { text, secret };

Result<std::string> read_whole(const std::string& path, Holds holds) {
  const OpenFile file(path);
  if (file.descriptor() < 0) return system_error(path);
  struct stat about {};
  if (::fstat(file.descriptor(), &about) != 0) return system_error(path);
  if (!S_ISREG(about.st_mode)) return invalid_request(path + ": not a regular file");
  if (holds == Holds::secret && !is_private(file.descriptor(), about.st_mode)) {
    return invalid_request(path + ": holds a secret, and is not its owner's alone (chmod 600)");
  }

  // One byte more than allowed shows a file that is too big, even one that grows meanwhile.
  std::string text(max_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.descriptor(), &text[size], text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_file_bytes) {
    return invalid_request(path + ": bigger than " + std::to_string(max_file_bytes) + " bytes");
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  return read_whole(path, Holds::text);
}

Result<std::string> read_secret_file(const std::string& path) {
  Result<std::string> text = read_whole(path, Holds::secret);
  if (!text.ok()) return text;
  std::string secret = std::move(text).value();
  if (!secret.empty() && secret.back() == '\n') secret.pop_back();
  if (secret.empty()) return invalid_request(path + ": is empty");
  if (std::any_of(secret.begin(), secret.end(), is_control)) {
    return invalid_request(path + ": expected one line without control characters");
  }
  return secret;
}

}  // namespace console_policy::config
