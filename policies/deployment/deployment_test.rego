package deployment_test

import data.deployment

# Objects that break no rule, and in each test one change that breaks one.
hardened := {
	"runAsNonRoot": true,
	"runAsUser": 1000,
	"allowPrivilegeEscalation": false,
	"readOnlyRootFilesystem": true,
	"capabilities": {"drop": ["ALL"]},
	"seccompProfile": {"type": "RuntimeDefault"},
}

resources := {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}

sidecar(name, image, port) := {
	"name": name,
	"image": image,
	"restartPolicy": "Always",
	"ports": [{"name": port, "containerPort": 9000}],
	"startupProbe": {"httpGet": {"port": port, "path": "/ready"}},
	"readinessProbe": {"httpGet": {"port": port, "path": "/ready"}},
	"livenessProbe": {"httpGet": {"port": 9000, "path": "/live"}},
	"resources": resources,
	"securityContext": hardened,
}

opa := object.union(sidecar("opa", "openpolicyagent/opa:1.22.2-static", "opa-metrics"), {"args": ["run", "--addr=unix:///run/opa/opa.sock"]})

envoy := sidecar("envoy", "envoyproxy/envoy:v1.40.0", "http")

backend := object.remove(sidecar("backend", "shop:1.0", "none"), ["ports", "restartPolicy", "startupProbe", "livenessProbe", "readinessProbe"])

workload := {
	"kind": "Deployment",
	"metadata": {"name": "shop"},
	"spec": {
		"selector": {"matchLabels": {"app": "shop"}},
		"template": {
			"metadata": {"labels": {"app": "shop"}},
			"spec": {
				"serviceAccountName": "shop",
				"automountServiceAccountToken": false,
				"initContainers": [opa, envoy],
				"containers": [object.union(backend, {
					"readinessProbe": {"httpGet": {"port": 9000, "path": "/ready"}},
					"livenessProbe": {"exec": {}},
					"volumeMounts": [{"name": "config"}],
				})],
				"volumes": [{"name": "config", "configMap": {"name": "config"}}],
			},
		},
	},
}

job := {
	"kind": "Job",
	"metadata": {"name": "migrate"},
	"spec": {"template": {"spec": {"serviceAccountName": "shop", "automountServiceAccountToken": false, "containers": [backend]}}},
}

store := {
	"kind": "StatefulSet",
	"metadata": {"name": "store"},
	"spec": {
		"selector": {"matchLabels": {"app": "store"}},
		"volumeClaimTemplates": [{"metadata": {"name": "data"}}],
		"template": {
			"metadata": {"labels": {"app": "store"}},
			"spec": {
				"serviceAccountName": "shop",
				"automountServiceAccountToken": false,
				"containers": [object.union(sidecar("store", concat("", ["store@sha256:", concat("", ["0123456789abcdef" | some _ in numbers.range(1, 4)])]), "store"), {"volumeMounts": [{"name": "data"}]})],
			},
		},
	},
}

good := {
	"0": workload,
	"1": {"kind": "Service", "metadata": {"name": "shop"}, "spec": {"selector": {"app": "shop"}, "ports": [{"name": "http", "targetPort": "http"}]}},
	"2": {"kind": "NetworkPolicy", "metadata": {"name": "deny"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
	"3": {"kind": "NetworkPolicy", "metadata": {"name": "shop"}, "spec": {
		"podSelector": {"matchLabels": {"app": "shop"}},
		"policyTypes": ["Ingress", "Egress"],
		"ingress": [{"ports": [{"port": "http"}]}],
	}},
	"4": {"kind": "PodDisruptionBudget", "metadata": {"name": "shop"}, "spec": {"selector": {"matchLabels": {"app": "shop"}}}},
	"5": {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "shop"}, "spec": {
		"scaleTargetRef": {"kind": "Deployment", "name": "shop"},
		"metrics": [{"containerResource": {"container": "envoy"}}],
	}},
	"6": {"kind": "Ingress", "metadata": {"name": "shop"}, "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "shop"}}}]}}]}},
	"7": {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
	"8": {"kind": "ServiceAccount", "metadata": {"name": "shop"}},
	"9": {"kind": "ConfigMap", "metadata": {"name": "config"}, "data": {"a": "b"}},
	"10": {"kind": "Secret", "metadata": {"name": "shop"}},
	"11": job,
	"12": store,
	"13": {"kind": "Pod", "metadata": {"name": "client"}, "spec": object.union(workload.spec.template.spec, {"initContainers": [envoy]})},
}

denied(operations) := denials if {
	denials := deployment.deny with input as {"objects": [object | some object in json.patch(good, operations)]}
}

put(path, value) := {"op": "add", "path": path, "value": value}

remove(path) := {"op": "remove", "path": path}

test_nothing_to_say if denied([]) == set()

pod := "/0/spec/template/spec"

# The sentence that each change leads to.
broken := {
	"a_80 root": [remove(sprintf("%s/containers/0/securityContext/runAsNonRoot", [pod])), "Deployment/shop, backend: securityContext.runAsNonRoot must be true"],
	"a_80 user zero": [put(sprintf("%s/containers/0/securityContext/runAsUser", [pod]), 0), "Deployment/shop, backend: securityContext.runAsUser must be a number above 0"],
	"a_80 resources": [remove(sprintf("%s/containers/0/resources/limits", [pod])), "Deployment/shop, backend: resources.limits.memory is missing"],
	"a_80 tag": [put(sprintf("%s/containers/0/image", [pod]), "shop:latest"), "Deployment/shop, backend: the image shop:latest has no fixed version"],
	"a_80 no tag": [put(sprintf("%s/containers/0/image", [pod]), "host:5000/shop"), "Deployment/shop, backend: the image host:5000/shop has no fixed version"],
	"a_80 startup": [remove(sprintf("%s/initContainers/0/startupProbe", [pod])), "Deployment/shop, opa: a sidecar needs a startupProbe"],
	"a_80 order": [put(sprintf("%s/initContainers", [pod]), [envoy, opa]), "Deployment/shop: opa must start before envoy"],
	"a_82 readiness": [remove(sprintf("%s/containers/0/readinessProbe", [pod])), "Deployment/shop, backend: there is no readinessProbe"],
	"a_82 port": [put(sprintf("%s/containers/0/livenessProbe", [pod]), {"httpGet": {"port": 1, "path": "/"}}), "Deployment/shop, backend: the livenessProbe asks port 1, which is not there"],
	"a_83 path": [remove(sprintf("%s/initContainers/0/livenessProbe/httpGet/path", [pod])), "Deployment/shop, opa: the livenessProbe has no path"],
	"a_84 alias": [put(sprintf("%s/initContainers/0/readinessProbe/httpGet/path", [pod]), "/health?bundle=true"), "Deployment/shop, opa: the alias `bundle` of `bundles` is deprecated"],
	"a_85 port names": [put(sprintf("%s/initContainers/0/ports/0/name", [pod]), "http"), "Deployment/shop: the port name http is there twice"],
	"a_86 address": [put(sprintf("%s/initContainers/0/args/1", [pod]), "--addr=0.0.0.0:8181"), "Deployment/shop, opa: OPA listens on 0.0.0.0:8181"],
	"a_86 no address": [remove(sprintf("%s/initContainers/0/args/1", [pod])), "Deployment/shop, opa: OPA must be told where to listen"],
	"a_86 metrics": [put("/1/spec/ports/0/targetPort", "opa-metrics"), "Service/shop: publishes opa-metrics"],
	"a_87 map": [remove("/9"), "Deployment/shop: the ConfigMap config is not there"],
	"a_88 node port": [put("/1/spec/type", "NodePort"), "Service/shop: type NodePort publishes Pods on every node"],
	"a_88 around": [put("/1/spec/ports/0/targetPort", "opa-metrics"), "Service/shop: port http of opa leads around Envoy"],
	"a_88 beside": [put(sprintf("%s/containers/0/ports", [pod]), [{"name": "app", "containerPort": 8081}]), "Deployment/shop, backend: opens a port beside Envoy: 8081"],
	"d_55 secret": [put("/10/data", {"password": "cGFzc3dvcmQ="}), "Secret/shop: a Secret with data"],
	"d_55 variable": [put(sprintf("%s/containers/0/env", [pod]), [{"name": "DB_PASSWORD", "value": "x"}]), "Deployment/shop, backend: DB_PASSWORD has its value in the object"],
	"d_55 key": [put("/9/data/a", "-----BEGIN PRIVATE KEY-----"), "ConfigMap/config: a holds a private key"],
	"d_57 ingress": [put("/6/spec/rules/0/http/paths/0/backend/service/name", "x"), "Ingress/shop: leads to the Service x, which is not there"],
	"other: host network": [put(sprintf("%s/hostNetwork", [pod]), true), "Deployment/shop: hostNetwork must not be used"],
	"other: host folder": [put(sprintf("%s/volumes/0", [pod]), {"name": "config", "hostPath": {"path": "/"}}), "Deployment/shop: the volume config is a folder of the node"],
	"other: token": [remove(sprintf("%s/automountServiceAccountToken", [pod])), "Deployment/shop: automountServiceAccountToken must be false"],
	"other: open": [remove("/2"), "Pod/client: no NetworkPolicy closes both directions"],
	"other: level": [remove("/7/metadata/labels"), "Namespace/shop: does not enforce the level restricted"],
	"names: selector": [put("/4/spec/selector/matchLabels/app", "x"), "PodDisruptionBudget/shop: selects no Pod"],
	"names: own selector": [put("/0/spec/selector/matchLabels/app", "x"), "Deployment/shop: does not select its own Pods"],
	"names: service port": [put("/1/spec/ports/0/targetPort", "x"), "Service/shop: port x is not one of its Pods"],
	"names: policy port": [put("/3/spec/ingress/0/ports/0/port", "x"), "NetworkPolicy/shop: port x is not one of its Pods"],
	"other: account": [remove("/8"), "Deployment/shop: the ServiceAccount shop is not there"],
	"other: volume": [put("/12/spec/template/spec/containers/0/volumeMounts/0/name", "x"), "StatefulSet/store, store: the volume x is not there"],
	"names: target": [put("/5/spec/scaleTargetRef/name", "x"), "HorizontalPodAutoscaler/shop: scales Deployment/x, which is not there"],
	"names: measured": [put("/5/spec/metrics/0/containerResource/container", "x"), "HorizontalPodAutoscaler/shop: measures the container x, which is not there"],
}

said(prefix, name) if {
	startswith(name, prefix)
	[operation, sentence] := broken[name]
	sentence in denied([operation])
}

all_said(prefix) if {
	every name, _ in broken {
		said_or_other(prefix, name)
	}
}

said_or_other(prefix, name) if said(prefix, name)

said_or_other(prefix, name) if not startswith(name, prefix)

test_a_80_images_users_and_resources if all_said("a_80")

test_a_82_probes if all_said("a_82")

test_a_83_a_probe_has_a_path if all_said("a_83")

test_a_84_bundles if all_said("a_84")

test_a_85_port_names if all_said("a_85")

test_a_86_opa_is_not_published if all_said("a_86")

test_a_87_the_map_is_there if all_said("a_87")

test_a_88_envoy_is_the_only_way_in if all_said("a_88")

test_d_55_no_secret if all_said("d_55")

test_d_57_the_service_is_there if all_said("d_57")

test_what_a_pod_may_not_do if all_said("other")

test_what_objects_say_of_each_other if all_said("names")
