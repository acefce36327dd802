local typedefs = require "kong.db.schema.typedefs"

return {
  name = "portcullis",
  fields = {
    -- A decision is about a request, not about one of Kong's consumers.
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    {
      config = {
        type = "record",
        fields = {
          -- `/check`, or `/check/<decision path>` for another of engine.paths.
          { url = typedefs.url { required = true, default = "http://127.0.0.1:9292/check" } },
          -- Milliseconds; longer than the engine's own timeout.
          { timeout = { type = "integer", required = true, default = 500, between = { 1, 60000 } } },
        },
      },
    },
  },
}
