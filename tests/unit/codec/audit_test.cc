// SPDX-License-Identifier: Apache-2.0
#include "service/codec/audit.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::codec;

TEST_CASE("An audit event has what CADF wants, and a caller's own texts are escaped") {
  AuditEvent event;
  event.id = "7f3c1a52-6d0e-4a5b-9a57-0d6f1c2b3e4d";
  event.at = Timestamp(std::chrono::microseconds(1796083200000001));
  event.action = "create";
  event.success = true;
  event.status = 201;
  event.path = "/v1/policies/cloud";
  event.user_id = "u1";
  event.project_id = "p1";
  event.client_address = "192.0.2.7";
  event.agent = "a\"b";
  event.request_id = "req-1";
  event.global_request_id = "req-2";
  CHECK(encode_audit_event(event) ==
        R"({"typeURI":"http://schemas.dmtf.org/cloud/audit/1.0/event",)"
        R"("id":"7f3c1a52-6d0e-4a5b-9a57-0d6f1c2b3e4d","eventType":"activity",)"
        R"("eventTime":"2026-12-01T00:00:00.000001Z","action":"create","outcome":"success",)"
        R"("initiator":{"id":"u1","typeURI":"service/security/account/user",)"
        R"("host":{"address":"192.0.2.7","agent":"a\"b"},"project_id":"p1",)"
        R"("request_id":"req-1","global_request_id":"req-2"},)"
        R"("target":{"id":"/v1/policies/cloud","typeURI":"service/console-policy/policy"},)"
        R"("observer":{"id":"target"},"reason":{"reasonType":"HTTP","reasonCode":"201"},)"
        R"("requestPath":"/v1/policies/cloud"})");
}

TEST_CASE("An audit event leaves out what is not known") {
  AuditEvent event;
  event.action = "delete";
  event.status = 403;
  event.client_address = "192.0.2.7";
  event.request_id = "req-1";
  CHECK(encode_audit_event(event) ==
        R"({"typeURI":"http://schemas.dmtf.org/cloud/audit/1.0/event","id":"",)"
        R"("eventType":"activity","eventTime":"1970-01-01T00:00:00.000000Z","action":"delete",)"
        R"("outcome":"failure","initiator":{"id":"unknown",)"
        R"("typeURI":"service/security/account/user","host":{"address":"192.0.2.7"},)"
        R"("request_id":"req-1"},"target":{"id":"","typeURI":"service/console-policy/policy"},)"
        R"("observer":{"id":"target"},"reason":{"reasonType":"HTTP","reasonCode":"403"},)"
        R"("requestPath":""})");
}
