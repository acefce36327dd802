# Asks the Kubernetes API from a policy: one object, or the objects of a namespace, a label selector or the cluster.
#
# Every function answers the whole response of http.send and says with `ok` whether there is a `body`. What went wrong
# is in `failure`, and a failure has no `body`: a policy that reads `.body` of one gets nothing, not a Status object.
#
# Where the API is, OPA's environment says: KUBERNETES_API_URL is Portcullis's proxy (http://127.0.0.1:8001, or
# unix:///path), which adds the token, or the API server itself (https://…).
package kubernetes.api.client

# Where the API serves each resource, by the groups and versions of today.
resources := {
	"configmaps": {"group": "", "version": "v1", "namespaced": true},
	"cronjobs": {"group": "batch", "version": "v1", "namespaced": true},
	"daemonsets": {"group": "apps", "version": "v1", "namespaced": true},
	"deployments": {"group": "apps", "version": "v1", "namespaced": true},
	"horizontalpodautoscalers": {"group": "autoscaling", "version": "v2", "namespaced": true},
	"ingresses": {"group": "networking.k8s.io", "version": "v1", "namespaced": true},
	"jobs": {"group": "batch", "version": "v1", "namespaced": true},
	"namespaces": {"group": "", "version": "v1", "namespaced": false},
	"networkpolicies": {"group": "networking.k8s.io", "version": "v1", "namespaced": true},
	"nodes": {"group": "", "version": "v1", "namespaced": false},
	"persistentvolumeclaims": {"group": "", "version": "v1", "namespaced": true},
	"pods": {"group": "", "version": "v1", "namespaced": true},
	"replicasets": {"group": "apps", "version": "v1", "namespaced": true},
	"secrets": {"group": "", "version": "v1", "namespaced": true},
	"serviceaccounts": {"group": "", "version": "v1", "namespaced": true},
	"services": {"group": "", "version": "v1", "namespaced": true},
	"statefulsets": {"group": "apps", "version": "v1", "namespaced": true},
}

# The object of that name in a namespace.
query_name_ns(resource, name, namespace) := refused(problems) if {
	problems := (resource_problems(resource, true) | name_problems(name)) | namespace_problems(namespace)
	count(problems) > 0
} else := send([api(resource), "namespaces", namespace, resource, name], "")

# The object of that name of a resource without namespaces, such as a node.
query_name(resource, name) := refused(problems) if {
	problems := resource_problems(resource, false) | name_problems(name)
	count(problems) > 0
} else := send([api(resource), resource, name], "")

# The objects of a namespace, in `.body.items`.
query_ns(resource, namespace) := refused(problems) if {
	problems := resource_problems(resource, true) | namespace_problems(namespace)
	count(problems) > 0
} else := send([api(resource), "namespaces", namespace, resource], "")

# The objects of a namespace that have these labels: {"app": "shop", "tier": "web"}.
query_label_selector_ns(resource, labels, namespace) := refused(problems) if {
	problems := (resource_problems(resource, true) | label_problems(labels)) | namespace_problems(namespace)
	count(problems) > 0
} else := send([api(resource), "namespaces", namespace, resource], selector(labels))

# The objects of the whole cluster that have these labels.
query_label_selector(resource, labels) := refused(problems) if {
	problems := known_problems(resource) | label_problems(labels)
	count(problems) > 0
} else := send([api(resource), resource], selector(labels))

# All objects of the cluster.
query_all(resource) := refused(problems) if {
	problems := known_problems(resource)
	count(problems) > 0
} else := send([api(resource), resource], "")

# What OPA waits for an answer: less than Portcullis's engine.timeout, so that the policy can still say why.
timeout := object.get(env, "KUBERNETES_API_TIMEOUT", "100ms")

# How old an answer may be: it is given again for so long.
cache_seconds := to_number(object.get(env, "KUBERNETES_API_CACHE_SECONDS", "5"))

env := object.get(opa.runtime(), "env", {})

url := trim_right(object.get(env, "KUBERNETES_API_URL", "http://127.0.0.1:8001"), "/")

api(resource) := "api/v1" if {
	resources[resource].group == ""
} else := sprintf("apis/%s/%s", [resources[resource].group, resources[resource].version])

send(segments, query) := outcome(http.send(object.union(
	{
		"method": "GET",
		"url": address(concat("/", segments), query),
		"headers": object.union({"accept": "application/json"}, authorization),
		"raise_error": false,
		"timeout": timeout,
		"force_cache": true,
		"force_cache_duration_seconds": cache_seconds,
	},
	tls,
)))

address(path, query) := concat("", [
	"unix://localhost/", path, "?", query, "&socket=",
	urlquery.encode(trim_prefix(url, "unix://")),
]) if {
	startswith(url, "unix://")
} else := sprintf("%s/%s", [url, path]) if {
	query == ""
} else := sprintf("%s/%s?%s", [url, path, query])

# Without the proxy: the authorities of the cluster, and a token that OPA's environment holds for as long as it runs.
# It never travels in plain text.
tls := {"tls_ca_cert_file": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"} if {
	startswith(url, "https://")
} else := {}

authorization := {"authorization": sprintf("Bearer %s", [env.KUBERNETES_API_TOKEN])} if {
	startswith(url, "https://")
} else := {}

outcome(response) := object.union(response, {"ok": true}) if {
	response.status_code == 200
	is_object(response.body)
} else := failed(response.status_code, reason(response), message(response))

reasons := {
	401: "unauthorized",
	403: "forbidden",
	404: "not_found",
	408: "timeout",
	429: "overloaded",
	502: "unreachable",
	503: "unreachable",
	504: "timeout",
}

reason(response) := reasons[response.status_code]

reason(response) := "api_error" if {
	response.status_code != 0
	not reasons[response.status_code]
}

reason(response) := "timeout" if late(response)

reason(response) := "unreachable" if {
	response.status_code == 0
	not late(response)
}

late(response) if {
	response.status_code == 0
	regex.match(`(?i)timed? ?out|deadline exceeded`, response.error.message)
}

message(response) := response.error.message if {
	response.status_code == 0
} else := response.body.message if {
	is_string(response.body.message)
} else := "the API server gave no reason"

failed(status, because, text) := {
	"ok": false,
	"status_code": status,
	"failure": {"reason": because, "message": text},
}

# Nothing was asked. Of several problems an unknown resource is named first.
refused(problems) := failed(0, worst.reason, worst.message) if {
	worst := sort([[object.get({"unknown_resource": 0}, one.reason, 1), one] | some one in problems])[0][1]
}

known_problems(resource) := {problem |
	not resources[resource]
	problem := {"reason": "unknown_resource", "message": sprintf("%v is not a known resource", [resource])}
}

resource_problems(resource, namespaced) := known_problems(resource) | {problem |
	resources[resource].namespaced != namespaced
	problem := invalid(sprintf("%v with the wrong function, since they %s namespaces", [resource, scopes[namespaced]]))
}

scopes := {true: "have no", false: "have"}

# A slash in a name would ask for a subresource, two dots for something else altogether.
name_problems(name) := {problem |
	not segment(name)
	problem := invalid(sprintf("the name %v", [name]))
}

namespace_problems(namespace) := {problem |
	not segment(namespace)
	problem := invalid(sprintf("the namespace %v", [namespace]))
}

segment(text) if {
	count(text) <= 253
	regex.match(`^[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?$`, text)
	not contains(text, "..")
}

# A comma or an equals sign in a value would be read as a further requirement, however it is encoded. No labels at all
# would select everything.
label_problems(labels) := {problem |
	not is_selector(labels)
	problem := invalid(sprintf("the labels %v", [labels]))
}

is_selector(labels) if {
	is_object(labels)
	count(labels) > 0
	every key, value in labels {
		regex.match(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`, key)
		regex.match(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`, value)
	}
}

selector(labels) := sprintf("labelSelector=%s", [concat(",", sort([pair |
	some key, value in labels
	pair := urlquery.encode(sprintf("%s=%s", [key, value]))
]))])

invalid(what) := {"reason": "invalid_argument", "message": sprintf("not asked: %s", [what])}
