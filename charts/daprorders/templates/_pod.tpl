{{/* Pod security "restricted", complete: pod part. */}}
{{- define "daprorders.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ int .Values.securityContext.runAsUser }}
runAsGroup: {{ int .Values.securityContext.runAsGroup }}
fsGroup: {{ int .Values.securityContext.runAsGroup }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Pod security "restricted", complete: container part. */}}
{{- define "daprorders.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/*
Annotations of a service's pods: those by which Dapr's injector makes the sidecar, dapr.annotations over them, then podAnnotations.
(dict "root" $ "name" NAME "service" SERVICE)
*/}}
{{- define "daprorders.podAnnotations" -}}
{{- $annotations := dict "kubectl.kubernetes.io/default-container" .name -}}
{{- if .service.sidecar -}}
{{- /* A change of the sidecar's configuration takes effect at its start only. */ -}}
{{- $_ := set $annotations "checksum/configuration" (include "daprorders.configurationSpec" . | sha256sum) -}}
{{- $annotations = mergeOverwrite $annotations (include "daprorders.daprAnnotations" . | fromYaml) .root.Values.dapr.annotations -}}
{{- end -}}
{{- toYaml (mergeOverwrite $annotations .service.values.podAnnotations) -}}
{{- end -}}

{{- define "daprorders.daprAnnotations" -}}
{{- $root := .root -}}
{{- $v := .service.values -}}
dapr.io/enabled: "true"
dapr.io/app-id: {{ .name }}
dapr.io/app-port: "8080"
dapr.io/app-protocol: http
dapr.io/config: {{ include "daprorders.objectName" (dict "root" $root "name" .name) }}
dapr.io/api-token-secret: {{ include "daprorders.apiTokenSecret" $root | quote }}
{{- if not .service.public }}
dapr.io/app-token-secret: {{ include "daprorders.appTokenSecret" $root | quote }}
{{- end }}
dapr.io/log-as-json: "true"
dapr.io/log-level: {{ $root.Values.dapr.logLevel }}
dapr.io/max-body-size: {{ $root.Values.dapr.maxBodySize }}
dapr.io/enable-metrics: "true"
dapr.io/metrics-port: "9090"
{{- range $kind, $quantities := include "daprorders.resources" $v.sidecar.resources | fromYaml }}
{{- range $name, $quantity := $quantities }}
dapr.io/sidecar-{{ $name }}-{{ trimSuffix "s" $kind }}: {{ $quantity | quote }}
{{- end }}
{{- end }}
dapr.io/sidecar-seccomp-profile-type: RuntimeDefault
{{- if not $root.Values.components.external }}
{{- with include "daprorders.sidecarSecrets" . }}
dapr.io/env-from-secret: {{ . | quote }}
{{- end }}
{{- end }}
{{- if and (eq .name "notifications") (include "daprorders.sendsBySmtp" $root) }}
# Dapr's SMTP binding mixes up mails that are sent at the same time: one after the other.
dapr.io/app-max-concurrency: "1"
{{- end }}
# The operator resolves references to Kubernetes secrets; the pod has no token that the built-in store could use.
dapr.io/disable-builtin-k8s-secret-store: "true"
# Stays reachable for its app while that drains, then finishes what it has begun.
dapr.io/block-shutdown-duration: {{ printf "%ds" (add (int $v.shutdown.drainSeconds) (int $v.shutdown.appSeconds)) | quote }}
dapr.io/graceful-shutdown-seconds: {{ int $v.shutdown.sidecarSeconds | quote }}
# An app that says it is not well is given no events and no calls until it is.
dapr.io/enable-app-health-check: "true"
dapr.io/app-health-check-path: {{ .service.health }}
dapr.io/app-health-probe-interval: "5"
dapr.io/app-health-probe-timeout: "2000"
dapr.io/app-health-threshold: "3"
{{- end -}}

{{/* Requests and limits as a container has them; an empty quantity is none. */}}
{{- define "daprorders.resources" -}}
{{- $out := dict -}}
{{- range $kind, $quantities := . -}}
{{- $some := dict -}}
{{- range $name, $quantity := $quantities }}{{ if ne (toString $quantity) "" }}{{ $_ := set $some $name $quantity }}{{ end }}{{ end -}}
{{- if $some }}{{ $_ := set $out $kind $some }}{{ end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* Probes that mean three things: has it started · may it be given work · is it hung. */}}
{{- define "daprorders.probes" -}}
{{- $p := .values.probes -}}
startupProbe:
  httpGet: {path: /health/started, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ max 1 (div (int $p.startupSeconds) 2) }}
readinessProbe:
  httpGet: {path: {{ .ready | default "/health/ready" }}, port: http}
  periodSeconds: {{ int $p.readinessPeriodSeconds }}
  timeoutSeconds: 5
  failureThreshold: 2
  successThreshold: 1
livenessProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: {{ max 1 (div (int $p.livenessSeconds) 10) }}
{{- end -}}

{{- define "daprorders.env" -}}
{{- $root := .root -}}
{{- $env := dict -}}
{{- if eq .name "payment-provider" -}}
{{- $_ := set $env "PAYMENT_PROVIDER_PORT" "8080" -}}
{{- else -}}
{{- $_ := set $env "APP_PORT" "8080" -}}
{{- $_ := set $env "ASPNETCORE_ENVIRONMENT" (eq $root.Values.auth.mode "development" | ternary "Development" "Production") -}}
{{- end -}}
{{- /* Probes come from the node, so the app listens on the pod's address; the network policy and the app token keep others out. */ -}}
{{- $_ := set $env "DAPRORDERS_BIND" "*" -}}
{{- $_ := set $env "DAPRORDERS_DATA" "/data" -}}
{{- $_ := set $env "TMPDIR" "/tmp" -}}
{{- $_ := set $env "DOTNET_EnableDiagnostics" "0" -}}
{{- if .service.public -}}
{{- $_ := set $env "DAPRORDERS_PORT" "8080" -}}
{{- $_ := set $env "DAPRORDERS_GRPC_PORT" "8081" -}}
{{- if eq $root.Values.auth.mode "oidc" -}}
{{- $_ := set $env "Auth__Authority" $root.Values.auth.authority -}}
{{- end -}}
{{- $_ := set $env "Auth__Audience" $root.Values.auth.audience -}}
{{- $_ := set $env "DAPRORDERS_MAX_PLACING" (printf "%d" (int $root.Values.edge.maxPlacing)) -}}
{{- if gt (float64 $root.Values.edge.customerRate) 0.0 -}}
{{- $_ := set $env "DAPRORDERS_CUSTOMER_RATE" (toString $root.Values.edge.customerRate) -}}
{{- end -}}
{{- end -}}
{{- if .service.provider -}}
{{- $_ := set $env "PAYMENT_PROVIDER_URL" (include "daprorders.providerUrl" $root) -}}
{{- end -}}
{{- if eq .name "ordering" -}}
{{- $o := $root.Values.orders -}}
{{- $_ := set $env "DAPRORDERS_APPROVAL_LIMIT" (printf "%d" (int64 $o.approvalLimit)) -}}
{{- $_ := set $env "DAPRORDERS_APPROVAL_TIMEOUT_SECONDS" (printf "%d" (int64 $o.approvalTimeoutSeconds)) -}}
{{- $_ := set $env "DAPRORDERS_PARK_AFTER_SECONDS" (printf "%d" (int64 $o.parkAfterSeconds)) -}}
{{- $_ := set $env "DAPRORDERS_PAYMENT_GIVE_UP_SECONDS" (printf "%d" (int64 $o.paymentGiveUpSeconds)) -}}
{{- $_ := set $env "Ordering__AnswerRetentionHours" (printf "%d" (int64 $o.answerRetentionHours)) -}}
{{- end -}}
{{- if eq .name "notifications" -}}
{{- $_ := set $env "DAPRORDERS_NOTIFY_GIVE_UP_SECONDS" (printf "%d" (int64 $root.Values.notifications.giveUpSeconds)) -}}
{{- end -}}
{{- if and (eq .name "notifications") (include "daprorders.sendsBySmtp" $root) -}}
{{- $_ := set $env "MAILS_AT_A_TIME" "1" -}}
{{- end -}}
{{- if eq .name "auditor" -}}
{{- $_ := set $env "AUDIT_EVERY_SECONDS" (printf "%d" (int $root.Values.audit.everySeconds)) -}}
{{- $_ := set $env "AUDIT_SAVE_EVERY_SECONDS" (printf "%d" (int $root.Values.audit.saveEverySeconds)) -}}
{{- $_ := set $env "AUDIT_FULL_EVERY_SECONDS" (printf "%d" (int $root.Values.audit.fullEverySeconds)) -}}
{{- end -}}
{{- if and .service.sidecar $root.Values.tracing.endpoint -}}
{{- $_ := set $env "OTEL_SERVICE_NAME" .name -}}
{{- $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" (printf "%s://%s" ($root.Values.tracing.secure | ternary "https" "http") $root.Values.tracing.endpoint) -}}
{{- $_ := set $env "OTEL_EXPORTER_OTLP_PROTOCOL" (eq $root.Values.tracing.protocol "http" | ternary "http/protobuf" "grpc") -}}
{{- end -}}
{{- if and .service.sidecar $root.Values.monitoring.metrics -}}
{{- $_ := set $env "DAPRORDERS_METRICS_PORT" "9464" -}}
{{- end -}}
{{- if and (eq .name "ordering") (eq $root.Values.ordering.store "postgres") -}}
{{- $_ := set $env "DAPRORDERS_LEASE_SECONDS" (printf "%d" (int $root.Values.ordering.leaseSeconds)) -}}
{{- end -}}
{{- $env = merge (deepCopy .service.values.env) $env -}}
{{- range $name, $value := $env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- if eq .name "ordering" }}
{{- include "daprorders.storeEnv" $root }}
{{- end }}
{{- if .service.sidecar }}
- name: DAPR_API_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ include "daprorders.apiTokenSecret" $root | quote }}, key: token}
{{- if not .service.public }}
- name: APP_API_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ include "daprorders.appTokenSecret" $root | quote }}, key: token}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where Ordering's event store is, when it is no file; the password by reference. */}}
{{- define "daprorders.storeEnv" -}}
{{- if eq .Values.ordering.store "postgres" }}
{{- $p := .Values.ordering.postgres }}
- name: ORDERING_STORE
  value: postgres
- name: ORDERING_POSTGRES
  value: {{ printf "Host=%s;Port=%d;Database=%s;Username=%s;SSL Mode=%s;Maximum Pool Size=%d" $p.host (int $p.port) $p.database $p.username $p.sslMode (int $p.maxPoolSize) | quote }}
{{- with $p.passwordSecret }}
- name: ORDERING_POSTGRES_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ splitList ":" . | first | quote }}, key: {{ splitList ":" . | last | quote }}}
{{- end }}
{{- end }}
{{- end -}}

{{/* Writable folders beside the read-only root: /tmp, and /data where the service keeps files. */}}
{{- define "daprorders.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 128Mi}
- name: data
{{- if .service.values.persistence.enabled }}
  persistentVolumeClaim:
    claimName: {{ .service.values.persistence.existingClaim | default (include "daprorders.objectName" (dict "root" .root "name" .name)) | quote }}
{{- else }}
  emptyDir: {sizeLimit: 1Gi}
{{- end }}
{{- if and (eq .name "customers") (eq .root.Values.auth.mode "development") }}
- name: development-key
  secret:
    secretName: {{ include "daprorders.developmentKeySecret" .root | quote }}
    defaultMode: 0440
    items:
      - {key: token-key.pem, path: token-key.pem}
{{- end }}
{{- end -}}

{{- define "daprorders.volumeMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /data}
{{- if and (eq .name "customers") (eq .root.Values.auth.mode "development") }}
- {name: development-key, mountPath: /data/keys, readOnly: true}
{{- end }}
{{- end -}}

{{- define "daprorders.spread" -}}
{{- $selector := include "daprorders.selector" (dict "root" .root "name" .name) -}}
{{- $v := .service.values -}}
{{- with $v.topologySpread.zoneKey }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $v.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- $selector | nindent 8 }}
    # Among the pods of one version, or what is replaced would count against what replaces it.
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- if eq $v.antiAffinity "hard" }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- $selector | nindent 12 }}
        # Kubernetes 1.31 and newer: a rollout needs no node more than there are pods.
        matchLabelKeys: [pod-template-hash]
{{- else if eq $v.antiAffinity "soft" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- $selector | nindent 14 }}
{{- end }}
{{- end -}}
