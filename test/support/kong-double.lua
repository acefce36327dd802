-- What Kong documents of its PDK and of lua-resty-http, as far as the plugin uses it. Functions named `js_…` are the test's.

local ended = {}

local function each(value, use)
  if type(value) == "table" then
    for _, one in ipairs(value) do use(one) end
  else
    use(value)
  end
end

kong = {
  request = {
    get_method = function() return request.method end,
    get_raw_path = function() return request.path end,
    get_raw_query = function() return request.query end,
    get_host = function() return request.host end,
    get_scheme = function() return "http" end,
    get_headers = function(most)
      assert(most <= 1000)
      return request.headers, request.truncated and "truncated" or nil
    end,
  },
  client = { get_ip = function() return request.address end },
  service = { request = { set_header = js_set_header, clear_header = js_clear_header } },
  response = {
    exit = function(status, body, headers)
      for name, value in pairs(headers or {}) do each(value, function(one) js_exit_header(name, one) end) end
      js_exit(status, body or "")
      error(ended)
    end,
    set_header = js_set_response_header,
    add_header = js_add_response_header,
  },
  ctx = { plugin = {} },
  log = {
    err = function() end,
    set_serialize_value = function(name, value) js_log(name, value) end,
  },
}

package.preload["resty.http"] = function()
  local client = {}
  function client:set_timeouts(connect, send, read) assert(connect > 0 and send > 0 and read > 0) end
  function client:request_uri(url, options)
    for name, value in pairs(options.headers) do each(value, function(one) js_question_header(name, one) end) end
    local text = js_ask(url, options.method):await()
    if text == "" then return nil, "connection refused" end
    local answer = load(text)()
    setmetatable(answer.headers, { __index = function(headers, name) return rawget(headers, name:lower()) end })
    return answer
  end
  return { new = function() return client end }
end

package.preload["kong.db.schema.typedefs"] = function()
  local function any(value) return value or {} end
  return { no_consumer = {}, protocols_http = {}, url = any }
end

function run(handler, conf)
  local ok, failure = pcall(handler.access, handler, conf)
  if not ok and failure ~= ended then error(failure) end
  if ok then handler:header_filter(conf) end
  handler:log(conf)
end
