# The car store: everyone looks at cars, managers change them, car administrators keep their status.
package carstore.authz

default allow := false

allow if {
	input.method == "GET"
	input.path in {[""], ["cars"]}
}

allow if {
	input.method == "GET"
	input.path = ["cars", id]
	is_string(id)
}

allow if {
	input.method in {"PUT", "DELETE"}
	input.path = ["cars", id]
	names_car(id)
	employee_is("manager")
}

allow if {
	input.method == "GET"
	input.path = ["cars", id, "status"]
	names_car(id)
	some role in ["manager", "car_admin"]
	employee_is(role)
}

allow if {
	input.method == "PUT"
	input.path = ["cars", id, "status"]
	names_car(id)
	employee_is("car_admin")
}

# `/cars/` lists like `/cars`, but there is no car without a name to change.
names_car(id) if {
	is_string(id)
	id != ""
}

employee_is(role) if role in data.carstore.employees[input.user]
