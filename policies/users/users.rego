# The users API: reading a user is open to everyone, changing one needs the administrator's role.
#
# An allow-list of method and path. A policy that only refuses what it knows lets through every
# other method, a lower-case `post` and an input that never arrived.
package users

default allow := false

allow if {
	input.method == "GET"
	well_formed
}

allow if {
	input.method == "POST"
	well_formed
	"ADMIN_ROLE" in input.roles
}

# The length keeps a user called "admin" or a deeper path from passing as something else.
well_formed if {
	input.path = ["v1", "admin", "users", name]
	is_string(name)
	name != ""
	is_array(input.roles)
	every role in input.roles { is_string(role) }
}
