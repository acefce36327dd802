# Header: whoever replaces or deletes something names the version that is meant.
#
# A client sets its headers itself, so a header may make a decision narrower and never wider.
package examples.header

default allow := false

allow if http.method == "GET"

allow if {
	http.method in {"PUT", "DELETE"}
	startswith(http.headers["if-match"], "\"")
}

http := input.attributes.request.http
