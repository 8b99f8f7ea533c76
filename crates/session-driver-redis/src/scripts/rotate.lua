-- KEYS: the record, and where to move it. ARGV: now. Gives the record's version.

local from, to, now = KEYS[1], KEYS[2], ARGV[1]

local state, bytes = judge(from, now)
if state == EXPIRED then return ABSENT end
if state ~= LIVE then return state end
if from == to then return LIVE end

local there = judge(to, now)
if there ~= ABSENT and there ~= EXPIRED then return there end
-- The native time to live moves with the record.
redis.call('RENAME', from, to)
return sub(bytes, 17, 24)
