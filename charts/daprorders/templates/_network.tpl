{{/*
Where the back ends of a set are, as the set's defaults have them: list of {to: peers, ports}. In the cluster: pods by the label that their usual charts
give them, in any namespace. In a cloud: any public address, and the node's metadata address where workload identity needs it.
*/}}
{{- define "daprorders.backends" -}}
{{- $set := .Values.components.set -}}
{{- if .Values.networkPolicy.backends -}}
{{- toYaml .Values.networkPolicy.backends -}}
{{- else if eq $set "redis" -}}
{{ include "daprorders.podsNamed" (list "redis") }}
  ports: [6379]
{{- else if eq $set "kafka" -}}
{{ include "daprorders.podsNamed" (list "kafka") }}
  ports: [9092, 9093]
{{ include "daprorders.podsNamed" (list "postgresql" "postgres") }}
  ports: [5432]
{{- else if eq $set "rabbitmq-postgres" -}}
{{ include "daprorders.podsNamed" (list "rabbitmq") }}
  ports: [5671, 5672]
{{ include "daprorders.podsNamed" (list "postgresql" "postgres") }}
  ports: [5432]
{{- else if eq $set "aws" -}}
{{ include "daprorders.managedPostgres" . }}
- to: {{- include "daprorders.publicAddresses" . | nindent 4 }}
  ports: [443]
- to: [{ipBlock: {cidr: 169.254.170.23/32}}]
  ports: [80]
{{- else if eq $set "azure" -}}
{{ include "daprorders.managedPostgres" . }}
- to: {{- include "daprorders.publicAddresses" . | nindent 4 }}
  ports: [443, 5671]
{{- else -}}
{{ include "daprorders.managedPostgres" . }}
- to: {{- include "daprorders.publicAddresses" . | nindent 4 }}
  ports: [443]
- to: [{ipBlock: {cidr: 169.254.169.254/32}}]
  ports: [80]
- to: [{ipBlock: {cidr: 169.254.169.252/32}}]
  ports: [988]
{{- end -}}
{{- end -}}

{{- define "daprorders.podsNamed" -}}
- to:
    - namespaceSelector: {}
      podSelector:
        matchExpressions:
          - {key: app.kubernetes.io/name, operator: In, values: {{ toJson . }}}
{{- end -}}

{{/* The cloud's PostgreSQL: at a private address, most often, or behind a proxy in the cluster. */}}
{{- define "daprorders.managedPostgres" -}}
- to:
    - ipBlock: {cidr: "0.0.0.0/0"}
    - ipBlock: {cidr: "::/0"}
    - namespaceSelector: {}
  ports: [5432]
{{- end -}}

{{/* Ordering's PostgreSQL: the app itself talks to it, not its sidecar. */}}
{{- define "daprorders.orderingStore" -}}
{{- $to := .Values.networkPolicy.orderingStore.to | default (list (dict "ipBlock" (dict "cidr" "0.0.0.0/0")) (dict "ipBlock" (dict "cidr" "::/0")) (dict "namespaceSelector" dict)) -}}
# The event store.
- to: {{- toYaml $to | nindent 4 }}
  ports: {{- include "daprorders.tcp" (.Values.networkPolicy.orderingStore.ports | default (list .Values.ordering.postgres.port)) | nindent 4 }}
{{- end -}}

{{- define "daprorders.publicAddresses" -}}
- ipBlock:
    cidr: "0.0.0.0/0"
    except: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
- ipBlock:
    cidr: "::/0"
    except: ["fc00::/7", "fe80::/10"]
{{- end -}}

{{/* TCP ports as NetworkPolicy has them. */}}
{{- define "daprorders.tcp" -}}
{{- range . }}
- {protocol: TCP, port: {{ int . }}}
{{- end }}
{{- end -}}

{{/* Pods of this release by service: (dict "root" $ "names" LIST) */}}
{{- define "daprorders.peers" -}}
{{- $root := .root -}}
{{- range .names }}
- podSelector:
    matchLabels: {{- include "daprorders.selector" (dict "root" $root "name" .) | nindent 6 }}
{{- end }}
{{- end -}}

{{/* The services that a service's sidecar sends to. */}}
{{- define "daprorders.callees" -}}
{{- concat (keys (.calls | default dict)) (.actors | default list) | uniq | sortAlpha | toJson -}}
{{- end -}}
