-- SPDX-License-Identifier: Apache-2.0
-- wrk: durable writes of 1,000 keys in turn. Arguments: "policyd" or "etcd", a seed.
local kind, number

function init(args)
  kind, number = args[1], tonumber(args[2])
end

function request()
  number = number + 1
  if kind == "etcd" then
    return wrk.format("PUT", string.format("/v2/keys/instance%d", number % 1000),
                      { ["Content-Type"] = "application/x-www-form-urlencoded" }, "value=prefer-VNC-old-thin-clients")
  end
  local headers = { ["Content-Type"] = "application/json" }
  for name, value in pairs(wrk.headers) do headers[name] = value end
  return wrk.format("PUT", string.format("/v1/policies/projects/b1946ac92492d2347c6235b4d2611184/instances/00000000-0000-4000-8000-%012d", number % 1000),
                    headers, '{"policy":{"prefer":["VNC"],"reason":"old thin clients"}}')
end
