package authz_test

import data.authz

ask(method, user) := allowed if {
	allowed := authz.allow with input as {"method": method, "path": ["myservice"], "user": user}
}

test_b_01_get_alice if ask("GET", "alice")

test_b_02_post_admin if ask("POST", "admin")

test_b_03_get_admin if not ask("GET", "admin")

test_b_04_post_alice if not ask("POST", "alice")

test_b_05_other_methods[method] if {
	some method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "post", ""]
	every user in ["alice", "admin", "bob"] {
		not ask(method, user)
	}
}

test_b_06_other_users[kind] if {
	some kind, user in {
		"bob": "bob",
		"empty": "",
		"null": null,
		"list": ["alice"],
		"case": "Alice",
	}
	every method in ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
		not ask(method, user)
	}
}

test_b_06_user_missing[method] if {
	some method in ["GET", "POST", "PUT"]
	not authz.allow with input as {"method": method}
}

test_b_06_method_missing[user] if {
	some user in ["alice", "admin"]
	not authz.allow with input as {"user": user}
}

test_b_06_input_missing if not authz.allow
