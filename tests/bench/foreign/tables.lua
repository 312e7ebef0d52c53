-- Tables, closures and methods: a queue of tasks that make others.
-- SPDX-License-Identifier: MIT
local rounds = tonumber(arg[1])

local Task = {}
Task.__index = Task

function Task.new(name, cost, after)
  return setmetatable({ name = name, cost = cost, after = after or {}, done = false }, Task)
end

function Task:run(log)
  for _, other in ipairs(self.after) do
    if not other.done then other:run(log) end
  end
  self.done = true
  log[#log + 1] = self.name
  return self.cost
end

local function counter(start, step)
  local n = start
  return function() n = (n * 69069 + step) % 4294967296; return n >> 8 end
end

local total = 0
for round = 1, rounds do
  local random, tasks, log = counter(round, 12345), {}, {}
  for i = 1, 200 do
    local after = {}
    for j = 1, random() % 4 do
      if i > 1 then after[j] = tasks[random() % (i - 1) + 1] end
    end
    tasks[i] = Task.new("t" .. i, random() % 100, after)
  end
  table.sort(tasks, function(a, b) if a.cost ~= b.cost then return a.cost < b.cost end; return a.name < b.name end)
  for _, task in ipairs(tasks) do
    if not task.done then total = total + task:run(log) end
  end
  local place = {}
  for i, name in ipairs(log) do place[name] = i end
  total = total + place.t7 * place.t100
end
print(total)
