# Time: changes are possible on working days from 8 to 18, reading always.
package examples.opening_hours

default allow := false

allow if method == "GET"

allow if {
	method in {"POST", "PUT", "DELETE"}
	[hour, _, _] := time.clock(moment)
	hour >= 8
	hour < 18
	not time.weekday(moment) in {"Saturday", "Sunday"}
}

method := input.attributes.request.http.method

# The time at which Envoy received the request, not the time of this evaluation: the decision can be
# repeated from its log, and a test needs no clock.
moment := [input.attributes.request.time.seconds * 1000000000, "Europe/Berlin"]
