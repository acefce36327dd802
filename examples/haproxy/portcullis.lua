-- Asks Portcullis about each request; see docs/gateways/haproxy.md.
--
--   http-request  lua.portcullis /check
--   http-request  deny deny_status 503 unless { var(txn.portcullis_allowed) -m bool }
--   http-response lua.portcullis_response
--
-- The second line is not optional: HAProxy goes on after an error in a script, as if nothing had been asked.
-- The servers of the backend `portcullis` are asked, the first that its health check has found.

-- Milliseconds; longer than the engine's own timeout.
local patience = 500

-- What the client writes there is never passed on, to Portcullis or to the backend.
local function is_ours(name)
  return name:find("^x%-original%-") ~= nil or name:find("^x%-portcullis%-") ~= nil
end

-- Lines of the client's request that say something about its connection to HAProxy.
local hop_by_hop = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["keep-alive"] = true,
  ["proxy-connection"] = true, ["te"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
}

-- HAProxy counts the values of a header from 0.
local function list(values)
  local all = {}
  if values ~= nil and values[0] ~= nil then all[1] = values[0] end
  for _, value in ipairs(values or {}) do all[#all + 1] = value end
  return all
end

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not hop_by_hop[name] and not is_ours(name) then headers[name] = list(values) end
  end
  headers["x-original-method"] = { txn.sf:method() }
  -- `pathq` is what the client wrote, without scheme and host even if the request line had them.
  headers["x-original-uri"] = { txn.sf:pathq() }
  headers["x-original-host"] = list(txn.http:req_get_headers()["host"])
  headers["x-original-scheme"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
  headers["x-original-address"] = { txn.sf:src() }
  return headers
end

local function starting_with(headers, prefix)
  local found = {}
  for name, values in pairs(headers) do
    if name:sub(1, #prefix) == prefix then found[name:sub(#prefix + 1)] = list(values) end
  end
  return found
end

local function allow(txn, answer)
  for _, names in ipairs(list(answer.headers["x-portcullis-remove"])) do
    for name in names:gmatch("[^,]+") do txn.http:req_del_header(name) end
  end
  for name, values in pairs(starting_with(answer.headers, "x-portcullis-request-")) do
    txn.http:req_set_header(name, values[1])
  end
  txn:set_priv(starting_with(answer.headers, "x-portcullis-response-"))
  txn:set_var("txn.portcullis_allowed", true)
end

local function deny(txn, answer)
  local reply = txn:reply({ status = answer.status, body = answer.body })
  for name, values in pairs(answer.headers) do
    if not hop_by_hop[name] and not is_ours(name) and name ~= "date" then
      for _, value in ipairs(list(values)) do reply:add_header(name, value) end
    end
  end
  txn:done(reply)
end

-- HAProxy's HTTP client tries for seconds to reach a server that is gone; its health checks know better.
local function address()
  for _, server in pairs(core.backends["portcullis"].servers) do
    local status = server:get_stats()["status"]
    if status:find("^UP") or status == "no check" then return server:get_addr() end
  end
end

core.register_action("portcullis", { "http-req" }, function(txn, path)
  txn:set_var("txn.portcullis_allowed", false)
  local headers = question(txn)
  for name in pairs(txn.http:req_get_headers()) do
    if is_ours(name) then txn.http:req_del_header(name) end
  end
  local server = address()
  if server == nil then return end
  local answer = core.httpclient():get({ url = "http://" .. server .. path, headers = headers, timeout = patience })
  if answer == nil or answer.headers == nil or answer.status == nil then return end
  local id = list(answer.headers["x-portcullis-decision-id"])[1]
  if id ~= nil then txn:set_var("txn.decision_id", id) end
  if answer.status == 200 and id ~= nil then return allow(txn, answer) end
  -- An outage is answered by the line after this one.
  if id ~= nil then deny(txn, answer) end
end, 1)

core.register_action("portcullis_response", { "http-res" }, function(txn)
  for name, values in pairs(txn:get_priv() or {}) do
    if #values == 1 and name ~= "set-cookie" then
      txn.http:res_set_header(name, values[1])
    else
      for _, value in ipairs(values) do txn.http:res_add_header(name, value) end
    end
  end
end)
