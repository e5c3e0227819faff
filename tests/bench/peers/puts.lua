-- SPDX-License-Identifier: Apache-2.0
-- wrk: durable writes of 1,000 keys in turn. Arguments: "policyd" or "etcd", a seed. Either is asked with as little work
-- here as the other.
local number, path, headers, body

function init(args)
  number = tonumber(args[2])
  headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  if args[1] == "etcd" then
    path, body = "/v2/keys/instance%d", "value=prefer-VNC-old-thin-clients"
    headers["Content-Type"] = "application/x-www-form-urlencoded"
  else
    path = "/v1/policies/projects/b1946ac92492d2347c6235b4d2611184/instances/00000000-0000-4000-8000-%012d"
    body = '{"policy":{"prefer":["VNC"],"reason":"old thin clients"}}'
    headers["Content-Type"] = "application/json"
  end
end

function request()
  number = number + 1
  return wrk.format("PUT", string.format(path, number % 1000), headers, body)
end
