# What objects say of each other.
package deployment

deny contains sprintf("%s: selects no Pod", [title(object)]) if {
	some object in input.objects
	selector := selector_of(object)
	count({pod.of | some pod in pods; selects(selector, pod)}) == 0
}

selector_of(object) := object.spec.selector if object.kind == "Service"

selector_of(object) := object.spec.selector.matchLabels if {
	object.kind in {"PodDisruptionBudget", "PodMonitor"}
}

selector_of(object) := object.spec.podSelector.matchLabels if object.kind == "NetworkPolicy"

deny contains sprintf("%s: does not select its own Pods", [title(object)]) if {
	some object in input.objects
	object.kind in {"Deployment", "StatefulSet"}
	not selects(object.spec.selector.matchLabels, {"labels": labels_of(object.spec.template)})
}

deny contains sprintf("%s: port %v is not one of its Pods", [title(service), port.targetPort]) if {
	some service in objects_of("Service")
	some port in service.spec.ports
	some pod in selected(service)
	not any_has_port(pod, port.targetPort)
}

any_has_port(pod, port) if {
	some container in containers_of(pod)
	has_port(pod, container, port)
}

# A name that no Pod has opens nothing. A number may be for Pods that another component brings.
deny contains sprintf("%s: port %v is not one of its Pods", [title(policy), port.port]) if {
	some policy in objects_of("NetworkPolicy")
	some rule in policy.spec.ingress
	some port in rule.ports
	is_string(port.port)
	labels := pod_labels(policy.spec.podSelector)
	count({pod.of | some pod in pods; selects(labels, pod); any_has_port(pod, port.port)}) == 0
}

deny contains sprintf("%s: the ConfigMap %s is not there", [pod.of, volume.configMap.name]) if {
	some pod in pods
	some volume in pod.spec.volumes
	not volume.configMap.name in {object.metadata.name | some object in objects_of("ConfigMap")}
}

deny contains sprintf("%s: the ServiceAccount %s is not there", [pod.of, name]) if {
	some pod in pods
	name := object.get(pod.spec, "serviceAccountName", "default")
	not name in {object.metadata.name | some object in objects_of("ServiceAccount")}
}

deny contains sprintf("%s, %s: the volume %s is not there", [pod.of, container.name, mount.name]) if {
	some pod in pods
	some container in containers_of(pod)
	some mount in container.volumeMounts
	not mount.name in volumes_of(pod)
}

volumes_of(pod) := {volume.name | some volume in pod.spec.volumes} | {claim.metadata.name |
	some set in objects_of("StatefulSet")
	title(set) == pod.of
	some claim in set.spec.volumeClaimTemplates
}

deny contains sprintf("%s: scales %s, which is not there", [title(scaler), name]) if {
	some scaler in objects_of("HorizontalPodAutoscaler")
	name := sprintf("%s/%s", [scaler.spec.scaleTargetRef.kind, scaler.spec.scaleTargetRef.name])
	not name in {title(object) | some object in input.objects}
}

deny contains sprintf("%s: measures the container %s, which is not there", [title(scaler), name]) if {
	some scaler in objects_of("HorizontalPodAutoscaler")
	some metric in scaler.spec.metrics
	name := metric.containerResource.container
	not name in {container.name |
		some pod in pods
		pod.of == sprintf("Deployment/%s", [scaler.spec.scaleTargetRef.name])
		some container in containers_of(pod)
	}
}

deny contains sprintf("%s: leads to the Service %s, which is not there", [title(ingress), name]) if {
	some ingress in objects_of("Ingress")
	some rule in ingress.spec.rules
	some path in rule.http.paths
	name := path.backend.service.name
	not name in {object.metadata.name | some object in objects_of("Service")}
}
