package examples.opening_hours_test

import data.examples.opening_hours

ask(method, time_text) := allowed if {
	seconds := time.parse_rfc3339_ns(time_text) / 1000000000
	request := {"http": {"method": method}, "time": {"seconds": seconds}}
	allowed := opening_hours.allow with input as {"attributes": {"request": request}}
}

test_b_45_time_within_opening_hours[moment] if {
	some moment in ["2026-03-02T08:00:00+01:00", "2026-03-06T17:59:59+01:00", "2026-07-01T08:00:00+02:00"]
	every method in ["GET", "POST", "PUT", "DELETE"] {
		ask(method, moment)
	}
}

test_b_45_time_outside_opening_hours[moment] if {
	some moment in [
		"2026-03-02T07:59:59+01:00",
		"2026-03-02T18:00:00+01:00",
		"2026-03-07T12:00:00+01:00",
		"2026-03-08T12:00:00+01:00",
		"2026-07-01T07:59:59+02:00",
	]
	ask("GET", moment)
	every method in ["POST", "PUT", "DELETE", "PATCH"] {
		not ask(method, moment)
	}
}

test_b_45_time_missing if {
	not opening_hours.allow with input as {"attributes": {"request": {"http": {"method": "POST"}}}}
}

test_b_45_time_input_missing if not opening_hours.allow
