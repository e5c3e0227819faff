// SPDX-License-Identifier: Apache-2.0
// Scrape: answers GET /metrics, on a listener of its own and without a token.
//
// Contract: 404 for any other path, 405 for any other method; nothing is read of a request but
//           these two.
// Threads:  as http::Handler. Lifetime: borrows nothing but what `text` does.
#pragma once

#include <functional>
#include <string>

#include "service/http/message.h"

namespace console_policy::metrics {

class Scrape final : public http::Handler {
 public:
  explicit Scrape(std::function<std::string()> text) : text_(std::move(text)) {}

  void handle(http::Request request, http::Respond respond) noexcept override;
  http::Response refuse(const Error& error, std::string_view client_address) noexcept override;

 private:
  std::function<std::string()> text_;
};

}  // namespace console_policy::metrics
