-- SPDX-License-Identifier: Apache-2.0
-- wrk: resolutions of instances drawn from many. Arguments: how many, a seed.
-- A request is made of the same parts whatever the number, so that it costs the same at each size.
local count, head, tail

function init(args)
  count = tonumber(args[1])
  math.randomseed(tonumber(args[2]))
  head, tail = wrk.format("GET", "/PATH"):match("^(GET )/PATH(.*)$")
end

function request()
  local number = math.floor(count * math.random())
  return head .. string.format("/v1/projects/%032x/instances/00000000-0000-4000-8000-%012d/consoles?domain_id=default",
                               number % 10000, number) .. tail
end
