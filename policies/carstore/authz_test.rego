package carstore.authz_test

import data.carstore.authz

car := ["cars", "some-car-id"]

status := ["cars", "some-car-id", "status"]

# The decision for each caller, as a row of the document's table has it.
ask(method, path) := {user: allowed |
	some user in ["alice", "james", "kelly", "john", ""]
	allowed := authz.allow with input as {"method": method, "path": path, "user": user}
}

ask_as(user, method, path) := ask(method, path)[user]

everyone := {"alice": true, "james": true, "kelly": true, "john": true, "": true}

managers := {"alice": true, "james": true, "kelly": false, "john": false, "": false}

employees := {"alice": true, "james": true, "kelly": true, "john": false, "": false}

car_admins := {"alice": true, "james": false, "kelly": true, "john": false, "": false}

no_one := {"alice": false, "james": false, "kelly": false, "john": false, "": false}

test_c_20_get_root if ask("GET", [""]) == everyone

test_c_20_get_root_user_missing if authz.allow with input as {"method": "GET", "path": [""]}

test_c_21_get_cars if ask("GET", ["cars"]) == everyone

test_c_21_get_cars_user_missing if authz.allow with input as {"method": "GET", "path": ["cars"]}

test_c_22_get_car if ask("GET", car) == everyone

test_c_22_get_car_user_missing if authz.allow with input as {"method": "GET", "path": car}

test_c_22_get_car_with_an_empty_id if ask("GET", ["cars", ""]) == everyone

test_c_23_put_car if ask("PUT", car) == managers

test_c_23_put_car_user_missing if not authz.allow with input as {"method": "PUT", "path": car}

test_c_23_put_car_with_an_empty_id if ask("PUT", ["cars", ""]) == no_one

test_c_24_delete_car if ask("DELETE", car) == managers

test_c_24_delete_car_user_missing if not authz.allow with input as {"method": "DELETE", "path": car}

test_c_24_delete_car_with_an_empty_id if ask("DELETE", ["cars", ""]) == no_one

test_c_25_get_status if ask("GET", status) == employees

test_c_25_get_status_user_missing if not authz.allow with input as {"method": "GET", "path": status}

test_c_26_put_status if ask("PUT", status) == car_admins

test_c_26_put_status_user_missing if not authz.allow with input as {"method": "PUT", "path": status}

test_c_27_other_methods[method] if {
	some method in ["HEAD", "POST", "PATCH", "OPTIONS", "TRACE", "get", "put", "delete", ""]
	every path in [[""], ["cars"], ["cars", ""], car, status] {
		ask(method, path) == no_one
	}
}

test_c_27_method_ill_typed[kind] if {
	some kind, method in {"null": null, "number": 1, "list": ["GET"], "object": {"GET": "PUT"}}
	every path in [[""], ["cars"], car, status] {
		ask(method, path) == no_one
	}
}

test_c_28_anything_else[kind] if {
	some kind, path in {
		"empty path array": [],
		"trailing slash after status": ["cars", "some-car-id", "status", ""],
		"below status": ["cars", "some-car-id", "status", "fuel"],
		"status of a car without a name": ["cars", "", "status"],
		"another member of a car": ["cars", "some-car-id", "owner"],
		"an empty member of a car": ["cars", "some-car-id", ""],
		"another collection": ["trucks"],
		"another collection's member": ["trucks", "some-car-id"],
		"case": ["Cars", "some-car-id"],
		"prefix": ["carsharing"],
		"leading empty segment": ["", "cars"],
		"two empty segments": ["", ""],
		"text": "/cars",
		"null": null,
		"object": {"0": "cars"},
		"number for an id": ["cars", 7],
		"null for an id": ["cars", null],
		"number for an id, status": ["cars", 7, "status"],
	}
	every method in ["GET", "PUT", "DELETE", "POST", "HEAD", "PATCH", "OPTIONS"] {
		ask(method, path) == no_one
	}
}

test_c_28_put_and_delete_elsewhere[kind] if {
	some kind, path in {"root": [""], "list": ["cars"]}
	every method in ["PUT", "DELETE"] {
		ask(method, path) == no_one
	}
}

test_c_28_delete_status if ask("DELETE", status) == no_one

test_c_28_input_missing if not authz.allow

test_c_28_path_missing if not authz.allow with input as {"method": "GET", "user": "alice"}

test_c_23_user_ill_typed[kind] if {
	some kind, user in {"null": null, "number": 1, "list": ["alice"], "object": {"alice": true}, "case": "Alice"}
	not authz.allow with input as {"method": "PUT", "path": car, "user": user}
}

# Employees are data: whoever loses the role loses the right without a new policy.
test_c_23_employees_are_data if {
	document := {"method": "PUT", "path": car, "user": "alice"}
	not authz.allow with input as document with data.carstore.employees as {"alice": []}
	not authz.allow with input as document with data.carstore.employees as {}
	authz.allow with input as document with data.carstore.employees as {"alice": ["manager"]}
}

# The document's own unit tests, under its names.
test_manager_put_allowed if ask_as("alice", "PUT", car)

test_get_anonymous_allowed if {
	authz.allow with input as {"method": "GET", "path": ["cars"], "user": "non-existent-user"}
}

test_admin_delete_allowed if ask_as("alice", "DELETE", car)

test_car_admin_put_status_allowed if ask_as("kelly", "PUT", status)

test_car_admin_put_car_denied if not ask_as("kelly", "PUT", car)

test_car_admin_delete_denied if not ask_as("kelly", "DELETE", car)

test_manager_put_status_denied if not ask_as("james", "PUT", status)

# The walk-through of the document's README, in its order.
test_c_22_walk_through[step] if {
	some step, [user, method, path, expected] in [
		["alice", "PUT", ["cars", "test-car"], true],
		["james", "DELETE", ["cars", "test-car"], true],
		["kelly", "PUT", ["cars", "test-car"], false],
		["kelly", "GET", ["cars"], true],
		["kelly", "PUT", ["cars", "test-car", "status"], true],
		["james", "PUT", ["cars", "test-car", "status"], false],
		["james", "GET", ["cars", "test-car", "status"], true],
		["john", "GET", ["cars", "test-car", "status"], false],
		["alice", "PUT", ["cars", "test-car", "status"], true],
		["kelly", "DELETE", ["cars", "test-car"], false],
	]
	ask_as(user, method, path) == expected
}
