# Body: a transfer of up to 1000 needs no approval.
package examples.body

default allow := false

# Of a body that Envoy cut off nobody knows how it goes on, so it counts as no body.
allow if {
	input.attributes.request.http.method == "POST"
	input.parsed_path == ["transfers"]
	input.truncated_body == false
	amount := input.parsed_body.amount
	is_number(amount)
	amount > 0
	amount <= 1000
}
