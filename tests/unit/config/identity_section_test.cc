// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "service/config/load.h"
#include "service/config/setting_text.h"
#include "tests/unit/config/config_file.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::config {
namespace {

std::string keystone(const std::string& keys) {
  return "identity: {keystone: {" + keys + "}}\n";
}

}  // namespace

TEST_CASE("the section keystone has to be whole: where it is, and one way to present oneself") {
  const std::string place = "DIR/c.yaml:1:22: identity.keystone: ";
  const std::string url = "auth_url: 'http://k'";
  const std::string either =
      place +
      "expected either username, password_file and project_name, or application_credential_id and "
      "application_credential_secret_file";
  CHECK(refusal(keystone("username: u")) == place + "auth_url is missing");
  CHECK(refusal(keystone(url)) == either);
  CHECK(refusal(keystone(url + ", username: u, application_credential_id: i")) == either);
  CHECK(refusal(keystone(url + ", username: u, project_name: p")) ==
        place + "password_file is missing");
  CHECK(refusal(keystone(url + ", username: u, password_file: f")) ==
        place + "project_name is missing");
  CHECK(refusal(keystone(url + ", password_file: f, project_name: p")) ==
        place + "username is missing");
  CHECK(refusal(keystone(url + ", application_credential_id: i")) ==
        place + "application_credential_secret_file is missing");
  CHECK(refusal(keystone(url + ", application_credential_secret_file: f")) ==
        place + "application_credential_id is missing");
  CHECK(refusal(keystone(url + ", username: u, password_file: f, project_name: p")) == "");
  CHECK(refusal(keystone(url + ", application_credential_id: i, "
                               "application_credential_secret_file: f")) == "");
  CHECK(refusal(keystone(url + ", password: secret")).find("unknown key") != std::string::npos);
}

TEST_CASE("an IPv6 address is in brackets in the challenge, and not where Keystone is asked") {
  const std::string credential =
      ", application_credential_id: i, application_credential_secret_file: f";
  CHECK(refusal(keystone("auth_url: 'http://[::1]:5000'" + credential)) ==
        "DIR/c.yaml:1:33: identity.keystone.auth_url: an IPv6 address cannot be asked; give a name "
        "that resolves to it");
  CHECK(refusal(keystone("auth_url: 'http://k', www_authenticate_uri: 'http://[::1]:5000'" +
                         credential)) == "");
}

TEST_CASE("there is never no identity") {
  CHECK(refusal("identity: {static: {enabled: false}}\n") ==
        "DIR/c.yaml:1:11: identity: static is switched off and there is no keystone: nobody could "
        "call");
  CHECK(refusal("identity: {static: {enabled: true}}\n") == "");
  CHECK(refusal("identity: {static: {enabled: no}}\n") ==
        "DIR/c.yaml:1:30: identity.static.enabled: expected true or false, found a truth value");
  CHECK(refusal("identity: {static: {enabled: 'true'}}\n") ==
        "DIR/c.yaml:1:30: identity.static.enabled: expected true or false, found text");
}

TEST_CASE("an HTTP URL is taken without what a secret or a header could hide in") {
  CHECK(parse_http_url("http://k").value() == "http://k");
  CHECK(parse_http_url("https://k.example.org:5000/identity/v3//").value() ==
        "https://k.example.org:5000/identity/v3");
  CHECK(parse_http_url("http://[::1]:5000/v3").value() == "http://[::1]:5000/v3");
  CHECK(parse_http_url("http://k:65535/%7Ea:[]").value() == "http://k:65535/%7Ea:[]");
  for (const char* wrong : {"",
                            "k",
                            "k:5000",
                            "ftp://k",
                            "http://",
                            "http:///v3",
                            "http://:5000",
                            "http://u:p@k/v3",
                            "http://k/v3?x=1",
                            "http://k/#x",
                            "http://k/a b",
                            "http://k/\"",
                            "HTTP://k",
                            "http://k:0",
                            "http://k:99999",
                            "http://k:123456789012345678901",
                            "http://k:abc",
                            "http://k:",
                            "http://k:5000:6",
                            "http://k%zz",
                            "http://k/%zz",
                            "http://k/%4",
                            "http://[::1",
                            "http://[]",
                            "http://[::1]x",
                            "http://[k]",
                            "http://::1",
                            "http://k[0]"}) {
    INFO(wrong);
    CHECK_FALSE(parse_http_url(wrong).ok());
  }
}

TEST_CASE("a secret is one line in a file of its owner's alone") {
  const TemporaryFolder folder;
  const std::string file = folder.write("secret", "p w\n");
  for (const mode_t open : {0640U, 0604U, 0620U, 0660U}) {
    REQUIRE(::chmod(file.c_str(), open) == 0);
    const Result<std::string> secret = read_secret_file(file);
    REQUIRE_FALSE(secret.ok());
    CHECK(secret.error().message ==
          file + ": holds a secret, and is not its owner's alone (chmod 600)");
  }
  for (const mode_t closed : {0600U, 0400U}) {
    REQUIRE(::chmod(file.c_str(), closed) == 0);
    CHECK(read_secret_file(file).value() == "p w");
  }
  for (const char* text : {"", "\n", "a\nb\n", "a\r\n"}) {
    const std::string odd = folder.write("odd", text);
    REQUIRE(::chmod(odd.c_str(), 0600) == 0);
    CHECK_FALSE(read_secret_file(odd).ok());
  }
  CHECK_FALSE(read_secret_file(folder.path() + "/none").ok());
}

}  // namespace console_policy::config
