package examples.header_test

import data.examples.header

ask(method, headers) := allowed if {
	allowed := header.allow with input as {"attributes": {"request": {"http": {"method": method, "headers": headers}}}}
}

test_b_45_header_names_a_version[method] if {
	some method in ["PUT", "DELETE"]
	ask(method, {"if-match": "\"5d41402a\""})
}

test_b_45_header_missing_or_for_any_version[kind] if {
	some kind, headers in {
		"missing": {},
		"any version": {"if-match": "*"},
		"empty": {"if-match": ""},
		"list": {"if-match": ["\"5d41402a\""]},
	}
	every method in ["PUT", "DELETE"] {
		not ask(method, headers)
	}
	ask("GET", headers)
}

test_b_45_header_opens_no_other_method if not ask("POST", {"if-match": "\"5d41402a\""})

test_b_45_header_input_missing if not header.allow
