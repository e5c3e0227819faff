// SPDX-License-Identifier: Apache-2.0
// InputBuffer: bytes that were read and not used yet.
//
// Contract: never larger than its bound; small until more is needed, and small again while idle.
// Threads:  none of its own.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace console_policy::http {

class InputBuffer final {
 public:
  explicit InputBuffer(std::size_t max_bytes) : max_bytes_{max_bytes} {}

  std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Room to read into, at the end; none when the bound is reached. Moves what view() gave.
  boost::asio::mutable_buffer room() {
    if (begin_ > 0) {
      if (!empty()) std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == bytes_.size()) {
      bytes_.resize(std::min(std::max(bytes_.size() * 2, first_bytes), max_bytes_));
    }
    return {bytes_.data() + end_, bytes_.size() - end_};
  }
  void commit(std::size_t count) { end_ += count; }
  void consume(std::size_t count) { begin_ += count; }

  void shrink_if_empty() {
    if (empty() && bytes_.size() > first_bytes) *this = InputBuffer{max_bytes_};
  }

 private:
  static constexpr std::size_t first_bytes = 2048;  // holds nearly every request

  std::size_t max_bytes_;
  std::vector<char> bytes_;
  std::size_t begin_{0};
  std::size_t end_{0};
};

}  // namespace console_policy::http
