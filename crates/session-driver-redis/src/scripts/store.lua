-- KEYS: the record, and its claim. ARGV: now; the precondition ('any', 'absent', 'present', or a version); the value, or
-- '' to discard the record; its native time to live, or '' for none.

local key, now, when, value, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if when == 'any' then
  -- Whatever else is there is replaced, a key of another type, too: it has no range and answers an error.
  local head = redis.pcall('GETRANGE', key, '0', '11')
  if type(head) == 'string' and head ~= PREAMBLE and is_newer(head) then return NEWER end
else
  local state, bytes = judge(key, now)
  if state == CORRUPT or state == NEWER then return state end
  if when == 'absent' then
    if state == LIVE then return LIVE end
  elseif state ~= LIVE then
    return MISSING
  elseif when ~= 'present' and when ~= sub(bytes, 17, 24) then
    return CONFLICT
  end
end

if is_claimed(KEYS[2]) then return CLAIMED end
if value == '' then
  redis.call('DEL', key)
elseif ttl == '' then
  redis.call('SET', key, value)
else
  redis.call('PSETEX', key, ttl, value)
end
return DONE
