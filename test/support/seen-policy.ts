/** Tells the backend what the policy saw, and denies in every way. */
export const seenPolicy = `package envoy.authz
default allow := {"allowed": false}
path := input.parsed_path
allow := {"allowed": true, "headers": {"x-user": base64.encode(json.marshal(input))}} if not path[0] in {"deny", "plain"}
allow := {"allowed": true} if path[0] == "plain"
allow := {"allowed": false, "http_status": 302, "headers": {"location": "/login?from=x"}} if path == ["deny", "302"]
allow := {"allowed": false, "http_status": 404, "body": "nothing here"} if path == ["deny", "404"]
allow := {"allowed": false, "http_status": 401, "headers": {"www-authenticate": "Basic realm=\\"x\\""}} if path == ["deny", "401"]
allow := {"allowed": false, "http_status": 500} if path == ["deny", "500"]
allow := {"allowed": true, "headers": {"x-unheard-of": "1"}} if path == ["deny", "unsupported"]
allow := {"allowed": "yes"} if path == ["deny", "malformed"]
`;
