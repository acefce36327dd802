# How containers run.
package deployment

deny contains sprintf("%s, %s: securityContext.%s must be %v", [pod.of, container.name, key, value]) if {
	some pod in pods
	some container in containers_of(pod)
	some key, value in {
		"runAsNonRoot": true,
		"allowPrivilegeEscalation": false,
		"readOnlyRootFilesystem": true,
		"capabilities": {"drop": ["ALL"]},
		"seccompProfile": {"type": "RuntimeDefault"},
	}
	not container.securityContext[key] == value
}

# By number, because a name cannot be told from root.
deny contains sprintf("%s, %s: securityContext.runAsUser must be a number above 0", [pod.of, container.name]) if {
	some pod in pods
	some container in containers_of(pod)
	not runs_as_number(container)
}

runs_as_number(container) if {
	is_number(container.securityContext.runAsUser)
	container.securityContext.runAsUser > 0
}

deny contains sprintf("%s: %s must not be used", [pod.of, key]) if {
	some pod in pods
	some key in {"hostNetwork", "hostPID", "hostIPC"}
	pod.spec[key] == true
}

deny contains sprintf("%s: the volume %s is a folder of the node", [pod.of, volume.name]) if {
	some pod in pods
	some volume in pod.spec.volumes
	volume.hostPath
}

deny contains sprintf("%s: automountServiceAccountToken must be false", [pod.of]) if {
	some pod in pods
	not pod.spec.automountServiceAccountToken == false
}

deny contains sprintf("%s, %s: the image %s has no fixed version", [pod.of, container.name, container.image]) if {
	some pod in pods
	some container in containers_of(pod)
	not is_pinned(container.image)
}

is_pinned(image) if regex.match(`@sha256:[0-9a-f]{64}$`, image)

is_pinned(image) if {
	[_, tag] := regex.find_all_string_submatch_n(`^[^@]+:([\w.-]+)$`, image, 1)[0]
	tag != "latest"
}

deny contains sprintf("%s, %s: resources.%s is missing", [pod.of, container.name, concat(".", path)]) if {
	some pod in pods
	some container in containers_of(pod)
	some path in [["requests", "cpu"], ["requests", "memory"], ["limits", "memory"]]
	not object.get(container, array.concat(["resources"], path), false)
}

deny contains sprintf("%s, %s: there is no %s", [pod.of, container.name, probe]) if {
	some pod in pods
	some container in containers_of(pod)
	stays(pod, container)
	some probe in {"livenessProbe", "readinessProbe"}
	not container[probe]
}

# The next sidecar would start before this one serves.
deny contains sprintf("%s, %s: a sidecar needs a startupProbe", [pod.of, container.name]) if {
	some pod in pods
	some container in sidecars_of(pod)
	stays(pod, container)
	not container.startupProbe
}

deny contains sprintf("%s, %s: the %s asks port %v, which is not there", [pod.of, container.name, name, port]) if {
	some pod in pods
	some container in containers_of(pod)
	some name, port in probe_ports(container)
	not has_port(pod, container, port)
}

# A probe of kubelet without a path asks `/`, which may be alive by accident.
deny contains sprintf("%s, %s: the %s has no path", [pod.of, container.name, name]) if {
	some pod in pods
	some container in containers_of(pod)
	some name in probes
	container[name].httpGet
	not container[name].httpGet.path
}

probes := {"livenessProbe", "readinessProbe", "startupProbe"}

probe_ports(container) := {name: port |
	some name in probes
	some kind in {"httpGet", "grpc", "tcpSocket"}
	port := container[name][kind].port
}

# A name is one of the container's own; a number may be that of another container of the Pod.
has_port(_, container, port) if {
	some declared in ports_of(container)
	declared.name == port
}

has_port(pod, _, port) if {
	some container in containers_of(pod)
	some declared in ports_of(container)
	declared.containerPort == port
}

deny contains sprintf("%s: the port name %s is there twice", [pod.of, name]) if {
	some pod in pods
	names := [port.name | some container in containers_of(pod); some port in ports_of(container)]
	some name in names
	count([same | some same in names; same == name]) > 1
}

deny contains sprintf("%s, %s: the alias `bundle` of `bundles` is deprecated", [pod.of, container.name]) if {
	some pod in pods
	some container in containers_of(pod)
	some name in probes
	regex.match(`[?&]bundle(=|&|$)`, container[name].httpGet.path)
}

# Each of these sidecars is ready when the one before it is: in another order the Pod waits for ever.
starting_order := ["opa", "portcullis", "envoy"]

deny contains sprintf("%s: %s must start before %s", [pod.of, earlier, later]) if {
	some pod in pods
	some i, earlier in starting_order
	some later in array.slice(starting_order, i + 1, count(starting_order))
	place(pod, earlier) > place(pod, later)
}

place(pod, name) := i if {
	some i, container in pod.spec.initContainers
	container.name == name
}
