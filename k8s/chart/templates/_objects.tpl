{{/*
The objects of files/, which are those of k8s/ in the repository, with the values put to them. So kustomize and Helm
cannot drift apart, and a test renders both and compares.
*/}}

{{- define "portcullis.labels" -}}
app.kubernetes.io/part-of: portcullis
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{/* `.root`, `.file`: every object of the file, as YAML documents. */}}
{{- define "portcullis.objects" -}}
{{- $root := .root }}
{{- range $text := regexSplit "(?m)^---$" ($root.Files.Get (printf "files/%s" .file)) -1 }}
{{- $object := fromYaml $text }}
{{- $labels := include "portcullis.labels" $root | fromYaml }}
{{- $own := dict "app.kubernetes.io/managed-by" $root.Release.Service "app.kubernetes.io/instance" $root.Release.Name "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version) }}
{{- $_ := set $object.metadata "labels" (merge $labels $own (default dict $object.metadata.labels)) }}
{{- if eq $object.kind "Deployment" }}
{{- include "portcullis.deployment" (dict "root" $root "object" $object) }}
{{- else if eq $object.kind "HorizontalPodAutoscaler" }}
{{- $_ := set $object.spec "minReplicas" $root.Values.autoscaling.minReplicas }}
{{- $_ := set $object.spec "maxReplicas" $root.Values.autoscaling.maxReplicas }}
{{- else if and (eq $object.kind "NetworkPolicy") (has $object.metadata.name (list "backend" "portcullis")) }}
{{- if $root.Values.ingressFrom }}
{{- $_ := set (first $object.spec.ingress) "from" $root.Values.ingressFrom }}
{{- end }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}

{{/* Changes `.object`, a Deployment, as the values say; renders nothing. */}}
{{- define "portcullis.deployment" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $spec := .object.spec.template.spec }}
{{- if not $values.autoscaling.enabled }}
{{- $_ := set .object.spec "replicas" $values.replicas }}
{{- end }}
{{- $template := .object.spec.template.metadata }}
{{- $_ := set $template "labels" (merge $template.labels (include "portcullis.labels" $root | fromYaml)) }}
{{- $_ := set $template "annotations" (merge (deepCopy $values.podAnnotations) $template.annotations) }}
{{- range $container := concat $spec.initContainers $spec.containers }}
{{- $image := index $values.images $container.name }}
{{- $_ := set $container "image" (ternary (printf "%s@%s" $image.repository $image.digest) (printf "%s:%s" $image.repository $image.tag) (ne $image.digest "")) }}
{{- with index $values.resources $container.name }}
{{- $_ := set $container "resources" . }}
{{- end }}
{{- end }}
{{- range $volume := $spec.volumes }}
{{- if $volume.configMap }}
{{- $_ := set $volume.configMap "name" (include "portcullis.configMapName" (dict "root" $root "name" $volume.configMap.name)) }}
{{- else if eq $volume.name "tokens" }}
{{- if $values.tokens.demo }}
{{- $_ := unset $volume "secret" }}
{{- $_ := set $volume "configMap" (dict "name" (include "portcullis.configMapName" (dict "root" $root "name" "demo-tokens"))) }}
{{- else }}
{{- $_ := set $volume.secret "secretName" $values.tokens.secret }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key := list "imagePullSecrets" "nodeSelector" "tolerations" "affinity" }}
{{- with index $values $key }}
{{- $_ := set $spec $key . }}
{{- end }}
{{- end }}
{{- end }}

{{/* The content of a ConfigMap: what the values say, else the file. */}}
{{- define "portcullis.configMapData" -}}
{{- $config := .root.Values.config }}
{{- $files := .root.Files }}
{{- if eq .name "envoy" -}}
{{ dict "data" (dict "envoy.yaml" (default ($files.Get "files/config/envoy.yaml") $config.envoy)) | toJson }}
{{- else if eq .name "portcullis" -}}
{{ dict "data" (dict "portcullis.yaml" (default ($files.Get "files/config/portcullis.yaml") $config.portcullis)) | toJson }}
{{- else if eq .name "portcullis-central" -}}
{{ dict "data" (dict "portcullis.yaml" (default ($files.Get "files/config/portcullis-central.yaml") $config.portcullis)) | toJson }}
{{- else if eq .name "demo-tokens" -}}
{{ dict "data" (dict "tokens.yaml" ($files.Get "files/config/tokens.yaml")) | toJson }}
{{- else -}}
{{ dict "binaryData" (dict "gateway.tar.gz" (default ($files.Get "files/config/gateway.tar.gz" | b64enc) $config.policies)) | toJson }}
{{- end }}
{{- end }}

{{/* Ends in a hash of the content, so that a change is a rollout and what runs never changes under it. */}}
{{- define "portcullis.configMapName" -}}
{{ .name }}-{{ include "portcullis.configMapData" . | sha256sum | trunc 10 }}
{{- end }}

{{- define "portcullis.configMap" -}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "portcullis.configMapName" . }}
  labels:
    {{- include "portcullis.labels" .root | nindent 4 }}
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
    app.kubernetes.io/instance: {{ .root.Release.Name }}
    helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{ include "portcullis.configMapData" . | fromJson | toYaml }}
{{- end }}

{{/* The folder of the shape's objects in files/. */}}
{{- define "portcullis.folder" -}}
{{ ternary "base" "central" (eq .Values.shape "sidecar") }}
{{- end }}
