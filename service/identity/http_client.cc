// SPDX-License-Identifier: Apache-2.0
#include "service/identity/http_client.h"

#include <cpprest/http_client.h>
#include <openssl/ssl.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace console_policy::identity {
namespace {

using Clock = std::chrono::steady_clock;

Error no_answer(std::string why) {
  return Error{ErrorCode::unavailable, "The Keystone service is temporarily unavailable.",
               std::move(why)};
}

// Only `cafile` counts: the system's authorities, which cpprestsdk has loaded, are let go of.
void trust_only(const std::string& cafile, boost::asio::ssl::context& context) {
  SSL_CTX_set_cert_store(context.native_handle(), X509_STORE_new());
  boost::system::error_code failure;
  // If the file was deleted since the start, no peer is trusted, and every handshake fails.
  context.load_verify_file(cafile, failure);
}

using TooLong = std::shared_ptr<std::atomic<bool>>;

// cpprestsdk reports the size of a body before it keeps the next piece: of each chunk, and of every
// 64 KiB where there are none. Else it would take any length into memory.
void bound_answer(web::http::http_request& request, const TooLong& too_long) {
  request.set_progress_handler(
      [too_long](web::http::message_direction::direction direction, std::uint64_t size) {
        if (direction != web::http::message_direction::download) return;
        if (size <= HttpClient::max_answer_bytes) return;
        *too_long = true;
        pplx::cancel_current_task();  // its way out of a handler; cpprestsdk closes the connection
      });
}

web::http::http_request request_of(const HttpQuery& query, const TooLong& too_long) {
  web::http::http_request request(query.method);
  request.set_request_uri(web::uri(query.target));
  for (const auto& [name, value] : query.headers) request.headers().add(name, value);
  request.headers().add("Accept", "application/json");
  if (!query.body.empty()) request.set_body(query.body, "application/json");
  bound_answer(request, too_long);
  return request;
}

pplx::task<HttpAnswer> whole(const web::http::http_response& response, const TooLong& too_long) {
  HttpAnswer answer;
  answer.status = response.status_code();
  const auto subject = response.headers().find("X-Subject-Token");
  if (subject != response.headers().end()) answer.subject_token = subject->second;
  if (response.headers().content_length() > HttpClient::max_answer_bytes) {
    answer.too_long = true;
    return pplx::task_from_result(std::move(answer));
  }
  return response.extract_vector().then(
      [answer, too_long](const pplx::task<std::vector<unsigned char>>& read) mutable {
        try {
          const std::vector<unsigned char> body = read.get();
          answer.too_long = body.size() > HttpClient::max_answer_bytes;
          if (!answer.too_long) answer.body.assign(body.begin(), body.end());
        } catch (const std::exception&) {
          if (!*too_long) throw;
          answer.too_long = true;
        }
        return answer;
      });
}

}  // namespace

struct HttpClient::State {
  using Cancel = std::shared_ptr<pplx::cancellation_token_source>;
  struct Pending {
    Deadline deadline;
    Done done;
    Cancel cancel;  // none of a wait()
  };

  State(const web::uri& base, const web::http::client::http_client_config& config)
      : client(base, config) {}

  // Nothing once the client ends; `done` is untouched then.
  std::optional<std::uint64_t> admit(Deadline deadline, Done& done, const Cancel& cancel) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (ending) return std::nullopt;
    pending.emplace(++next_id, Pending{deadline, std::move(done), cancel});
    changed.notify_all();
    return next_id;
  }

  // The code that takes a Pending out calls its `done`, so it is called once. Unless the body has
  // come whole, cpprestsdk would read on, with no deadline any more: it is cancelled.
  void settle(std::uint64_t id, Result<HttpAnswer> result) {
    Done done;
    Cancel cancel;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      const auto at = pending.find(id);
      if (at == pending.end()) return;
      done = std::move(at->second.done);
      cancel = std::move(at->second.cancel);
      pending.erase(at);
      ++answering;
    }
    const bool is_whole = result.ok() && !result.value().too_long;
    if (!is_whole && cancel != nullptr) cancel->cancel();
    done(std::move(result));
    done = nullptr;
    const std::lock_guard<std::mutex> lock(mutex);
    --answering;
    changed.notify_all();
  }

  void give_up(std::uint64_t id, const char* why) { settle(id, no_answer(why)); }

  std::vector<std::uint64_t> ids_due(Deadline now) const {  // mutex is held
    std::vector<std::uint64_t> due;
    for (const auto& [id, one] : pending) {
      if (one.deadline <= now) due.push_back(id);
    }
    return due;
  }

  void watch_deadlines() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!ending) {
      const std::vector<std::uint64_t> due = ids_due(Clock::now());
      if (!due.empty()) {
        lock.unlock();
        for (const std::uint64_t id : due) give_up(id, "no answer within the time for it");
        lock.lock();
        continue;
      }
      if (pending.empty()) {
        changed.wait(lock);
        continue;
      }
      const auto next = std::min_element(
          pending.begin(), pending.end(),
          [](const auto& a, const auto& b) { return a.second.deadline < b.second.deadline; });
      const Deadline until = next->second.deadline;
      changed.wait_until(lock, until);
    }
  }

  web::http::client::http_client client;
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::map<std::uint64_t, Pending> pending;
  std::uint64_t next_id{0};
  std::size_t answering{0};  // calls of `done` that run now
  bool ending{false};
};

HttpClient::HttpClient(std::shared_ptr<State> state)
    : state_(std::move(state)), deadlines_([kept = state_] { kept->watch_deadlines(); }) {}

HttpClient::~HttpClient() {
  finish();
}

std::string path_segment(const std::string& text) {
  return web::uri::encode_data_string(text);
}

Status HttpClient::check_cafile(const std::string& cafile) {
  if (cafile.empty()) return Success{};
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  boost::system::error_code failure;
  context.load_verify_file(cafile, failure);
  if (!failure) return Success{};
  return invalid_request(cafile + ": no certificates of authorities in it: " + failure.message());
}

Result<std::unique_ptr<HttpClient>> HttpClient::create(const std::string& base_url,
                                                       const std::string& cafile) {
  Status usable = check_cafile(cafile);
  if (!usable.ok()) return std::move(usable).error();
  // Else a thread of cpprestsdk's does it, which ends after OpenSSL has, and leaves its part
  // behind.
  OPENSSL_init_ssl(0, nullptr);
  try {
    crossplat::threadpool::initialize_with_threads(client_threads);
  } catch (const std::runtime_error&) {
    // Another client of this process has started them.
  }
  try {
    web::http::client::http_client_config config;
    config.set_max_redirects(0);
    if (!cafile.empty()) {
      config.set_ssl_context_callback(
          [cafile](boost::asio::ssl::context& context) { trust_only(cafile, context); });
    }
    auto state = std::make_shared<State>(web::uri(base_url), config);
    return std::unique_ptr<HttpClient>(new HttpClient(std::move(state)));
  } catch (const std::exception& failure) {
    return invalid_request(base_url + ": " + failure.what());
  }
}

void HttpClient::send(const HttpQuery& query, Deadline deadline, Done done) {
  const auto cancel = std::make_shared<pplx::cancellation_token_source>();
  const std::optional<std::uint64_t> admitted = state_->admit(deadline, done, cancel);
  if (!admitted.has_value()) return done(no_answer("the service is ending"));
  const std::uint64_t id = *admitted;
  const auto too_long = std::make_shared<std::atomic<bool>>(false);
  try {
    // The last continuation takes every exception of the chain: one that is not observed would end
    // the process.
    state_->client.request(request_of(query, too_long), cancel->get_token())
        .then([too_long](const web::http::http_response& response) {
          return whole(response, too_long);
        })
        .then([state = state_, id](const pplx::task<HttpAnswer>& task) {
          try {
            state->settle(id, task.get());
          } catch (const std::exception& failure) {
            state->settle(id, no_answer(failure.what()));
          }
        });
  } catch (const std::exception& failure) {
    state_->settle(id, no_answer(failure.what()));
  }
}

std::optional<HttpClient::Wait> HttpClient::wait(Deadline deadline, Done& done) {
  return state_->admit(deadline, done, nullptr);
}

void HttpClient::notify(Wait wait, Result<HttpAnswer> answer) {
  state_->settle(wait, std::move(answer));
}

void HttpClient::finish() {
  std::vector<std::uint64_t> left;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->ending = true;
    for (const auto& [id, one] : state_->pending) left.push_back(id);
    state_->changed.notify_all();
  }
  for (const std::uint64_t id : left) state_->give_up(id, "the service is ending");
  if (deadlines_.joinable()) deadlines_.join();
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->answering == 0; });
}

}  // namespace console_policy::identity
