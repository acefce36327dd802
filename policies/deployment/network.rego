# Who reaches what.
package deployment

# OPA has no port for others: whoever reached it could rewrite the policy.
deny contains sprintf("%s, %s: OPA listens on %s", [pod.of, container.name, address]) if {
	some pod in pods
	some container in containers_of(pod)
	some address in opa_addresses(container)
	not startswith(address, "unix://")
	not startswith(address, "127.0.0.1:")
}

deny contains sprintf("%s, %s: OPA must be told where to listen", [pod.of, container.name]) if {
	some pod in pods
	some container in containers_of(pod)
	is_opa(container)
	count(opa_addresses(container)) == 0
}

is_opa(container) if contains(container.image, "openpolicyagent/opa:")

opa_addresses(container) := {substring(argument, count("--addr="), -1) |
	is_opa(container)
	some argument in container.args
	startswith(argument, "--addr=")
}

# Behind an Envoy of the same Pod nothing else is published: whoever went around Envoy would not be checked.
deny contains sprintf("%s: port %s of %s leads around Envoy", [title(service), port.name, container.name]) if {
	some service in objects_of("Service")
	some pod in selected(service)
	has_envoy(pod)
	some port in service.spec.ports
	some container in containers_of(pod)
	not is_envoy(container)
	has_port(pod_of_one(container), container, port.targetPort)
}

deny contains sprintf("%s, %s: opens a port beside Envoy: %d", [pod.of, container.name, port.containerPort]) if {
	some pod in pods
	has_envoy(pod)
	some container in pod.spec.containers
	not is_envoy(container)
	some port in ports_of(container)
	not port.name in {"metrics", "opa-metrics"}
}

is_envoy(container) if contains(container.image, "envoyproxy/envoy:")

has_envoy(pod) if {
	some container in containers_of(pod)
	is_envoy(container)
}

pod_of_one(container) := {"spec": {"containers": [container]}}

# Probes and metrics are for kubelet and Prometheus, who need no Service.
deny contains sprintf("%s: publishes %v", [title(service), port.targetPort]) if {
	some service in objects_of("Service")
	some port in service.spec.ports
	port.targetPort in {"metrics", "opa-metrics", "envoy-metrics", 8181, 8282, 9090, 9901, 9902}
}

# To the outside of the cluster lead gateways and ingress controllers, not the objects here.
deny contains sprintf("%s: type %s publishes Pods on every node", [title(service), service.spec.type]) if {
	some service in objects_of("Service")
	service.spec.type in {"NodePort", "LoadBalancer"}
}

selected(service) := {pod |
	some pod in pods
	selects(service.spec.selector, pod)
}

deny contains sprintf("%s: no NetworkPolicy closes both directions", [pod.of]) if {
	some pod in pods
	not is_closed(pod)
}

is_closed(pod) if {
	some policy in objects_of("NetworkPolicy")
	selects(pod_labels(policy.spec.podSelector), pod)
	{"Ingress", "Egress"} == {type | some type in policy.spec.policyTypes}
}

pod_labels(selector) := labels if {
	labels := selector.matchLabels
} else := {}

deny contains sprintf("%s: does not enforce the level restricted", [title(namespace)]) if {
	some namespace in objects_of("Namespace")
	not namespace.metadata.labels["pod-security.kubernetes.io/enforce"] == "restricted"
}
