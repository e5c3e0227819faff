-- SPDX-License-Identifier: Apache-2.0
-- wrk: one decision of Cerbos, one resource with four actions.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{"requestId":"1","principal":{"id":"alice","roles":["member"]},"resources":[{"actions":["spice","vnc","serial","rdp"],"resource":{"kind":"console","id":"7f3c1a52"}}]}]]
