#pragma once

#include <string_view>

// What must happen at once in the server, in its own Lua. KEYS and ARGV as told.
namespace weir::sharing::scripts {

// KEYS state, term; ARGV milliseconds, failures, the sender's term, channel, message. Writes down
// until when the circuit is open, by the server's clock, and tells it; not where the circuit has
// closed since the sender decided. An hour after that nobody needs to know.
inline constexpr std::string_view write_open = R"(
if tonumber(redis.call('GET', KEYS[2]) or '0') > tonumber(ARGV[3]) then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.call('GET', KEYS[1])
local ends = now + tonumber(ARGV[1])
if known then
  local old = tonumber(string.match(known, '^%d+'))
  if old and old > ends then ends = old end
end
redis.call('SET', KEYS[1], string.format('%d %s', ends, ARGV[2]), 'PX', ends - now + 3600000)
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
)";

// KEYS state, term, votes; ARGV the sender's term, channel, the message before and after its term.
// Begins the next term, writes down that the circuit is closed, and tells it: at once, so that all
// hear openings and closings in the order in which they are written. The term is kept for an hour:
// long enough for whoever opened before it closed to be told that it is too late.
inline constexpr std::string_view write_closed = R"(
local term = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[1])) + 1
local text = string.format('%.0f', term)
redis.call('SET', KEYS[2], text, 'PX', 3600000)
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('PUBLISH', ARGV[2], ARGV[3] .. text .. ARGV[4])
return term
)";

// KEYS state, term. The term; and when the circuit is open, milliseconds left (negative: over) and
// failures. 1e12 ms are 31 years, which fit a duration of nanoseconds.
inline constexpr std::string_view read_open = R"(
local term = tonumber(redis.call('GET', KEYS[2]) or '0')
local known = redis.call('GET', KEYS[1])
if not known then return {term} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends, failures = string.match(known, '^(%d+) (%d+)$')
if not ends then return {term} end
return {term, math.min(tonumber(ends) - now, 1e12), tonumber(failures)}
)";

// KEYS lease; ARGV process, milliseconds. 1 when the process has the lease now.
inline constexpr std::string_view take_lease = R"(
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)";

// KEYS lease; ARGV process.
inline constexpr std::string_view drop_lease = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
)";

// KEYS votes, alive; ARGV process, milliseconds that a vote lasts, processes needed (0: the
// majority), milliseconds that a sign of life lasts. 1 when enough have voted.
inline constexpr std::string_view vote = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[4]))
local needed = tonumber(ARGV[3])
if needed == 0 then needed = math.floor(redis.call('ZCARD', KEYS[2]) / 2) + 1 end
if redis.call('ZCARD', KEYS[1]) >= needed then return 1 end
return 0
)";

// KEYS votes; ARGV process.
inline constexpr std::string_view drop_vote = R"(
return redis.call('ZREM', KEYS[1], ARGV[1])
)";

// KEYS alive; ARGV process.
inline constexpr std::string_view sign_of_life = R"(
local t = redis.call('TIME')
redis.call('ZADD', KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 60000)
return 1
)";

// KEYS buckets; ARGV microseconds that each is moved on by. When a bucket is full is kept as an
// instant of the server's clock; told is how far ahead that is now, in microseconds. A key goes
// when its bucket is full, which is as good as none. One that holds what we never write (no number,
// or an instant decades away) counts as none, too: it would fail the script, for all keys.
inline constexpr std::string_view take_from_buckets = R"(
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local out = {}
for i, key in ipairs(KEYS) do
  local full = tonumber(redis.call('GET', key) or '0') or 0
  if not (full >= now and full < now + 1e15) then full = now end
  full = full + tonumber(ARGV[i])
  redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
  out[i] = full - now
end
return out
)";

// pybreaker's keys: state, opened_at; no ARGV. Opened now, in whole seconds; never earlier than
// known.
inline constexpr std::string_view pybreaker_open = R"(
redis.call('SET', KEYS[1], 'open')
local now = tonumber(redis.call('TIME')[1])
local known = tonumber(redis.call('GET', KEYS[2]) or '0')
if not known or now > known then redis.call('SET', KEYS[2], now) end
return 1
)";

// pybreaker's keys: state, fail_counter, opened_at. The first two, and the milliseconds since the
// third: 0 where that is yet to come, 1e12 where it is too long ago for a duration.
inline constexpr std::string_view pybreaker_look = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local opened = tonumber(redis.call('GET', KEYS[3]) or '0') or 0
return {redis.call('GET', KEYS[1]) or 'closed', tonumber(redis.call('GET', KEYS[2]) or '0') or 0,
        math.max(0, math.min(now - opened * 1000, 1e12))}
)";

// pybreaker's keys: state, fail_counter, success_counter. As its own storage begins.
inline constexpr std::string_view pybreaker_begin = R"(
redis.call('SETNX', KEYS[1], 'closed')
redis.call('SETNX', KEYS[2], 0)
redis.call('SETNX', KEYS[3], 0)
return 1
)";

}  // namespace weir::sharing::scripts
