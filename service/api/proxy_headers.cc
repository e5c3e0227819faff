// SPDX-License-Identifier: Apache-2.0
#include "service/api/proxy_headers.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "policies/ascii.h"

namespace console_policy::api {
namespace {

// The last entry of a comma-separated list.
std::string_view last_of(std::string_view list) {
  const std::size_t comma = list.rfind(',');
  return http::trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  return inet_pton(AF_INET, text.c_str(), binary.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), binary.data()) == 1;
}

// The address in a proxy's entry: alone, in brackets, in quotes or with a port. Empty if there is
// none.
std::string address_of(std::string_view node) {
  if (node.size() >= 2 && node.front() == '"' && node.back() == '"') {
    node = node.substr(1, node.size() - 2);
  }
  if (!node.empty() && node.front() == '[') {
    node = node.substr(1, std::min(node.find(']'), node.size()) - 1);
  } else if (std::count(node.begin(), node.end(), ':') == 1) {
    node = node.substr(0, node.find(':'));
  }
  const std::string address(node);
  return is_address(address) ? address : std::string();
}

// The value of `for` in one element of Forwarded.
std::string_view forwarded_for(std::string_view element) {
  while (!element.empty()) {
    const std::size_t end = std::min(element.find(';'), element.size());
    const std::string_view pair = http::trimmed(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    constexpr std::string_view name = "for=";
    if (http::equal_ignoring_case(pair.substr(0, name.size()), name)) {
      return pair.substr(name.size());
    }
  }
  return {};
}

std::string prefix_of(std::string_view text) {
  constexpr std::size_t max_prefix_bytes = 256;
  constexpr std::string_view others = "-._~/";
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  const auto allowed = [&](char c) {
    return is_letter(c) || is_digit(c) || others.find(c) != std::string_view::npos;
  };
  const bool path = !text.empty() && text.front() == '/' && text.size() <= max_prefix_bytes &&
                    text.find("//") == std::string_view::npos &&
                    std::all_of(text.begin(), text.end(), allowed);
  return path ? std::string(text) : std::string();
}

}  // namespace

Forwarded forwarded_of(ProxyHeaders kind, const http::Headers& headers) {
  switch (kind) {
    case ProxyHeaders::none:
      break;
    case ProxyHeaders::forwarded: {
      const std::string elements = http::combined_header(headers, "forwarded");
      return {address_of(forwarded_for(last_of(elements))), {}};
    }
    case ProxyHeaders::x_forwarded: {
      const std::string addresses = http::combined_header(headers, "x-forwarded-for");
      const std::string prefixes = http::combined_header(headers, "x-forwarded-prefix");
      return {address_of(last_of(addresses)), prefix_of(last_of(prefixes))};
    }
  }
  return {};
}

}  // namespace console_policy::api
