// SPDX-License-Identifier: Apache-2.0
#include "service/daemon.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <chrono>
#include <csignal>
#include <string_view>

#include "service/api/batch.h"
#include "service/api/pipeline.h"
#include "service/api/preview.h"
#include "service/config/load.h"
#include "service/http/server.h"
#include "service/identities.h"
#include "service/metrics_listener.h"
#include "service/platform/log.h"
#include "service/platform/private_file.h"
#include "service/platform/worker_pool.h"
#include "service/shipped.h"
#include "service/store/store.h"
#include "service/store/store_url.h"
#include "service/version.h"

namespace console_policy {
namespace {

using platform::LogLevel;

// Workers wait for the database. Reads share store.sessions sessions and writes take turns, so this
// is more than both need at once: a few slow requests do not stop the others.
constexpr std::size_t worker_threads = 6;
constexpr std::size_t max_waiting_requests = 1024;

// No core dumps, and no debugger except root's: both would show tokens and passwords. As many
// descriptors as the system allows, because each connection needs one. Runs before any secret is
// read. Ignores what the system refuses.
void harden_process() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

// With an arena per thread (up to eight per processor) glibc keeps memory that one thread freed
// from the others: after four minutes of mixed load 60 MiB were resident instead of 41 (ADR 0009).
void limit_malloc_arenas() {
  mallopt(M_ARENA_MAX, 2);
}

// Blocks the signals that the daemon waits for, in this thread and in all that it starts.
class Signals final {
 public:
  Signals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // A closed connection is an error of the write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }

  int wait() const {
    int received = 0;
    while (sigwait(&signals_, &received) != 0) {
    }
    return received;
  }

 private:
  sigset_t signals_{};
};

std::vector<api::HealthCheck> health_checks(const config::Config& settings, store::Store& store,
                                            Identities& identities) {
  std::vector<api::HealthCheck> checks{{"store", [&store] { return store.check(); }}};
  if (identity::KeystoneHealth* keystone = identities.keystone_health()) {
    checks.push_back({"keystone", [keystone] { return keystone->check(); }});
  }
  if (settings.healthcheck_disable_file.has_value()) {
    checks.push_back({"", [file = *settings.healthcheck_disable_file]() -> Result<std::string> {
                        if (!platform::file_exists(file)) return std::string();
                        // oslo's words; load balancers may look for them.
                        return Error{ErrorCode::unavailable, "DISABLED BY FILE", {}};
                      }});
  }
  return checks;
}

LogLevel level_of(store::Severity severity) {
  switch (severity) {
    case store::Severity::info:
      return LogLevel::info;
    case store::Severity::warning:
      return LogLevel::warning;
    case store::Severity::error:
      return LogLevel::error;
  }
  return LogLevel::error;
}

store::Report report_to(platform::Log& log) {
  return [&log](store::Severity severity, std::string_view message, std::string_view detail) {
    log.write(level_of(severity), message, {{"detail", detail}});
  };
}

// First of all on SIGHUP: the others log into the new file.
void reopen_log(const config::Config& settings, platform::Log& log) {
  if (!settings.log.file.has_value()) return;
  const Status opened = log.reopen();
  if (opened.ok()) {
    return log.write(LogLevel::info, "log file reopened",
                     {{"file", std::string_view(*settings.log.file)}});
  }
  log.write(LogLevel::error, "cannot reopen the log file; still writing to the old one",
            {{"detail", std::string_view(opened.error().message)}});
}

void reload_access(const config::Config& settings, api::AccessInForce& access, platform::Log& log) {
  const std::string file = settings.access_file.value_or("");
  Result<AccessRules> rules = load_access(settings);
  if (!rules.ok()) {
    log.write(
        LogLevel::error, "access rules not reloaded: the ones in force stay",
        {{"file", std::string_view(file)}, {"detail", std::string_view(rules.error().message)}});
    return;
  }
  access.replace(std::move(rules).value());
  log.write(LogLevel::info, "access rules reloaded", {{"file", std::string_view(file)}});
}

void reload_tokens(const config::Config& settings, Identities& identities, platform::Log& log) {
  if (!settings.static_identity.enabled) return;
  const std::string_view file = settings.static_identity.tokens_file;
  const Status reloaded = identities.reload_tokens(settings);
  if (reloaded.ok()) return log.write(LogLevel::info, "tokens reloaded", {{"file", file}});
  log.write(LogLevel::error, "tokens not reloaded: the ones in force stay",
            {{"file", file}, {"detail", std::string_view(reloaded.error().message)}});
}

// `metrics` may be null.
void reload_certificates(http::Server& server, MetricsListener* metrics, platform::Log& log) {
  Status reloaded = server.reload_certificates();
  if (metrics != nullptr) {
    Status others = metrics->reload_certificates();
    if (reloaded.ok()) reloaded = std::move(others);
  }
  if (reloaded.ok()) return log.write(LogLevel::info, "certificates reloaded");
  log.write(LogLevel::error, "certificates not reloaded: the ones in force stay",
            {{"detail", std::string_view(reloaded.error().message)}});
}

// Returns the name of the signal that ends the daemon.
std::string_view serve_signals(const Signals& signals, const config::Config& settings,
                               api::AccessInForce& access, Identities& identities,
                               http::Server& server, MetricsListener* metrics, platform::Log& log) {
  for (;;) {
    const int signal = signals.wait();
    if (signal == SIGTERM) return "SIGTERM";
    if (signal == SIGINT) return "SIGINT";
    reopen_log(settings, log);
    reload_access(settings, access, log);
    reload_tokens(settings, identities, log);
    reload_certificates(server, metrics, log);
  }
}

// The kernel ends the process after this time (SIGALRM), whatever hangs: a worker in the database,
// the log, a library. Nothing that is acknowledged is lost: it is committed.
void exit_within(std::chrono::milliseconds time) {
  constexpr long thousand = 1000;
  std::signal(SIGALRM, SIG_DFL);
  itimerval timer{};
  timer.it_value.tv_sec = time.count() / thousand;
  timer.it_value.tv_usec = time.count() % thousand * thousand;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

Status run_until_signal(const config::Config& settings, const Signals& signals,
                        const api::Services& services, api::AccessInForce& access,
                        Identities& identities, platform::Log& log) {
  platform::WorkerPool workers(worker_threads, max_waiting_requests);
  api::Pipeline pipeline(services, identities.identity(), workers, log);
  http::Options options = settings.http;
  options.drain_time -= options.drain_time / 10;  // the rest is for closing and for the workers
  options.limits.large_body = http::LargeBody{"POST",
                                              {api::batch_path, api::preview_path},
                                              settings.max_batch_body_bytes,
                                              settings.max_batch_bodies};
  Result<std::unique_ptr<http::Server>> server = http::Server::start(options, pipeline);
  if (!server.ok()) return std::move(server).error();
  for (const std::string& url : server.value()->urls()) {
    log.write(LogLevel::info, "listening",
              {{"url", std::string_view(url)}, {"version", std::string_view(version)}});
  }

  // From now on there are clients. Identity and workers answer into the server, so they end before
  // it is destroyed, on every way out.
  const auto end = [&] {
    exit_within(settings.http.drain_time);
    const bool all_answered = server.value()->drain();
    identities.finish();
    workers.finish();
    return all_answered;
  };
  const Result<std::unique_ptr<MetricsListener>> metrics =
      MetricsListener::start(settings, {*server.value(), workers, services}, log);
  if (!metrics.ok()) {
    end();
    return metrics.error();
  }
  const std::string_view signal = serve_signals(signals, settings, access, identities,
                                                *server.value(), metrics.value().get(), log);
  log.write(LogLevel::info, "draining", {{"signal", signal}});
  const bool all_answered = end();
  log.write(all_answered ? LogLevel::info : LogLevel::warning, "ended",
            {{"all_answered", std::string_view(all_answered ? "yes" : "no")}});
  return Success{};
}

}  // namespace

Status check(const config::Config& settings) {
  Result<Policies> policies = load_policies(settings);
  if (!policies.ok()) return std::move(policies).error();
  Status identities = Identities::check(settings);
  if (!identities.ok()) return identities;
  const auto url = store::parse_store_url(settings.store.url);
  if (!url.ok()) return invalid_request("store.url: " + url.error().message);
  if (!settings.store.password_file.empty()) {
    const Result<std::string> password = config::read_secret_file(settings.store.password_file);
    if (!password.ok()) return invalid_request("store.password_file: " + password.error().message);
  }
  for (const http::Listen& listen : settings.http.listen) {
    Status usable = http::Server::check(listen);
    if (!usable.ok()) return invalid_request("listen: " + usable.error().message);
  }
  Status usable =
      settings.metrics.enabled ? http::Server::check(settings.metrics.listen) : Status(Success{});
  if (!usable.ok()) return invalid_request("metrics.listen: " + usable.error().message);
  return Success{};
}

Status make_first_admin(const config::Config& settings) {
  Status folder = platform::make_private_folder(settings.data_dir);
  return folder.ok() ? make_admin_token(settings) : folder;
}

Status serve(const config::Config& settings) {
  harden_process();
  limit_malloc_arenas();
  const Signals signals;
  Result<Policies> policies = load_policies(settings);
  if (!policies.ok()) return std::move(policies).error();
  Status folder = platform::make_private_folder(settings.data_dir);
  if (!folder.ok()) return folder;
  Result<std::unique_ptr<platform::Log>> log = platform::Log::start(settings.log);
  if (!log.ok()) return std::move(log).error();

  Result<std::unique_ptr<store::Store>> store =
      store::open_store(settings.store, report_to(*log.value()));
  if (!store.ok()) return std::move(store).error();
  Result<std::unique_ptr<Identities>> identities = Identities::start(settings);
  if (!identities.ok()) return std::move(identities).error();

  api::AccessInForce access(std::move(policies.value().access));
  metrics::Metrics counted(route_labels());
  api::FairUse fair_use(settings.fair_use);
  api::RateLimiter report_limit(settings.availability.reports_per_minute);
  api::RateLimiter write_limit(settings.fair_use.writes_per_minute);
  const api::Services services{*store.value(),
                               access,
                               policies.value().cloud_default,
                               platform::system_time,
                               health_checks(settings, *store.value(), *identities.value()),
                               settings.proxy_headers,
                               identities.value()->project_domains(),
                               settings.availability,
                               &report_limit,
                               &write_limit,
                               &fair_use,
                               &counted};
  return run_until_signal(settings, signals, services, access, *identities.value(), *log.value());
}

}  // namespace console_policy
