// SPDX-License-Identifier: Apache-2.0
#include "service/store/snapshot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>

#include "service/codec/policy_text.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr const char* format = "console-policy-snapshot-1";

Error failed(const std::string& path, const std::string& what) {
  const std::string text = "snapshot file " + path + ": " + what;
  return Error{ErrorCode::unavailable, text, text};
}

Error broken(const std::string& path, std::size_t line, const std::string& what) {
  const std::string text = "snapshot file " + path + ", line " + std::to_string(line) + ": " + what;
  return Error{ErrorCode::invalid_request, text, text};
}

bool sync_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

// The next field of a line; all of the rest without a tab.
std::string cut(std::string& rest) {
  const std::size_t tab = rest.find('\t');
  std::string field = rest.substr(0, tab);
  rest = tab == std::string::npos ? std::string() : rest.substr(tab + 1);
  return field;
}

Status read_policy(std::string line, PolicyTable& table) {
  const std::string kind = cut(line);
  const std::string owner_id = cut(line);
  const std::string instance_id = cut(line);
  Result<Scope> scope = Scope::parse(kind, owner_id, instance_id);
  if (!scope.ok()) return std::move(scope).error();
  PolicyPtr policy;  // null: the row in the database could not be read
  if (!line.empty()) {
    std::vector<std::string> unknown;
    Result<Policy> read = to_policy(line, unknown);
    if (!read.ok()) return std::move(read).error();
    policy = std::make_shared<const Policy>(std::move(read).value());
  }
  table.set(scope.value(), std::move(policy));
  return Success{};
}

}  // namespace

Status write_snapshot_file(const std::string& path,
                           const std::vector<std::pair<Scope, PolicyPtr>>& policies,
                           const Position& position) {
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());
  const int descriptor =
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return failed(draft, std::generic_category().message(errno));
  ::close(descriptor);
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << format << '\t' << position.revision << '\t' << position.change_id << '\t'
       << to_microseconds(now()) << '\n';
  for (const auto& [scope, policy] : policies) {
    file << name(scope.kind()) << '\t' << scope.owner_id() << '\t' << scope.instance_id() << '\t'
         << (policy == nullptr ? std::string() : codec::policy_to_text(*policy)) << '\n';
  }
  file << "end\t" << policies.size() << '\n';
  file.close();
  if (!file || !sync_file(draft)) return failed(draft, "cannot be written");
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    return failed(path, std::generic_category().message(errno));
  }
  return Success{};
}

Result<Snapshot> read_snapshot_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(path, "is not there or cannot be read");
  std::string line;
  std::getline(file, line);
  if (cut(line) != format) return broken(path, 1, "not a snapshot of console-policyd");
  Snapshot snapshot;
  std::istringstream revision(cut(line));
  snapshot.position.change_id = cut(line);
  std::istringstream written_at(cut(line));
  long long time = 0;
  if (!(revision >> snapshot.position.revision) || !(written_at >> time)) {
    return broken(path, 1, "no revision or time");
  }
  snapshot.written_at = from_microseconds(time);
  std::size_t number = 1;
  while (std::getline(file, line)) {
    ++number;
    if (line == "end\t" + std::to_string(number - 2)) return snapshot;
    Status read = read_policy(std::move(line), snapshot.policies);
    if (!read.ok()) return broken(path, number, read.error().message);
  }
  return broken(path, number, "the end is missing");
}

}  // namespace console_policy::store
