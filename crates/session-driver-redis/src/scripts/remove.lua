-- KEYS: the record, and its claim. ARGV: now.

local key, now = KEYS[1], ARGV[1]

if is_claimed(KEYS[2]) then return CLAIMED end

-- A key of another type has no range; it answers an error.
local head = redis.pcall('GETRANGE', key, '0', '39')
if redis.call('DEL', key) == 0 then return ABSENT end

-- What cannot be judged counts as live. The payload is not looked at, for it goes anyway.
if type(head) ~= 'string' or #head < 40 or sub(head, 1, 12) ~= PREAMBLE then return DONE end
local high, low = unpack('>I4I4', head, 17)
local check = bit.bxor(crc(head, 25), high, low)
if check ~= bit.tobit((unpack('>I4', head, 33))) then return DONE end
return state_at(now, head) == EXPIRED and EXPIRED or DONE
