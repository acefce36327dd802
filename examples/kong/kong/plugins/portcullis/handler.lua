-- Asks Portcullis about each request; see docs/gateways/kong.md. For Kong Gateway 3 (LuaJIT); resty.http comes with it.

local http = require "resty.http"

local Portcullis = { PRIORITY = 950, VERSION = "1.0.0" }

-- What Kong can read of a request's headers at most: more of them could hide one.
local most_headers = 1000

-- Lines of the client's request that say something about its connection to Kong.
local hop_by_hop = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["keep-alive"] = true,
  ["proxy-connection"] = true, ["te"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
}

-- What the client writes there is never passed on to Portcullis.
local function is_ours(name)
  return name:find("^x%-original%-") ~= nil or name:find("^x%-portcullis%-") ~= nil
end

local function question()
  local received, truncated = kong.request.get_headers(most_headers)
  if truncated then return nil end
  local headers = {}
  for name, value in pairs(received) do
    if not hop_by_hop[name] and not is_ours(name) then headers[name] = value end
  end
  local query = kong.request.get_raw_query()
  headers["x-original-method"] = kong.request.get_method()
  -- Not normalized: as the client wrote it.
  headers["x-original-uri"] = kong.request.get_raw_path() .. (query ~= "" and "?" .. query or "")
  headers["x-original-host"] = kong.request.get_host()
  headers["x-original-scheme"] = kong.request.get_scheme()
  -- Of the connection; `get_forwarded_ip` may be what the client says.
  headers["x-original-address"] = kong.client.get_ip()
  return headers
end

local function ask(conf, headers)
  local client = http.new()
  client:set_timeouts(conf.timeout, conf.timeout, conf.timeout)
  return client:request_uri(conf.url, { method = "GET", headers = headers, keepalive_timeout = 60000 })
end

local function starting_with(headers, prefix)
  local found = {}
  for name, value in pairs(headers) do
    name = name:lower()
    if name:sub(1, #prefix) == prefix then found[name:sub(#prefix + 1)] = value end
  end
  return found
end

local function allow(answer)
  for name in (answer.headers["x-portcullis-remove"] or ""):gmatch("[^,]+") do
    kong.service.request.clear_header(name)
  end
  for name, value in pairs(starting_with(answer.headers, "x-portcullis-request-")) do
    kong.service.request.set_header(name, value)
  end
  kong.ctx.plugin.response_headers = starting_with(answer.headers, "x-portcullis-response-")
end

local function deny(answer)
  local headers = {}
  for name, value in pairs(answer.headers) do
    name = name:lower()
    if not hop_by_hop[name] and not is_ours(name) and name ~= "date" then headers[name] = value end
  end
  return kong.response.exit(answer.status, answer.body, headers)
end

function Portcullis:access(conf)
  local headers = question()
  if headers == nil then return kong.response.exit(400) end
  local answer, err = ask(conf, headers)
  local id = answer and answer.headers["x-portcullis-decision-id"]
  if not id then
    kong.log.err("no decision: ", err or answer.status)
    return kong.response.exit(503)
  end
  kong.ctx.plugin.decision_id = id
  if answer.status == 200 then return allow(answer) end
  return deny(answer)
end

function Portcullis:header_filter()
  for name, value in pairs(kong.ctx.plugin.response_headers or {}) do
    if type(value) == "table" or name == "set-cookie" then
      for _, each in ipairs(type(value) == "table" and value or { value }) do
        kong.response.add_header(name, each)
      end
    else
      kong.response.set_header(name, value)
    end
  end
end

function Portcullis:log()
  -- For the access log: `$decision_id` where `nginx_http_log_format` names it, and the log plugins.
  if kong.ctx.plugin.decision_id then kong.log.set_serialize_value("decision_id", kong.ctx.plugin.decision_id) end
end

return Portcullis
