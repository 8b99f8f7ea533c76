-- KEYS: the record, and its claim. ARGV: now; the deadline and its check for the version 0, or '' to discard the
-- record; its native time to live, or '' for none.

local key, now, deadline, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

local state, bytes = judge(key, now)
if state == EXPIRED then return ABSENT end
if state ~= LIVE then return state end
if is_claimed(KEYS[2]) then return CLAIMED end

if deadline == '' then
  redis.call('DEL', key)
  return DONE
end
local high, low = unpack('>I4I4', bytes, 17)
local check = bit.bxor((unpack('>I4', deadline, 9)), high, low)
deadline = sub(deadline, 1, 8) .. struct.pack('>i4', check)
redis.call('SETRANGE', key, '24', deadline)
redis.call('SETRANGE', key, #bytes - 12, deadline)
if ttl == '' then
  redis.call('PERSIST', key)
else
  redis.call('PEXPIRE', key, ttl)
end
return DONE
