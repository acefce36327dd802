package examples.body_test

import data.examples.body

transfer := {
	"attributes": {"request": {"http": {"method": "POST"}}},
	"parsed_path": ["transfers"],
	"parsed_body": {"amount": 1000, "to": "4821"},
	"truncated_body": false,
}

ask(change) := allowed if {
	allowed := body.allow with input as object.union(transfer, change)
}

test_b_45_body_within_the_limit[amount] if {
	some amount in [1000, 1, 0.01]
	ask({"parsed_body": {"amount": amount}})
}

test_b_45_body_refused[kind] if {
	some kind, document in {
		"over the limit": {"amount": 1000.01},
		"nothing": {"amount": 0},
		"negative": {"amount": -1},
		"text": {"amount": "1"},
		"null": {"amount": null},
		"list": {"amount": [1]},
	}
	not ask({"parsed_body": document})
}

test_b_45_body_truncated if not ask({"truncated_body": true})

test_b_45_body_missing[path] if {
	some path in ["parsed_body", "truncated_body", "parsed_path", "attributes"]
	not body.allow with input as json.remove(transfer, [path])
}

test_b_45_body_not_parsed if not ask({"parsed_body": null})
