-- SPDX-License-Identifier: Apache-2.0
-- wrk: durable writes of 1,000 policies in turn. Argument: the number of the first one.
local number, path, body

function init(args)
  number = tonumber(args[1])
  path = "/v1/policies/projects/b1946ac92492d2347c6235b4d2611184/instances/00000000-0000-4000-8000-%012d"
  body = '{"policy":{"prefer":["VNC"],"reason":"old thin clients"}}'
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  number = number + 1
  return wrk.format("PUT", string.format(path, number % 1000), wrk.headers, body)
end
