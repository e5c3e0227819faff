// SPDX-License-Identifier: Apache-2.0
// What was seen of instances' consoles: kept, found, bounded.
#include <catch2/catch.hpp>
#include <thread>

#include "service/store/soci_store.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

constexpr auto day = std::chrono::hours(24);
const Timestamp noon = at(1'790'000'000'000'000);

struct Instance {
  ProjectId project;
  InstanceId id;
};

Instance instance_of(const std::string& project_id, int number) {
  const Scope scope = instance(project_id, number);
  return {ProjectId::parse(scope.owner_id()).value(),
          InstanceId::parse(scope.instance_id()).value()};
}

SeenType seen(ConsoleType type, AvailabilityStatus status, Timestamp seen_at = noon,
              const std::string& host_id = "a0") {
  return SeenType{type, status, Fingerprint{noon, host_id}, seen_at, NovaAnswer{400, 41}};
}

void keep(Store& store, const Instance& of, const std::vector<SeenType>& types,
          Timestamp now = noon) {
  const Status kept = store.learn(of.project, of.id, now, [&](const auto&) { return types; });
  INFO((kept.ok() ? std::string("kept") : kept.error().internal));
  REQUIRE(kept.ok());
}

std::vector<SeenType> known(Store& store, const Instance& of) {
  Result<std::vector<SeenType>> found = store.seen(of.project, of.id);
  REQUIRE(found.ok());
  return std::move(found).value();
}

// "p/1/SPICE" for each row, in the order of the list.
std::vector<std::string> listed(Store& store, const SeenFilter& filter, std::size_t limit = 1000) {
  std::vector<std::string> all;
  std::optional<SeenPlace> after;
  for (;;) {
    Result<std::vector<SeenOfInstance>> page = store.list_seen(filter, after, limit);
    REQUIRE(page.ok());
    REQUIRE(page.value().size() <= limit);
    for (const SeenOfInstance& one : page.value()) {
      all.push_back(one.project_id + "/" + one.instance_id.substr(35) + "/" +
                    std::string(name(one.seen.type)));
    }
    if (page.value().size() < limit) return all;
    const SeenOfInstance& last = page.value().back();
    after = SeenPlace{last.project_id, last.instance_id, std::string(name(last.seen.type))};
  }
}

constexpr auto vnc = ConsoleType::vnc;
constexpr auto spice = ConsoleType::spice;
constexpr auto opened = AvailabilityStatus::opened;
constexpr auto unavailable = AvailabilityStatus::unavailable;

struct BoundedStore {
  explicit BoundedStore(const AvailabilityBounds& bounds) {
    Options options = options_for(path);
    options.availability = bounds;
    store = open_or_fail(options);
  }
  TemporaryFolder folder;
  std::string path{folder.file("policy.db")};
  std::unique_ptr<Store> store;
};

// The counts that the bounds rest on are those of the rows.
void check_counts(const std::string& path) {
  RawDatabase raw(path);
  CHECK(raw.value("SELECT row_count FROM availability_count WHERE project_id = ''") ==
        raw.value("SELECT count(*) FROM availability"));
  CHECK(raw.run(
            "SELECT project_id || ' ' || row_count FROM availability_count WHERE project_id <> '' "
            "ORDER BY project_id") ==
        raw.run("SELECT project_id || ' ' || count(*) FROM availability GROUP BY project_id "
                "ORDER BY project_id"));
}

}  // namespace

TEST_CASE("What was seen is found again as it was, and is one row a type") {
  const TemporaryStore store;
  const Instance one = instance_of("p", 1);
  CHECK(known(*store, one).empty());
  keep(*store, one, {seen(spice, unavailable)});
  keep(*store, one, {seen(spice, opened, noon + day, "b1"), seen(vnc, opened)});
  const std::vector<SeenType> found = known(*store, one);
  REQUIRE(found.size() == 2);
  CHECK(found[0].type == spice);
  CHECK(found[0].status == opened);
  CHECK(found[0].fingerprint == Fingerprint{noon, "b1"});
  CHECK(found[0].seen_at == noon + day);
  CHECK(found[0].answer.status == 400);
  CHECK(found[0].answer.milliseconds == 41);
  CHECK(known(*store, instance_of("q", 1)).empty());
  CHECK(known(*store, instance_of("p", 2)).empty());
  check_counts(store.path);
}

TEST_CASE("What was seen moves neither the revision nor the log of changes") {
  const TemporaryStore store;
  put(*store, project("p"), says("x"));
  keep(*store, instance_of("p", 1), {seen(spice, unavailable)});
  CHECK(store->forget(instance_of("p", 1).project, instance_of("p", 1).id).ok());
  CHECK(revision_of(*store) == 1);
  CHECK(RawDatabase(store.path).value("SELECT count(*) FROM change_log") == "1");
}

TEST_CASE("Nothing new is not written") {
  const TemporaryStore store;
  keep(*store, instance_of("p", 1), {seen(spice, unavailable)});
  int asked = 0;
  RawDatabase other(store.path);
  other.run("BEGIN IMMEDIATE");  // whoever wrote now would wait
  const Status kept = store->learn(instance_of("p", 1).project, instance_of("p", 1).id, noon,
                                   [&](const std::vector<SeenType>& before) {
                                     ++asked;
                                     CHECK(before.size() == 1);
                                     return std::vector<SeenType>();
                                   });
  CHECK(kept.ok());
  CHECK(asked == 1);
}

TEST_CASE("What is forgotten is gone, and its place is free") {
  const TemporaryStore store;
  keep(*store, instance_of("p", 1), {seen(spice, unavailable), seen(vnc, opened)});
  keep(*store, instance_of("p", 2), {seen(spice, unavailable)});
  for (int i = 0; i < 2; ++i) {
    CHECK(store->forget(instance_of("p", 1).project, instance_of("p", 1).id).ok());
    CHECK(known(*store, instance_of("p", 1)).empty());
    CHECK(known(*store, instance_of("p", 2)).size() == 1);
    check_counts(store.path);
  }
}

TEST_CASE("A list has what its filter leaves, whatever the size of its pages") {
  const TemporaryStore store;
  keep(*store, instance_of("p", 1), {seen(spice, unavailable), seen(vnc, opened)});
  keep(*store, instance_of("p", 2),
       {seen(spice, opened, noon, "b1"), seen(vnc, opened, noon, "b1")});
  keep(*store, instance_of("q", 1), {seen(spice, unavailable), seen(vnc, unavailable, noon, "")});
  keep(*store, instance_of("r", 1), {seen(ConsoleType::serial, opened)});
  using Rows = std::vector<std::string>;
  for (const std::size_t limit : {1UL, 2UL, 3UL, 1000UL}) {
    INFO(limit);
    CHECK(listed(*store, {}, limit) == Rows{"p/1/SPICE", "p/1/VNC", "p/2/SPICE", "p/2/VNC",
                                            "q/1/SPICE", "q/1/VNC", "r/1/SERIAL"});
    CHECK(listed(*store, {{}, {}, spice, unavailable}, limit) == Rows{"p/1/SPICE", "q/1/SPICE"});
    CHECK(listed(*store, {{}, {}, spice, {}}, limit) ==
          Rows{"p/1/SPICE", "p/2/SPICE", "q/1/SPICE"});
    CHECK(listed(*store, {{}, {}, {}, unavailable}, limit) ==
          Rows{"p/1/SPICE", "q/1/SPICE", "q/1/VNC"});
    CHECK(listed(*store, {"p", {}, {}, opened}, limit) == Rows{"p/1/VNC", "p/2/SPICE", "p/2/VNC"});
    CHECK(listed(*store, {"p", "b1", vnc, opened}, limit) == Rows{"p/2/VNC"});
    CHECK(listed(*store, {{}, "a0", {}, {}}, limit) ==
          Rows{"p/1/SPICE", "p/1/VNC", "q/1/SPICE", "r/1/SERIAL"});
    CHECK(listed(*store, {{}, "", {}, {}}, limit) == Rows{"q/1/VNC"});
    CHECK(listed(*store, {"s", {}, {}, {}}, limit).empty());
  }
}

TEST_CASE("Counts are by project, host and type, page by page") {
  const TemporaryStore store;
  for (int i = 1; i <= 3; ++i)
    keep(*store, instance_of("p", i), {seen(spice, i == 1 ? opened : unavailable)});
  keep(*store, instance_of("p", 4), {seen(vnc, opened, noon, "b1")});
  keep(*store, instance_of("q", 1), {seen(vnc, opened, noon, "")});
  std::vector<std::string> all;
  std::optional<SeenCountPlace> after;
  for (;;) {
    const Result<std::vector<SeenCount>> page = store->count_seen(std::nullopt, after, 1);
    REQUIRE(page.ok());
    if (page.value().empty()) break;
    const SeenCount& one = page.value().front();
    all.push_back(one.project_id + "/" + one.host_id + "/" + std::string(name(one.type)) + " " +
                  std::to_string(one.opened) + " " + std::to_string(one.unavailable));
    after = SeenCountPlace{one.project_id, one.host_id, std::string(name(one.type))};
  }
  CHECK(all == std::vector<std::string>{"p/a0/SPICE 1 2", "p/b1/VNC 1 0", "q//VNC 1 0"});
  CHECK(store->count_seen("p", std::nullopt, 10).value().size() == 2);
  CHECK(store->count_seen("p", SeenCountPlace{"p", "a0", "SPICE"}, 10).value().size() == 1);
  CHECK(store->count_seen("q", SeenCountPlace{"p", "b1", "VNC"}, 10).value().size() == 1);
  CHECK(store->count_seen("p", SeenCountPlace{"q", "", "VNC"}, 10).value().empty());
}

TEST_CASE("A project keeps what it saw last, up to its bound, and nobody else's goes for it") {
  AvailabilityBounds bounds;
  bounds.max_rows_per_project = 10;
  const BoundedStore bounded(bounds);
  Store& store = *bounded.store;
  keep(store, instance_of("small", 1), {seen(spice, unavailable, noon - day)});
  for (int i = 0; i < 200; ++i) {
    keep(store, instance_of("large", i),
         {seen(spice, unavailable, noon + std::chrono::seconds(i))});
  }
  CHECK(listed(store, {"large", {}, {}, {}}).size() == 10);
  CHECK(known(store, instance_of("large", 199)).size() == 1);
  CHECK(known(store, instance_of("large", 189)).empty());
  CHECK(listed(store, {"small", {}, {}, {}}).size() == 1);
  check_counts(bounded.path);
}

TEST_CASE("Beyond the bound of all, the oldest of whoever has the most goes") {
  AvailabilityBounds bounds;
  bounds.max_rows = 20;
  const BoundedStore bounded(bounds);
  Store& store = *bounded.store;
  for (int i = 0; i < 3; ++i) {
    keep(store, instance_of("small", i), {seen(spice, unavailable, noon - day)});
  }
  for (int i = 0; i < 100; ++i) {
    keep(store, instance_of("large", i),
         {seen(spice, unavailable, noon + std::chrono::seconds(i))});
  }
  CHECK(listed(store, {}).size() == 20);
  CHECK(listed(store, {"small", {}, {}, {}}).size() == 3);
  // Who has fewer still learns.
  keep(store, instance_of("small", 3), {seen(spice, unavailable)});
  CHECK(listed(store, {"small", {}, {}, {}}).size() == 4);
  CHECK(listed(store, {}).size() == 20);
  check_counts(bounded.path);
}

TEST_CASE("What is too old goes with the next reports, and in steps without any") {
  const TemporaryStore store;
  for (int i = 0; i < 300; ++i) keep(*store, instance_of("p", i), {seen(spice, unavailable)});
  const Timestamp later = noon + 30 * day + std::chrono::seconds(1);
  CHECK(store->forget_old(noon + 30 * day).value() == 0);
  keep(*store, instance_of("q", 1), {seen(spice, unavailable, later)}, later);
  CHECK(listed(*store, {"p", {}, {}, {}}).size() == 300 - 16);
  CHECK(store->forget_old(later).value() == Store::max_forgotten);
  CHECK(store->forget_old(later).value() == 300 - 16 - Store::max_forgotten);
  CHECK(listed(*store, {}).size() == 1);
  check_counts(store.path);
}

TEST_CASE("Two who report the same at once leave one row") {
  const TemporaryStore store;
  std::vector<std::thread> reporters;
  std::array<bool, 8> kept{};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    reporters.emplace_back([&store, &ok = kept[i]] {
      const Instance one = instance_of("p", 1);
      ok = store
               ->learn(one.project, one.id, noon,
                       [](const auto&) { return std::vector<SeenType>{seen(spice, unavailable)}; })
               .ok();
    });
  }
  for (std::thread& reporter : reporters) reporter.join();
  for (const bool ok : kept) CHECK(ok);
  CHECK(listed(*store, {}).size() == 1);
  check_counts(store.path);
}

TEST_CASE("What was seen is searched by an index, and no page is sorted") {
  const TemporaryStore store;
  const auto plan_of = [&](const std::string& sql) {
    std::string plan;
    for (const std::string& line : RawDatabase(store.path).run("EXPLAIN QUERY PLAN " + sql))
      plan += line + "\n";
    return plan;
  };
  const std::pair<std::string, std::string> searches[] = {
      {SeenStatement::text(), "PRIMARY KEY (project_id=? AND instance_id=?)"},
      {list_seen_sql({}), "PRIMARY KEY (project_id>?)"},
      {list_seen_sql({"p", {}, spice, opened}), "PRIMARY KEY (project_id=? AND instance_id>?)"},
      {list_seen_sql({{}, "a0", spice, opened}), "availability_host (host_id=? AND project_id>?)"},
      {list_seen_sql({"p", "a0", spice, {}}),
       "availability_host (host_id=? AND project_id=? AND instance_id>?)"},
      {list_seen_sql({{}, {}, spice, opened}),
       "availability_type_status (console_type=? AND status=? AND project_id>?)"},
      {count_seen_sql(CountOf::all_projects), "COVERING INDEX availability_summary (project_id>?)"},
      {count_seen_sql(CountOf::one_project),
       "COVERING INDEX availability_summary (project_id=? AND host_id>?)"},
      {"SELECT instance_id FROM availability WHERE seen_at < 1 ORDER BY seen_at LIMIT 1",
       "COVERING INDEX availability_seen (seen_at<?)"},
      {"SELECT instance_id FROM availability WHERE project_id = 'p' ORDER BY seen_at LIMIT 1",
       "availability_project_seen (project_id=?)"},
      {"SELECT project_id FROM availability_count WHERE project_id <> '' ORDER BY row_count DESC "
       "LIMIT 1",
       "COVERING INDEX availability_count_rows"}};
  for (const auto& [sql, search] : searches) {
    const std::string plan = plan_of(sql);
    INFO(sql << "\n" << plan);
    CHECK_THAT(plan, Contains(search));
    CHECK_THAT(plan, !Contains("TEMP B-TREE"));
  }
}
