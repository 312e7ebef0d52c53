-- Strings: patterns, formats, concatenations, and counts of words.
-- SPDX-License-Identifier: MIT
local rounds = tonumber(arg[1])
local syllables = { "ka", "lo", "mi", "ren", "sut", "ta", "vel", "o" }
local state = 1

local function random(n)
  state = (state * 1103515245 + 12345) % 2147483648
  return (state >> 12) % n + 1
end

local counts, longest = {}, ""
for _ = 1, rounds do
  local words = {}
  for i = 1, 40 do
    local parts = {}
    for j = 1, random(3) do parts[j] = syllables[random(#syllables)] end
    words[i] = table.concat(parts)
  end
  local line = table.concat(words, " ")
  for word in line:gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
  local changed = line:gsub("(%a)(%a+)", function(first, rest) return first:upper() .. rest end):reverse()
  longest = #changed > #longest and changed or longest
  local hex = ("%08x:%5d:%s"):format(#line * random(1000), random(99), words[1]:rep(2))
  counts[hex:sub(1, 5)] = (counts[hex:sub(1, 5)] or 0) + 1
end
local names = {}
for name in pairs(counts) do names[#names + 1] = name end
table.sort(names)
for i = 1, #names, 37 do print(names[i], counts[names[i]]) end
print(longest)
