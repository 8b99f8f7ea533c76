-- KEYS: the record, and its claim. ARGV: now; how long the claim lasts by itself. Gives the record's bytes.

local key, claim, now, lease = KEYS[1], KEYS[2], ARGV[1], ARGV[2]

local state, bytes = judge(key, now)
if state == EXPIRED then return ABSENT end
if state ~= LIVE then return state end
if is_claimed(claim) then return CLAIMED end
if claim then redis.call('PSETEX', claim, lease, 'rotating') end
return bytes
