package kubernetes.api.client_test

import data.kubernetes.api.client

direct := {"env": {"KUBERNETES_API_URL": "https://kubernetes.default.svc", "KUBERNETES_API_TOKEN": "t0ken"}}

socket := {"env": {"KUBERNETES_API_URL": "unix:///run/portcullis/kubernetes.sock"}}

empty := {}

# Answers with what it was asked.
echo(request) := {"status_code": 200, "body": request}

answer(status, body) := {"status_code": status, "body": body}

asked(response) := response.body.url

test_e_01_get_request if {
	request := client.query_name_ns("pods", "shop", "default").body with http.send as echo with opa.runtime as empty
	request.method == "GET"
	request.raise_error == false
	not request.headers.authorization
	not request.tls_ca_cert_file
}

test_e_01_without_the_proxy_token_and_authorities_of_the_cluster if {
	request := client.query_name_ns("pods", "shop", "default").body with http.send as echo with opa.runtime as direct
	request.url == "https://kubernetes.default.svc/api/v1/namespaces/default/pods/shop"
	request.headers.authorization == "Bearer t0ken"
	request.tls_ca_cert_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
}

test_e_13_token_never_travels_in_plain_text if {
	plain := {"env": {"KUBERNETES_API_URL": "http://10.0.0.1", "KUBERNETES_API_TOKEN": "t0ken"}}
	request := client.query_all("pods").body with http.send as echo with opa.runtime as plain
	not request.headers.authorization
}

test_e_02_name_in_namespace if {
	response := client.query_name_ns("deployments", "shop", "default") with http.send as echo with opa.runtime as empty
	asked(response) == "http://127.0.0.1:8001/apis/apps/v1/namespaces/default/deployments/shop"
}

test_e_02_name_without_namespace if {
	response := client.query_name("nodes", "worker-1") with http.send as echo with opa.runtime as empty
	asked(response) == "http://127.0.0.1:8001/api/v1/nodes/worker-1"
}

test_e_02_over_a_unix_socket if {
	response := client.query_ns("pods", "default") with http.send as echo with opa.runtime as socket
	path := "unix://localhost/api/v1/namespaces/default/pods"
	asked(response) == sprintf("%s?&socket=%%2Frun%%2Fportcullis%%2Fkubernetes.sock", [path])
}

test_e_03_label_selector if {
	labels := {"app": "x", "tier": "y"}
	response := client.query_label_selector_ns("pods", labels, "default") with http.send as echo with opa.runtime as empty
	path := "http://127.0.0.1:8001/api/v1/namespaces/default/pods"
	asked(response) == sprintf("%s?labelSelector=app%%3Dx,tier%%3Dy", [path])
}

test_e_03_keys_are_encoded if {
	labels := {"app.kubernetes.io/name": "x"}
	response := client.query_label_selector("pods", labels) with http.send as echo with opa.runtime as empty
	query := "labelSelector=app.kubernetes.io%2Fname%3Dx"
	asked(response) == sprintf("http://127.0.0.1:8001/api/v1/pods?%s", [query])
}

test_e_03_selector_that_would_say_more_is_not_asked[name] if {
	some name, labels in {
		"a second requirement in a value": {"app": "x,tier=y"},
		"an operator in a key": {"app!": "x"},
		"a set in a value": {"app": "in (x,y)"},
		"nothing": {},
		"a number": {"app": 7},
		"a list": ["app"],
		"text": "app=x",
		"too long": {"app": concat("", ["a" | some _ in numbers.range(1, 64)])},
	}
	in_namespace := client.query_label_selector_ns("pods", labels, "default") with http.send as echo
		with opa.runtime as empty
	in_namespace.failure.reason == "invalid_argument"
	not in_namespace.ok
	everywhere := client.query_label_selector("pods", labels) with http.send as echo with opa.runtime as empty
	everywhere.failure.reason == "invalid_argument"
}

test_e_04_whole_cluster if {
	response := client.query_all("deployments") with http.send as echo with opa.runtime as empty
	asked(response) == "http://127.0.0.1:8001/apis/apps/v1/deployments"
}

test_e_05_whole_response if {
	object := {"kind": "Pod", "metadata": {"name": "shop"}}
	response := client.query_name_ns("pods", "shop", "default") with http.send as answer(200, object)
		with opa.runtime as empty
	response == {"ok": true, "status_code": 200, "body": object}
}

test_e_06_groups[resource] if {
	some resource, path in {
		"services": "api/v1",
		"pods": "api/v1",
		"configmaps": "api/v1",
		"secrets": "api/v1",
		"persistentvolumeclaims": "api/v1",
		"daemonsets": "apis/apps/v1",
		"deployments": "apis/apps/v1",
		"statefulsets": "apis/apps/v1",
		"replicasets": "apis/apps/v1",
		"jobs": "apis/batch/v1",
		"networkpolicies": "apis/networking.k8s.io/v1",
	}
	client.api(resource) == path
}

test_e_07_groups_of_today[resource] if {
	some resource, path in {
		"horizontalpodautoscalers": "apis/autoscaling/v2",
		"ingresses": "apis/networking.k8s.io/v1",
		"cronjobs": "apis/batch/v1",
	}
	client.api(resource) == path
}

test_e_08_unknown_resource_is_a_failure[resource] if {
	some resource in ["gadgets", "", 7, null, ["pods"]]
	every response in [
		client.query_name_ns(resource, "../x", "default"),
		client.query_name(resource, "x"),
		client.query_ns(resource, "default"),
		client.query_label_selector_ns(resource, {"app": "x"}, "default"),
		client.query_label_selector(resource, {"app": "x"}),
		client.query_all(resource),
	] {
		response.ok == false
		response.status_code == 0
		response.failure.reason == "unknown_resource"
		not response.body
	}
}

test_e_08_wrong_function if {
	client.query_name("pods", "shop").failure.reason == "invalid_argument"
	client.query_name_ns("nodes", "worker-1", "default").failure.reason == "invalid_argument"
}

test_e_02_name_that_would_lead_elsewhere_is_not_asked[name] if {
	some name in ["", ".", "..", "a/log", "a%2flog", "a..b", "a?watch=1", "a b", "a\n", "a#", "ä", 7, null, ["a"]]
	every response in [
		client.query_name_ns("pods", name, "default"),
		client.query_name_ns("pods", "shop", name),
		client.query_ns("pods", name),
		client.query_name("nodes", name),
	] {
		response.failure.reason == "invalid_argument"
	}
}

test_e_08_failures_are_named[reason] if {
	some reason, status in {
		"unauthorized": 401,
		"forbidden": 403,
		"not_found": 404,
		"overloaded": 429,
		"api_error": 500,
		"unreachable": 503,
		"timeout": 504,
	}
	response := client.query_name_ns("pods", "shop", "default") with http.send as answer(status, {"message": "no"})
		with opa.runtime as empty
	response == {"ok": false, "status_code": status, "failure": {"reason": reason, "message": "no"}}
}

test_e_08_no_answer[message] if {
	some message, reason in {
		"http.send: Get \"http://127.0.0.1:8001\": dial tcp: connect: connection refused": "unreachable",
		"http.send: Get \"http://127.0.0.1:8001\": request timed out": "timeout",
		"http.send: Get \"http://127.0.0.1:8001\": context deadline exceeded": "timeout",
	}
	none := {"status_code": 0, "error": {"code": "eval_http_send_network_error", "message": message}}
	response := client.query_all("pods") with http.send as none with opa.runtime as empty
	response == {"ok": false, "status_code": 0, "failure": {"reason": reason, "message": message}}
}

test_e_08_answer_that_is_no_object if {
	response := client.query_all("pods") with http.send as {"status_code": 200, "raw_body": "hello"}
		with opa.runtime as empty
	response.failure == {"reason": "api_error", "message": "the API server gave no reason"}
}

test_e_20_timeout_and_cache if {
	request := client.query_all("pods").body with http.send as echo with opa.runtime as empty
	request.timeout == "100ms"
	request.force_cache == true
	request.force_cache_duration_seconds == 5
}

test_e_19_age_of_answers_is_configured if {
	longer := {"env": {"KUBERNETES_API_TIMEOUT": "2s", "KUBERNETES_API_CACHE_SECONDS": "30"}}
	request := client.query_all("pods").body with http.send as echo with opa.runtime as longer
	request.timeout == "2s"
	request.force_cache_duration_seconds == 30
}
