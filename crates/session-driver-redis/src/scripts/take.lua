-- KEYS: the record, and its claim, which ends. ARGV: the bytes that have to be there, and at which offset,
-- for the record to be removed.

local key, claim, bytes, offset = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])

if claim then redis.call('DEL', claim) end
if redis.call('GETRANGE', key, offset, offset + #bytes - 1) ~= bytes then return ABSENT end
redis.call('DEL', key)
return DONE
