package envoy.authz_test

import data.envoy.authz

# The input as opa-envoy-plugin and Portcullis build it, without what the policy does not read.
from(method, path) := {
	"attributes": {"request": {"http": {"method": method, "path": concat("/", array.concat([""], path))}}},
	"parsed_path": path,
	"parsed_query": {},
	"version": {"encoding": "protojson", "ext_authz": "v3"},
}

identified_as(subject, roles) := {"identity": {"source": "token-file", "subject": subject, "roles": roles}}

ask(document) := decision if {
	decision := authz.allow with input as document
}

anonymously(method, path) := ask(from(method, path))

ask_as(subject, roles, method, path) := ask(object.union(from(method, path), identified_as(subject, roles)))

user := ["v1", "admin", "users", "testuser"]

car := ["cars", "some-car-id"]

anonymous_permitted := {"allowed": true, "headers": {}, "reason": "permitted"}

forbidden(reason) := {
	"allowed": false,
	"http_status": 403,
	"headers": {"content-type": "text/plain; charset=utf-8"},
	"body": "Forbidden",
	"reason": reason,
}

anonymous_refused(reason) := {"allowed": false, "reason": reason}

test_a_10_get_user if anonymously("GET", user) == anonymous_permitted

test_a_11_post_user_anonymous if anonymously("POST", user) == anonymous_refused("not_permitted")

test_a_11_post_user_without_the_role if {
	ask_as("bob", ["USER"], "POST", user) == forbidden("not_permitted")
}

test_a_12_post_user_as_administrator if {
	ask_as("root", ["ADMIN_ROLE"], "POST", user) == {
		"allowed": true,
		"headers": {"x-user": "root", "x-user-roles": "ADMIN_ROLE"},
		"reason": "permitted",
	}
}

# A forged role header is nothing but a header: the policy does not read it.
test_a_12_role_header_changes_nothing if {
	forged := {"attributes": {"request": {"http": {"headers": {
		"user_roles": "ADMIN_ROLE",
		"x-user": "alice",
		"x-user-roles": "ADMIN_ROLE,manager",
	}}}}}
	ask(object.union(from("POST", user), forged)) == anonymous_refused("not_permitted")
	ask(object.union(from("PUT", car), forged)) == anonymous_refused("not_permitted")
}

test_a_28_other_methods[method] if {
	some method in ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "post", "get"]
	ask_as("root", ["ADMIN_ROLE"], method, user) == forbidden("not_permitted")
}

test_a_30_method_missing if {
	ask(json.remove(from("GET", user), ["attributes/request/http/method"])) == anonymous_refused("input_malformed")
}

test_a_30_method_ill_typed[kind] if {
	some kind, method in {"null": null, "number": 1, "list": ["GET"]}
	ask(json.patch(
		from("GET", user),
		[{"op": "replace", "path": "attributes/request/http/method", "value": method}],
	)) == anonymous_refused("input_malformed")
}

test_a_31_input_missing[kind] if {
	some kind, document in {
		"empty": {},
		"null": null,
		"text": "GET",
		"list": [],
		"attributes only": {"attributes": {}},
		"path only": {"parsed_path": user},
	}
	ask(document) == anonymous_refused("input_malformed")
}

test_a_31_input_absent if authz.allow == anonymous_refused("input_malformed")

test_a_31_malformed_with_an_identity if {
	ask(identified_as("root", ["ADMIN_ROLE"])) == anonymous_refused("input_malformed")
}

test_a_32_path_ill_typed[kind] if {
	some kind, path in {"text": "/v1/admin/users/t", "null": null, "object": {"0": "cars"}, "number": 1}
	ask(object.union(from("GET", []), {"parsed_path": path})) == anonymous_refused("input_malformed")
}

# The application of document C drops the query and the leading empty segment, and keeps a trailing
# one; the front rule hands on the parsed path, which already has that form.
test_c_10_root if anonymously("GET", [""]) == anonymous_permitted

test_c_10_cars if anonymously("GET", ["cars"]) == anonymous_permitted

test_c_10_cars_with_a_trailing_slash if anonymously("GET", ["cars", ""]) == anonymous_permitted

# The application of document C takes the Authorization header for the user's name.
test_c_11_authorization_header_is_not_the_user if {
	header := {"attributes": {"request": {"http": {"headers": {"authorization": "alice"}}}}}
	ask(object.union(from("PUT", car), header)) == anonymous_refused("not_permitted")
}

test_c_11_user_is_the_identity if {
	ask_as("alice", [], "PUT", car) == {"allowed": true, "headers": {"x-user": "alice"}, "reason": "permitted"}
}

test_c_23_put_car if {
	ask_as("alice", ["manager", "car_admin"], "PUT", car) == {
		"allowed": true,
		"headers": {"x-user": "alice", "x-user-roles": "manager,car_admin"},
		"reason": "permitted",
	}
	ask_as("kelly", ["car_admin"], "PUT", car) == forbidden("not_permitted")
}

# The car store's roles are its own data: a role that only the identity claims opens nothing.
test_c_23_roles_of_the_identity_are_not_the_car_store_s if {
	ask_as("john", ["manager"], "PUT", car) == forbidden("not_permitted")
}

test_c_25_get_status if {
	ask_as("james", [], "GET", ["cars", "some-car-id", "status"]).allowed
	ask_as("john", [], "GET", ["cars", "some-car-id", "status"]) == forbidden("not_permitted")
}

test_c_30_denied_is_403_for_a_known_caller[method] if {
	some method in ["PUT", "DELETE", "PATCH", "POST"]
	ask_as("john", [], method, car) == forbidden("not_permitted")
}

test_c_30_status_is_left_out_for_an_unknown_caller if {
	anonymously("PUT", car) == anonymous_refused("not_permitted")
}

# A car that does not exist is refused like any other: the policy does not know which exist.
test_c_35_refusal_before_existence if {
	ask_as("kelly", [], "DELETE", ["cars", "no-such-car"]) == forbidden("not_permitted")
	anonymously("DELETE", ["cars", "no-such-car"]) == anonymous_refused("not_permitted")
}

test_c_28_no_policy_for_the_path[kind] if {
	some kind, path in {
		"elsewhere": ["nope"],
		"prefix": ["carsharing"],
		"case": ["CARS"],
		"v1": ["v1"],
		"v1/admin": ["v1", "admin"],
		"v1/admin/groups": ["v1", "admin", "groups", "g"],
		"leading empty segment before the users": ["", "v1", "admin", "users", "t"],
		"none": [],
		"numbers": [1, 2],
	}
	expected := {"none": "no_policy", "leading empty segment before the users": "not_permitted"}
	document := object.union(from("GET", []), {"parsed_path": path})
	reason := object.get(expected, kind, "no_policy")
	ask(document) == anonymous_refused(reason)
	ask(object.union(document, identified_as("alice", ["ADMIN_ROLE"]))) == forbidden(reason)
}

test_failed_credential_identifies_nobody if {
	error := {"identity_error": {"source": "token-file", "reason": "expired_token"}}
	identified := object.union(from("PUT", car), identified_as("alice", ["manager"]))
	ask(object.union(from("PUT", car), error)) == anonymous_refused("not_permitted")
	ask(object.union(identified, error)) == anonymous_refused("not_permitted")
	ask(object.union(from("GET", car), error)) == anonymous_permitted
}

test_malformed_identity_identifies_nobody[kind] if {
	some kind, identity in {
		"empty": {},
		"no roles": {"subject": "alice"},
		"no subject": {"roles": ["manager"]},
		"subject ill-typed": {"subject": ["alice"], "roles": []},
		"roles ill-typed": {"subject": "alice", "roles": "manager"},
		"text": "alice",
		"null": null,
	}
	ask(object.union(from("PUT", car), {"identity": identity})) == anonymous_refused("not_permitted")
}

test_subject_without_a_name_has_no_header if {
	ask_as("", ["ADMIN_ROLE"], "POST", user) == {
		"allowed": true,
		"headers": {"x-user-roles": "ADMIN_ROLE"},
		"reason": "permitted",
	}
}

test_role_with_a_comma_is_not_two_roles if {
	ask_as("alice", ["manager", "a,ADMIN_ROLE", "car_admin"], "GET", car).headers == {
		"x-user": "alice",
		"x-user-roles": "manager,car_admin",
	}
}
