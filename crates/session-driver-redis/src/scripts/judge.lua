-- What every script begins with: how to tell what a key holds. `PREAMBLE` stands before this text.
-- Numbers in Lua are doubles, so that 64 bits are handled as two halves; and they are slow to print, so
-- that arguments of commands are texts where they can be.

local ABSENT, DONE, LIVE, EXPIRED, CORRUPT, NEWER, MISSING, CONFLICT, CLAIMED = 0, 1, 2, 3, 4, 5, 6, 7, 8

local sub, unpack = string.sub, struct.unpack

-- CRC-32 of the eight bytes from `place` on, four bits a step, as a signed number. It takes as long as
-- all the rest of a script, so that it is left to the rare cases.
local function crc(bytes, place)
  local bxor, band, rshift = bit.bxor, bit.band, bit.rshift
  local steps = {
    [0] = 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
  }
  local check = -1
  for at = place, place + 7 do
    check = bxor(check, string.byte(bytes, at))
    check = bxor(rshift(check, 4), steps[band(check, 15)])
    check = bxor(rshift(check, 4), steps[band(check, 15)])
  end
  return bxor(check, -1)
end

-- Whether a rotate between servers has claimed the record, which nobody else may change then. No key of a
-- claim is given where all records are on one server, and while the record's slot is on its way to another.
local function is_claimed(claim)
  return claim and redis.call('EXISTS', claim) == 1
end

-- Whether bytes that begin otherwise than records do are of a format that this script does not know.
local function is_newer(bytes)
  return #bytes >= 12
    and sub(bytes, 1, 4) == sub(PREAMBLE, 1, 4)
    and crc(bytes, 1) == bit.tobit((unpack('>I4', bytes, 9)))
end

-- LIVE or EXPIRED, as the deadline says. That of a record that never expires is later than any `now`.
local function state_at(now, bytes)
  local high, low = unpack('>I4I4', bytes, 25)
  local now_high, now_low = unpack('>I4I4', now)
  if high > now_high or high == now_high and low > now_low then return LIVE end
  return EXPIRED
end

-- What the record says, and its bytes, if all of them are as they were written; else ABSENT, CORRUPT
-- or NEWER.
local function judge(key, now)
  local bytes = redis.call('GET', key)
  if not bytes then return ABSENT end
  if sub(bytes, 1, 12) ~= PREAMBLE then return is_newer(bytes) and NEWER or CORRUPT end
  -- The length follows from what is there, the version and the deadline stand there twice, and the
  -- seal, which does so too, is of the rest.
  if #bytes < 92
    or unpack('>I4', bytes, 13) ~= #bytes - 92
    or sub(bytes, 17, 24) ~= sub(bytes, -52, -45)
    or sub(bytes, 25, 36) ~= sub(bytes, -12)
  then
    return CORRUPT
  end
  local seal = sub(redis.sha1hex(sub(bytes, 37, -45)), 1, 16)
  if sub(bytes, -44, -13) ~= seal .. seal then return CORRUPT end
  return state_at(now, bytes), bytes
end
