// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_client.h"

#include <chrono>
#include <random>
#include <utility>

#include "service/identity/keystone_token.h"

namespace console_policy::identity {
namespace {

constexpr int http_ok = 200;
constexpr int http_created = 201;
constexpr int http_unauthorized = 401;
constexpr int http_forbidden = 403;
constexpr int http_not_found = 404;
constexpr int http_server_error = 500;

Error unavailable(std::string why) {
  return Error{ErrorCode::unavailable, "The Keystone service is temporarily unavailable.",
               std::move(why)};
}

Error refused() {
  return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
               "Keystone knows no such token"};
}

// Not 429: a retry would make it worse.
bool may_retry(const Result<HttpAnswer>& answer) {
  return !answer.ok() || answer.value().status >= http_server_error;
}

// Exponential backoff with full jitter, so that daemons do not retry in step.
std::chrono::milliseconds backoff(int attempt) {
  constexpr int first_milliseconds = 100;
  std::random_device random;
  std::uniform_int_distribution<int> pause(1, first_milliseconds << (attempt - 1));
  return std::chrono::milliseconds(pause(random));
}

Error unexpected_status(const HttpAnswer& answer) {
  if (answer.too_long) return unavailable("Keystone's answer is too long");
  if (answer.status == http_forbidden) {
    return unavailable("Keystone forbids the service's user to ask (403): it lacks a role");
  }
  return unavailable("Keystone answered " + std::to_string(answer.status));
}

Result<Caller> caller_of(const HttpAnswer& answer) {
  if (answer.status == http_ok && !answer.too_long) return parse_token(answer.body);
  if (answer.status == http_not_found && is_keystone_error(answer.body, http_not_found)) {
    return refused();
  }
  return unexpected_status(answer);
}

// What `parse` finds in the document of a thing; none when Keystone has no such thing.
template <class Parse>
Result<std::optional<std::string>> text_in(const HttpAnswer& answer, const Parse& parse) {
  if (answer.status == http_not_found && is_keystone_error(answer.body, http_not_found)) {
    return std::optional<std::string>();
  }
  if (answer.status != http_ok || answer.too_long) return unexpected_status(answer);
  Result<std::string> text = parse(answer.body);
  if (!text.ok()) return std::move(text).error();
  return std::optional<std::string>(std::move(text).value());
}

Result<OwnToken::Granted> granted_in(const HttpAnswer& answer) {
  if (answer.status != http_created || answer.too_long || answer.subject_token.empty()) {
    return unexpected_status(answer);
  }
  const Result<Timestamp> expires_at = parse_expiry(answer.body);
  if (!expires_at.ok()) return expires_at.error();
  return OwnToken::Granted{answer.subject_token, expires_at.value()};
}

void add_request_id(HttpQuery& query, const std::string& request_id) {
  if (!request_id.empty()) query.headers.emplace_back("X-OpenStack-Request-ID", request_id);
}

}  // namespace

// One question that is asked with the service's own token.
struct KeystoneClient::Question {
  HttpQuery query;
  HttpClient::Deadline deadline;
  std::string request_id;
  HttpClient::Done done;
  bool renewed{false};  // Keystone has refused one own token already
};

KeystoneClient::KeystoneClient(KeystoneOptions options, std::string secret, platform::Clock clock,
                               std::unique_ptr<HttpClient> http)
    : options_(std::move(options)),
      secret_(std::move(secret)),
      clock_(std::move(clock)),
      http_(std::move(http)),
      own_token_(*http_, clock_,
                 [this](const std::string& request_id) { fetch_own_token(request_id); }) {}

KeystoneClient::~KeystoneClient() {
  finish();
}

Result<std::unique_ptr<KeystoneClient>> KeystoneClient::create(const KeystoneOptions& options,
                                                               std::string secret,
                                                               platform::Clock clock) {
  Result<std::unique_ptr<HttpClient>> http = HttpClient::create(options.auth_url, options.cafile);
  if (!http.ok()) return std::move(http).error();
  return std::unique_ptr<KeystoneClient>(
      new KeystoneClient(options, std::move(secret), std::move(clock), std::move(http).value()));
}

void KeystoneClient::finish() {
  http_->finish();
}

HttpClient::Deadline KeystoneClient::deadline() const {
  return std::chrono::steady_clock::now() + options_.timeout;
}

KeystoneClient::QuestionPtr KeystoneClient::question(std::string target,
                                                     const std::string& request_id) const {
  auto question = std::make_shared<Question>();
  question->query = {"GET", std::move(target), {}, {}};
  add_request_id(question->query, request_id);
  question->deadline = deadline();
  question->request_id = request_id;
  return question;
}

void KeystoneClient::validate(const Token& token, Expired expired, const std::string& request_id,
                              CallerDone done) {
  const QuestionPtr asked =
      question(expired == Expired::allowed ? "/auth/tokens?nocatalog=1&allow_expired=1"
                                           : "/auth/tokens?nocatalog=1",
               request_id);
  asked->query.headers.emplace_back("X-Subject-Token", std::string(token.secret()));
  asked->query.headers.emplace_back("OpenStack-Identity-Access-Rules", "1");
  asked->done = [this, done = std::move(done)](const Result<HttpAnswer>& answer) {
    Result<Caller> said = answer.ok() ? caller_of(answer.value()) : Result<Caller>(answer.error());
    hear(said.ok() || said.error().code == ErrorCode::unauthenticated);
    done(std::move(said));
  };
  ask(asked);
}

void KeystoneClient::domain_of(const std::string& project_id, const std::string& request_id,
                               DomainDone done) {
  const QuestionPtr asked = question("/projects/" + path_segment(project_id), request_id);
  asked->done = [done = std::move(done)](const Result<HttpAnswer>& answer) {
    if (!answer.ok()) return done(answer.error());
    done(text_in(answer.value(), parse_project_domain));
  };
  ask(asked);
}

KeystoneStanding KeystoneClient::standing() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return standing_;
}

void KeystoneClient::hear(bool answered) {
  const Timestamp now = clock_();
  const std::lock_guard<std::mutex> lock(mutex_);
  standing_.heard_at = now;
  standing_.failing = !answered;
  if (answered) standing_.answered_at = now;
}

void KeystoneClient::probe() {
  if (probing_.exchange(true)) return;
  own_token_.get(deadline(), {}, [this](const Result<std::string>& own) {
    if (!own.ok()) {
      hear(false);
      probing_ = false;
      return;
    }
    validate(Token(own.value()), Expired::refused, {},
             [this](const Result<Caller>&) { probing_ = false; });
  });
}

void KeystoneClient::ask(const QuestionPtr& question) {
  own_token_.get(question->deadline, question->request_id,
                 [this, question](Result<std::string> own) {
                   if (!own.ok()) return question->done(std::move(own).error());
                   HttpQuery query = question->query;
                   query.headers.emplace_back("X-Auth-Token", own.value());
                   send(std::move(query), question->deadline, 1,
                        [this, question, own = own.value()](Result<HttpAnswer> answer) {
                          answered(question, own, std::move(answer));
                        });
                 });
}

void KeystoneClient::answered(const QuestionPtr& question, const std::string& own,
                              Result<HttpAnswer> answer) {
  if (!answer.ok() || answer.value().status != http_unauthorized) {
    return question->done(std::move(answer));
  }
  own_token_.forget(own);
  if (question->renewed) {
    return question->done(unavailable("Keystone refuses the service's own token, renewed too"));
  }
  question->renewed = true;
  ask(question);
}

void KeystoneClient::send(HttpQuery query, HttpClient::Deadline deadline, int attempt,
                          HttpClient::Done done) {
  http_->send(
      query, deadline,
      [this, query, deadline, attempt, done = std::move(done)](Result<HttpAnswer> answer) mutable {
        const auto retry_at = std::chrono::steady_clock::now() + backoff(attempt);
        if (!may_retry(answer) || attempt == max_attempts || retry_at >= deadline) {
          return done(std::move(answer));
        }
        HttpClient::Done retry = [this, query = std::move(query), deadline, attempt,
                                  done](const Result<HttpAnswer>&) mutable {
          send(std::move(query), deadline, attempt + 1, std::move(done));
        };
        // Its own deadline ends this wait; finish() does too, and then send() is refused.
        if (!http_->wait(retry_at, retry).has_value()) done(std::move(answer));
      });
}

// Has options.timeout for itself, however little time the request that started it has left.
void KeystoneClient::fetch_own_token(const std::string& request_id) {
  HttpQuery query{"POST", "/auth/tokens?nocatalog=1", {}, own_token_request(options_, secret_)};
  add_request_id(query, request_id);
  send(std::move(query), deadline(), 1, [this](const Result<HttpAnswer>& answer) {
    if (!answer.ok()) return own_token_.fetched(answer.error());
    if (answer.value().status == http_unauthorized) return own_token_.refused();
    own_token_.fetched(granted_in(answer.value()));
  });
}

}  // namespace console_policy::identity
