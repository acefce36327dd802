package examples.source_address_test

import data.examples.source_address

from(address) := {"socketAddress": {"address": address, "portValue": 40000}}

ask(path, peer) := allowed if {
	attributes := {
		"source": {"address": peer},
		"request": {"http": {"headers": {"x-forwarded-for": "10.20.0.1"}}},
	}
	allowed := source_address.allow with input as {"parsed_path": path, "attributes": attributes}
}

test_b_45_source_address_within_the_network[address] if {
	some address in ["10.20.0.1", "10.20.255.254", "2001:db8:20::1"]
	ask(["admin", "users"], from(address))
}

test_b_45_source_address_elsewhere[address] if {
	some address in ["10.21.0.1", "192.0.2.7", "2001:db8:21::1", "10.20.0.1.example.org", "10.20.0.1:80", ""]
	not ask(["admin"], from(address))
	ask(["public"], from(address))
}

test_b_45_source_address_of_another_kind[kind] if {
	some kind, peer in {
		"pipe": {"pipe": {"path": "/run/envoy.sock"}},
		"internal": {"envoyInternalAddress": {"serverListenerName": "inner"}},
		"none": {},
	}
	not ask(["admin"], peer)
}

test_b_45_source_address_path_missing if not source_address.allow with input as {}
