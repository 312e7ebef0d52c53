-- Floating point in an interpreter: planets, and powers of a matrix.
-- SPDX-License-Identifier: MIT
local rounds = tonumber(arg[1])
local bodies = {}
for i = 1, 5 do bodies[i] = { x = i * 1.5, y = i % 3 - 0.5, vx = 0.0, vy = 0.1 * i, mass = 1.0 / i } end

local function step(dt)
  for i = 1, #bodies do
    local a = bodies[i]
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy = a.x - b.x, a.y - b.y
      local pull = dt / ((dx * dx + dy * dy + 0.05) * 1.25)
      a.vx, a.vy = a.vx - dx * pull * b.mass, a.vy - dy * pull * b.mass
      b.vx, b.vy = b.vx + dx * pull * a.mass, b.vy + dy * pull * a.mass
    end
  end
  for _, b in ipairs(bodies) do b.x, b.y = b.x + dt * b.vx, b.y + dt * b.vy end
end

local size, vector = 20, {}
for i = 1, size do vector[i] = 1.0 end
for _ = 1, rounds do
  for _ = 1, 10 do step(0.001) end
  local product, norm = {}, 0.0
  for i = 1, size do
    local sum = 0.0
    for j = 1, size do sum = sum + vector[j] / (i + j - 1) end
    product[i] = sum
    if sum > norm then norm = sum end
  end
  for i = 1, size do vector[i] = product[i] / norm end
end
print(string.format("%.9f %.9f %.9f", bodies[1].x, bodies[5].vy, vector[size]))
