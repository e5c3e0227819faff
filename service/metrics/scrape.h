// SPDX-License-Identifier: Apache-2.0
// Scrape: answers GET /metrics, on a listener of its own and without a token.
//
// Contract: 404 for any other path, 405 for any other method; nothing is read of a request but
//           these two. What never became a request, or found no answer, goes to `refused`,
//           which knows where such is written down.
// Threads:  as http::Handler: both functions are called on I/O threads.
// Lifetime: borrows nothing but what they do.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "service/http/message.h"

namespace console_policy::metrics {

class Scrape final : public http::Handler {
 public:
  using Refused = std::function<void(const Error& error, std::string_view client_address)>;

  Scrape(std::function<std::string()> text, Refused refused)
      : text_(std::move(text)), refused_(std::move(refused)) {}

  void handle(http::Request request, http::Respond respond) noexcept override;
  http::Response refuse(const Error& error, std::string_view client_address) noexcept override;

 private:
  std::function<std::string()> text_;
  Refused refused_;
};

}  // namespace console_policy::metrics
