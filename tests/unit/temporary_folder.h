// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own, which goes with its object.
#pragma once

#include <string>

namespace console_policy {

class TemporaryFolder final {
 public:
  TemporaryFolder();  // fails the test when there is no place for it
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

  // Gives the path of what it has written, or fails the test.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

}  // namespace console_policy
