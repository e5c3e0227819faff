// SPDX-License-Identifier: Apache-2.0
#include "service/api/accept.h"

#include <algorithm>
#include <optional>

#include "service/http/message.h"

namespace console_policy::api {
namespace {

// Takes what stands before the separator off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = http::trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// In thousandths. qvalue = "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ]
std::optional<int> quality_of(std::string_view text) {
  constexpr std::size_t longest = 5;
  if (text.empty() || text.size() > longest || (text[0] != '0' && text[0] != '1')) {
    return std::nullopt;
  }
  int thousandths = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int unit = 100;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    thousandths += (text[i] - '0') * unit;
  }
  return thousandths <= 1000 ? std::optional<int>(thousandths) : std::nullopt;
}

// From loose to close.
enum class Fit { none, any_type, any_subtype, exact };

Fit fit_of(std::string_view range, std::string_view media_type) {
  if (range == "*/*") return Fit::any_type;
  if (http::equal_ignoring_case(range, media_type)) return Fit::exact;
  const std::size_t slash = media_type.find('/');
  const bool all_of_type =
      range.size() == slash + 2 && range.substr(slash) == "/*" &&
      http::equal_ignoring_case(range.substr(0, slash), media_type.substr(0, slash));
  return all_of_type ? Fit::any_subtype : Fit::none;
}

// 0 when the header does not name it.
int quality_for(std::string_view accept, std::string_view media_type) {
  Fit best = Fit::none;
  int quality = 0;
  while (!accept.empty()) {
    std::string_view element = take(accept, ',');
    const Fit fit = fit_of(take(element, ';'), media_type);
    int own = 1000;
    while (!element.empty()) {
      const std::string_view parameter = take(element, ';');
      if (parameter.size() < 2 || !http::equal_ignoring_case(parameter.substr(0, 2), "q="))
        continue;
      own = quality_of(parameter.substr(2)).value_or(0);
    }
    if (fit > best) {
      best = fit;
      quality = own;
    }
  }
  return quality;
}

}  // namespace

bool prefers(std::string_view accept, std::string_view wanted, std::string_view otherwise) {
  return quality_for(accept, wanted) > quality_for(accept, otherwise);
}

}  // namespace console_policy::api
