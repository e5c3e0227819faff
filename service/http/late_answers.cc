// SPDX-License-Identifier: Apache-2.0
#include "service/http/late_answers.h"

#include <boost/asio/post.hpp>
#include <exception>

#include "service/http/connection.h"

namespace console_policy::http {

void LateAnswers::add(std::shared_ptr<Connection> connection, Response response) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.emplace_back(std::move(connection), std::move(response));
    if (std::exchange(expected_, true)) return;
  }
  try {
    boost::asio::post(context_, [this] { hand_out(); });
  } catch (const std::exception&) {
    const std::lock_guard<std::mutex> lock(mutex_);
    expected_ = false;  // whoever comes next tries again
    throw;
  }
}

void LateAnswers::hand_out() {
  Waiting all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    expected_ = false;
    all.swap(waiting_);
  }
  for (auto& [connection, response] : all) {
    try {
      connection->take(std::move(response));
    } catch (const std::exception&) {
      // No memory for this one: the others are not to wait for it.
    }
  }
}

}  // namespace console_policy::http
