# The policy of the recording, and what a decision in JSON cannot say.
package envoy.authz

extensions := input.attributes.contextExtensions

allow := json.unmarshal(extensions.decision) if extensions.decision

allow := {"allowed": false, "headers": {"x-echo": "1"}, "body": json.marshal(input)} if {
	not extensions.decision
	not extensions.rule
}

rule := extensions.rule

allow := {"allowed": count([n | some n in numbers.range(1, 200000); n % 7 == 0]) > 0} if rule == "slow"

allow := {"allowed": true} if rule == "conflict"

allow := {"allowed": false} if rule == "conflict"

allow := {"allowed": (1 / (count(rule) - 16)) == 1} if rule == "division by zero"

allow := {"allowed": true, "request_headers_to_remove": {"b", "a"}, "query_parameters_to_remove": {"d", "c"}} if {
	rule == "sets"
}

allow := {"allowed"} if rule == "set"

allow := {"allowed": true, "headers": {"a": {"y", "x"}}} if rule == "set of values"

allow := {"allowed": true, "headers": {1: "a", true: "b", null: "c"}} if rule == "keys"

allow := {"allowed": true, "dynamic_metadata": {1: "a", [1]: "b"}} if rule == "metadata keys"

allow := {"allowed": true, "headers": {"a": base64.decode("/w==")}} if rule == "bytes"

allow := {"allowed": false, "body": base64.decode("/w==")} if rule == "bytes in the body"

allow := {"allowed": false, "body": sprintf("%d %v", [metadata.exp, metadata.exp])} if rule == "sprintf"

allow := {"allowed": metadata.exp == 1569026124} if rule == "equals"

metadata := input.attributes.metadataContext.filterMetadata.jwt
