# Source address: the administration is open to the office network only.
package examples.source_address

default allow := false

allow if {
	is_string(input.parsed_path[0])
	input.parsed_path[0] != "admin"
}

# The peer as Envoy sees it. A client writes what it likes into `x-forwarded-for`; Envoy puts the
# real client here once it knows how many proxies stand before it (`xff_num_trusted_hops`).
allow if {
	input.parsed_path[0] == "admin"
	some network in ["10.20.0.0/16", "2001:db8:20::/48"]
	net.cidr_contains(network, input.attributes.source.address.socketAddress.address)
}
