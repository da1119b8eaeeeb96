{{- define "daprorders.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
Prefix of every object name: the release's name, with the chart's unless it holds it already. Short enough for "-payment-provider" behind it, and it begins
with a letter, as a Service's name must, even where the release's does not.
*/}}
{{- define "daprorders.fullname" -}}
{{- $name := include "daprorders.name" . -}}
{{- $full := .Values.fullnameOverride | default (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) -}}
{{- regexReplaceAll "^([0-9])" $full "r${1}" | replace "." "-" | trunc 40 | regexFind "^.*[^-]" -}}
{{- end -}}

{{/* Labels of an object that belongs to no single service. The chart's own win over commonLabels: selectors count on them. */}}
{{- define "daprorders.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") | trunc 63)
  "app.kubernetes.io/part-of" "daprorders"
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service -}}
{{- toYaml (merge $own .Values.commonLabels) -}}
{{- end -}}

{{/* Labels by which a Prometheus or a Grafana finds an object: monitoring.labels over commonLabels, each name once. */}}
{{- define "daprorders.foundLabels" -}}
{{- $own := include "daprorders.labels" . | fromYaml -}}
{{- toYaml (merge (pick $own "helm.sh/chart" "app.kubernetes.io/part-of" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by") .Values.monitoring.labels $own) -}}
{{- end -}}

{{- define "daprorders.dashboardLabels" -}}
{{- toYaml (merge (include "daprorders.foundLabels" . | fromYaml) (dict "grafana_dashboard" "1")) -}}
{{- end -}}

{{/* The pods of this release, whatever the service. */}}
{{- define "daprorders.releaseSelector" -}}
app.kubernetes.io/part-of: daprorders
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* The pods of one service: (dict "root" $ "name" NAME). Never changes: a Deployment's selector is immutable. */}}
{{- define "daprorders.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end -}}

{{- define "daprorders.serviceLabels" -}}
{{- $own := dict "app.kubernetes.io/name" .name "app.kubernetes.io/component" .name -}}
{{- toYaml (merge $own (include "daprorders.labels" .root | fromYaml)) -}}
{{- end -}}

{{/* Labels of a service's pods, podLabels over commonLabels; those that selectors go by are the chart's. */}}
{{- define "daprorders.podLabels" -}}
{{- $labels := include "daprorders.serviceLabels" . | fromYaml -}}
{{- if and .service.backends (eq .root.Values.components.set "azure") (not .root.Values.components.external) -}}
{{- /* The set takes no keys: its components sign in as the pod. */ -}}
{{- $_ := set $labels "azure.workload.identity/use" "true" -}}
{{- end -}}
{{- range $name, $value := .service.values.podLabels -}}
{{- if not (regexMatch "^(app\\.kubernetes\\.io|helm\\.sh)/" $name) }}{{ $_ := set $labels $name $value }}{{ end -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{- define "daprorders.objectName" -}}
{{- printf "%s-%s" (include "daprorders.fullname" .root) .name -}}
{{- end -}}

{{/* Secrets with the tokens between a service and its sidecar. Dapr's injector takes no other key of them than "token". */}}
{{- define "daprorders.apiTokenSecret" -}}
{{- .Values.tokens.apiSecret | default (printf "%s-api-token" (include "daprorders.fullname" .)) -}}
{{- end -}}

{{- define "daprorders.appTokenSecret" -}}
{{- .Values.tokens.appSecret | default (printf "%s-app-token" (include "daprorders.fullname" .)) -}}
{{- end -}}

{{- define "daprorders.developmentKeySecret" -}}
{{- .Values.auth.developmentKeySecret | default (printf "%s-development-key" (include "daprorders.fullname" .)) -}}
{{- end -}}

{{- define "daprorders.usesSimulator" -}}
{{- if and .Values.paymentProvider.simulator (not .Values.paymentProvider.url) -}}true{{- end -}}
{{- end -}}

{{- define "daprorders.providerUrl" -}}
{{- .Values.paymentProvider.url | default (printf "http://%s:8080" (include "daprorders.objectName" (dict "root" . "name" "payment-provider"))) -}}
{{- end -}}

{{/* The image of a service: (dict "root" $ "name" NAME "image" IMAGE). */}}
{{- define "daprorders.image" -}}
{{- $repository := .image.repository | default (printf "%s/%s" .root.Values.image.registry .name) -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.root.Values.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
