package users_test

import data.users

admin := ["ADMIN_ROLE"]

user := ["v1", "admin", "users", "testuser"]

ask(method, path, roles) := allowed if {
	allowed := users.allow with input as {"method": method, "path": path, "roles": roles}
}

test_a_10_get_without_a_role if ask("GET", user, [])

test_a_11_post_without_a_role if not ask("POST", user, [])

test_a_12_post_as_administrator if ask("POST", user, admin)

test_a_20_get_allowed if ask("GET", ["v1", "admin", "users", "t"], [])

test_a_21_post_without_a_role if not ask("POST", ["v1", "admin", "users", "t"], [])

test_a_22_post_as_administrator if ask("POST", ["v1", "admin", "users", "t"], admin)

test_a_23_role_not_trimmed if not ask("POST", user, ["USER", " ADMIN_ROLE"])

test_a_24_post_outside_admin if not ask("POST", ["v1", "users", "t"], admin)

# The literal policy of document A takes a user's name for the admin segment; this one does not.
test_a_25_admin_as_a_name if {
	not ask("POST", ["v1", "users", "admin"], admin)
	ask("POST", ["v1", "admin", "users", "admin"], admin)
}

test_a_26_whole_segments if not ask("POST", ["v1", "administrator"], admin)

test_a_26_whole_segments_within_the_users_path if not ask("POST", ["v1", "administrator", "users", "t"], admin)

test_a_27_case_of_segments if not ask("POST", ["v1", "ADMIN"], admin)

test_a_27_case_of_segments_within_the_users_path if not ask("POST", ["v1", "ADMIN", "users", "t"], admin)

test_a_28_other_methods[method] if {
	some method in ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"]
	every roles in [[], admin] {
		not ask(method, user, roles)
	}
}

test_a_29_case_of_methods[method] if {
	some method in ["post", "get", "Post", "Get", "GET ", " POST"]
	not ask(method, user, admin)
}

test_a_30_method_missing if not users.allow with input as {"path": user, "roles": admin}

test_a_30_method_ill_typed[kind] if {
	some kind, method in {"null": null, "number": 1, "list": ["GET"], "object": {"GET": true}, "empty": ""}
	not ask(method, user, admin)
}

test_a_31_input_missing[kind] if {
	some kind, document in {"empty": {}, "null": null, "text": "GET", "list": [], "true": true}
	not users.allow with input as document
}

test_a_31_input_absent if not users.allow

test_a_31_path_missing if not users.allow with input as {"method": "GET", "roles": admin}

test_a_31_roles_missing if not users.allow with input as {"method": "GET", "path": user}

test_a_32_path_ill_typed[kind] if {
	some kind, path in {
		"text": "/v1/admin/users/t",
		"null": null,
		"object": {"0": "v1", "1": "admin", "2": "users", "3": "t"},
		"number for a name": ["v1", "admin", "users", 7],
		"null for a name": ["v1", "admin", "users", null],
		"list for a name": ["v1", "admin", "users", ["t"]],
	}
	every method in ["GET", "POST"] {
		not ask(method, path, admin)
	}
}

test_a_33_roles_ill_typed[kind] if {
	some kind, roles in {
		"text": "ADMIN_ROLE",
		"null": null,
		"object": {"ADMIN_ROLE": "ADMIN_ROLE"},
		"number among them": ["ADMIN_ROLE", 1],
	}
	every method in ["GET", "POST"] {
		not ask(method, user, roles)
	}
}

test_a_28_any_other_path[kind] if {
	some kind, path in {
		"none": [],
		"root": [""],
		"the list": ["v1", "admin", "users"],
		"no name": ["v1", "admin", "users", ""],
		"trailing slash": ["v1", "admin", "users", "t", ""],
		"deeper": ["v1", "admin", "users", "t", "roles"],
		"leading empty segment": ["", "v1", "admin", "users", "t"],
		"another version": ["v2", "admin", "users", "t"],
	}
	every method in ["GET", "POST"] {
		not ask(method, path, admin)
	}
}
