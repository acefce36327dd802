# The front rule: reads the input that Envoy's checks have, asks the policy that owns the path, and
# says what Envoy is told.
package envoy.authz

import data.carstore
import data.users

# What is left: the method or the path is missing, or is not what it should be.
default allow := {"allowed": false, "reason": "input_malformed"}

allow := {"allowed": true, "headers": identity_headers, "reason": "permitted"} if {
	permitted
} else := {
	"allowed": false,
	"http_status": 403,
	"headers": {"content-type": "text/plain; charset=utf-8"},
	"body": "Forbidden",
	"reason": refusal,
} if {
	identified
} else := {"allowed": false, "reason": refusal}

# Without an identity the status is left out: only Portcullis knows whether there is a way to
# identify oneself, and so whether 401 with a challenge or 403 is the honest answer.
refusal := "not_permitted" if owner

refusal := "no_policy" if {
	well_formed
	not owner
}

well_formed if {
	is_string(request.method)
	is_array(request.path)
}

permitted if {
	owner == "users"
	users.allow with input as request
}

permitted if {
	owner == "carstore"
	carstore.authz.allow with input as request
}

owner := "users" if {
	well_formed
	request.path[0] == "v1"
	request.path[1] == "admin"
	request.path[2] == "users"
}

owner := "carstore" if {
	well_formed
	request.path[0] in {"", "cars"}
}

# The input that `users` and `carstore` expect.
request := {
	"method": input.attributes.request.http.method,
	"path": input.parsed_path,
	"user": caller.user,
	"roles": caller.roles,
}

default caller := {"user": "", "roles": []}

caller := {"user": input.identity.subject, "roles": input.identity.roles} if identified

# A credential that failed identifies nobody, whatever else the input says.
identified if {
	is_string(input.identity.subject)
	is_array(input.identity.roles)
	not input.identity_error
}

default identity_headers := {}

identity_headers := {name: value |
	some name, value in {"x-user": caller.user, "x-user-roles": concat(",", nameable_roles)}
	value != ""
} if {
	identified
}

# A role with a comma in its name would reach the backend as two roles.
nameable_roles := [role |
	some role in caller.roles
	not contains(role, ",")
]
