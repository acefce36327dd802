# What must not stand in a file.
package deployment

# Base64 hides nothing. Secrets are made beside the objects, by whatever keeps them.
deny contains sprintf("%s: a Secret with data", [title(secret)]) if {
	some secret in objects_of("Secret")
	some key in {"data", "stringData"}
	secret[key]
}

deny contains sprintf("%s, %s: %s has its value in the object", [pod.of, container.name, variable.name]) if {
	some pod in pods
	some container in containers_of(pod)
	some variable in container.env
	regex.match(`PASSWORD|SECRET|TOKEN|PRIVATE|CREDENTIAL`, variable.name)
	variable.value
	not endswith(variable.name, "_FILE")
}

deny contains sprintf("%s: %s holds a private key", [title(map), name]) if {
	some map in objects_of("ConfigMap")
	some name, value in map.data
	contains(value, "PRIVATE KEY-----")
}
