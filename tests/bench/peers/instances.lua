-- SPDX-License-Identifier: Apache-2.0
-- wrk: resolutions of one instance out of many. Arguments: how many, "uniform" or "zipf", a seed.
-- Zipf with exponent 1, by its inverse: the rank is N to the power of a uniform number.
-- A request is put together from the same parts whatever the number, so that it costs the same at each size.
local count, distribution, head, tail

function init(args)
  count, distribution = tonumber(args[1]), args[2]
  math.randomseed(tonumber(args[3]))
  head, tail = wrk.format("GET", "/PATH"):match("^(GET )/PATH(.*)$")
end

function request()
  local number
  if distribution == "zipf" then
    number = math.floor(count ^ math.random()) - 1
  else
    number = math.floor(count * math.random())
  end
  return head .. string.format("/v1/projects/%032x/instances/00000000-0000-4000-8000-%012d/consoles?domain_id=default",
                               number % 10000, number) .. tail
end
