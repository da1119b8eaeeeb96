{{/* The spec of a service's Dapr Configuration. (dict "root" $ "name" NAME "service" SERVICE) */}}
{{- define "daprorders.configurationSpec" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $facts := include "daprorders.facts" . | fromYaml -}}
tracing:
  samplingRate: {{ $root.Values.tracing.endpoint | empty | ternary "0" $root.Values.tracing.samplingRate | quote }}
  {{- with $root.Values.tracing.endpoint }}
  otel:
    endpointAddress: {{ . | quote }}
    protocol: {{ $root.Values.tracing.protocol }}
    isSecure: {{ $root.Values.tracing.secure }}
  {{- end }}
metrics:
  enabled: true
  recordErrorCodes: true
  http:
    # One label value a path template, not one an order id.
    increasedCardinality: false
# The secret store is there for the components' own references; no service reads it.
secrets:
  scopes:
    - storeName: secrets
      defaultAccess: deny
logging:
  apiLogging:
    enabled: false
    obfuscateURLs: true
    omitHealthChecks: true
{{- if $root.Values.dapr.accessControl }}
accessControl:
  defaultAction: deny
  trustDomain: {{ $root.Values.dapr.trustDomain | quote }}
  policies:
    {{- $callers := 0 }}
    {{- range $caller, $fact := $facts }}
    {{- with get ($fact.calls | default dict) $name }}
    {{- $callers = add1 $callers }}
    - appId: {{ $caller }}
      namespace: {{ $root.Release.Namespace | quote }}
      trustDomain: {{ $root.Values.dapr.trustDomain | quote }}
      defaultAction: deny
      operations:
        {{- range $path, $verbs := . }}
        - name: {{ $path }}
          httpVerb: {{ toJson $verbs }}
          action: allow
        {{- end }}
    {{- end }}
    {{- end }}
    {{- if eq $callers 0 }} []{{ end }}
{{- end }}
{{- if $root.Values.dapr.apiAllowList }}
api:
  allowed:
    {{- range $api := concat (list "metadata") .service.apis }}
    {{- range $protocol := list "http" "grpc" }}
    - {name: {{ $api }}, version: v1, protocol: {{ $protocol }}}
    {{- end }}
    {{- end }}
{{- end }}
{{- if eq $name "ordering" }}
{{- $w := $root.Values.workflow }}
workflow:
  maxConcurrentWorkflowInvocations: {{ int $w.maxConcurrentWorkflows }}
  maxConcurrentActivityInvocations: {{ int $w.maxConcurrentActivities }}
  stateRetentionPolicy:
    completed: {{ $w.retention.completed }}
    failed: {{ $w.retention.failed }}
    terminated: {{ $w.retention.terminated }}
{{- end }}
{{- end -}}
