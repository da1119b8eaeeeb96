{{- define "daprorders.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Prefix of every object name: the release's name, with the chart's unless it holds it already. Short enough for "-payment-provider" behind it. */}}
{{- define "daprorders.fullname" -}}
{{- $name := include "daprorders.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of an object that belongs to no single service. */}}
{{- define "daprorders.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
app.kubernetes.io/part-of: daprorders
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pods of this release, whatever the service. */}}
{{- define "daprorders.releaseSelector" -}}
app.kubernetes.io/part-of: daprorders
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The pods of one service: (dict "root" $ "name" NAME). Never changes: a Deployment's selector is immutable. */}}
{{- define "daprorders.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "daprorders.serviceLabels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: {{ .name }}
{{ include "daprorders.labels" .root }}
{{- end -}}

{{- define "daprorders.objectName" -}}
{{- printf "%s-%s" (include "daprorders.fullname" .root) .name -}}
{{- end -}}

{{- define "daprorders.tokenSecret" -}}
{{- .Values.tokens.existingSecret | default (printf "%s-tokens" (include "daprorders.fullname" .)) -}}
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
