-- Prints wrk's figures exactly, as one line of JSON. With an argument N, requests carry N different x-user fields in
-- turn, formatted once beforehand; without it, wrk sends its one prepared request and no Lua runs per request.
function init(args)
  local users = tonumber(args[1])
  if users == nil then return end
  local prepared, turn = {}, 0
  for user = 1, users do
    wrk.headers["x-user"] = "user-" .. user
    prepared[user] = wrk.format()
  end
  request = function()
    turn = turn % users + 1
    return prepared[turn]
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
