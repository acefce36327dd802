# Two callers, one method each: the smallest policy that reads who calls.
# Its input is that of application middleware: `method` and `user`.
package authz

default allow := false

allow if input.method == permitted_method[input.user]

permitted_method := {
	"admin": "POST",
	"alice": "GET",
}
