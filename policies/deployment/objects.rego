# What a rendering of k8s/ is made of. `input.objects` are the Kubernetes objects that are applied together.
# `deny`, in the other files of this package, has a sentence for each rule that one of them breaks.
package deployment

# Pods by what makes them: a Deployment, a StatefulSet, a Job, or themselves.
pods contains {"of": title(object), "labels": labels_of(template), "spec": template.spec} if {
	some object in input.objects
	template := template_of(object)
}

template_of(object) := object.spec.template if object.kind in {"Deployment", "StatefulSet", "Job"}

template_of(object) := object if object.kind == "Pod"

title(object) := sprintf("%s/%s", [object.kind, object.metadata.name])

labels_of(object) := labels if {
	labels := object.metadata.labels
} else := {}

containers_of(pod) := array.concat(sidecars_of(pod), pod.spec.containers)

sidecars_of(pod) := sidecars if {
	sidecars := pod.spec.initContainers
} else := []

# A container that is there as long as its Pod, and not one that prepares or is a job's.
stays(pod, container) if {
	container in pod.spec.containers
	not startswith(pod.of, "Job/")
}

stays(pod, container) if {
	container in sidecars_of(pod)
	container.restartPolicy == "Always"
}

ports_of(container) := ports if {
	ports := container.ports
} else := []

selects(labels, pod) if {
	every name, value in labels {
		pod.labels[name] == value
	}
}

objects_of(kind) := [object | some object in input.objects; object.kind == kind]
