// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value of T, or an Error.
//
// Contract: holds exactly one of the two. value() requires ok(), error() requires !ok(); a
//           violation aborts the program.
// Threads:  as T.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include "policies/error.h"

namespace console_policy {

template <class T>
class [[nodiscard]] Result final {
 public:
  // Implicit on purpose: `return value;` and `return error;` are how functions end.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& { return present(std::get_if<0>(&state_)); }
  T& value() & { return present(std::get_if<0>(&state_)); }
  T&& value() && { return std::move(present(std::get_if<0>(&state_))); }

  const Error& error() const& { return present(std::get_if<1>(&state_)); }
  Error&& error() && { return std::move(present(std::get_if<1>(&state_))); }

 private:
  template <class Part>
  static Part& present(Part* part) {
    if (part == nullptr) std::abort();
    return *part;
  }

  std::variant<T, Error> state_;
};

// The result of an operation without a return value.
struct Success {};
using Status = Result<Success>;

}  // namespace console_policy
