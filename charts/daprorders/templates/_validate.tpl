{{/*
What a schema cannot say: rules between values. Each failure is one sentence that tells what to set.
*/}}
{{- define "daprorders.validate" -}}
{{- $v := .Values -}}
{{- $needsRoute := ne $v.route.kind "none" -}}
{{- if and $needsRoute (not $v.route.tls.secretName) (not (and (eq $v.route.kind "gateway") $v.route.gateway.name)) -}}
{{- fail "route.tls.secretName is needed: the chart makes no route without TLS" -}}
{{- end -}}
{{- if and (eq $v.route.kind "gateway") (not $v.route.gateway.name) (not $v.route.gateway.className) -}}
{{- fail "route.gateway.className is needed where the chart makes the Gateway; or name an existing one in route.gateway.name" -}}
{{- end -}}
{{- if and $v.route.grpcHost (eq $v.route.grpcHost $v.route.host) -}}
{{- fail "route.grpcHost must differ from route.host: an HTTPRoute and a GRPCRoute cannot share a host name" -}}
{{- end -}}
{{- if and (not $v.paymentProvider.url) (not $v.paymentProvider.simulator) -}}
{{- fail "paymentProvider.url is needed where paymentProvider.simulator is false" -}}
{{- end -}}
{{- if and $v.components.external $v.components.overrides -}}
{{- fail "components.overrides changes the chart's components, of which components.external renders none" -}}
{{- end -}}
{{- range $name, $service := include "daprorders.services" . | fromYaml -}}
{{- $s := $service.values -}}
{{- $scaled := ne $s.autoscaling.kind "none" -}}
{{- if and $service.single (or $scaled (gt (int $s.replicas) 1)) -}}
{{- fail (printf "services.%s runs as exactly one pod, because its event store is a file on one volume: set replicas to 1 and autoscaling.kind to none, or ordering.store to postgres" $name) -}}
{{- end -}}
{{- if and $service.single (not $s.persistence.enabled) -}}
{{- fail (printf "services.%s.persistence.enabled must be true: without a volume, accepted orders would be lost with the pod" $name) -}}
{{- end -}}
{{- if and $s.persistence.enabled (or $scaled (gt (int $s.replicas) 1)) -}}
{{- fail (printf "services.%s has one volume, which one pod can use: set replicas to 1 and autoscaling.kind to none" $name) -}}
{{- end -}}
{{- range $variable, $_ := $s.env -}}
{{- if or (has $variable (list "DAPR_API_TOKEN" "APP_API_TOKEN" "DAPR_HTTP_PORT" "DAPR_GRPC_PORT" "APP_PROTOCOL")) (and (eq $name "ordering") (has $variable (list "ORDERING_STORE" "ORDERING_POSTGRES" "ORDERING_POSTGRES_PASSWORD"))) -}}
{{- fail (printf "services.%s.env.%s is set by the chart or by Dapr: see tokens and ordering.store" $name $variable) -}}
{{- end -}}
{{- end -}}
{{- if gt (int $s.autoscaling.minReplicas) (int $s.autoscaling.maxReplicas) -}}
{{- fail (printf "services.%s.autoscaling.minReplicas (%d) is above maxReplicas (%d)" $name (int $s.autoscaling.minReplicas) (int $s.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- range $part, $resources := dict "resources" $s.resources "sidecar.resources" $s.sidecar.resources -}}
{{- range $kind := list "cpu" "memory" -}}
{{- $request := get (($resources | default dict).requests | default dict) $kind | toString -}}
{{- $limit := get (($resources | default dict).limits | default dict) $kind | toString -}}
{{- if and $request $limit (gt (include "daprorders.quantity" $request | float64) (include "daprorders.quantity" $limit | float64)) -}}
{{- fail (printf "services.%s.%s.requests.%s (%s) is above its limit (%s): set limits.%s too" $name $part $kind $request $limit $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $needed := add (int $s.shutdown.drainSeconds) (int $s.shutdown.appSeconds) (int $s.shutdown.sidecarSeconds) 5 -}}
{{- $given := int $s.terminationGracePeriodSeconds -}}
{{- if and (gt $given 0) (lt $given (int $needed)) -}}
{{- fail (printf "services.%s.terminationGracePeriodSeconds (%d) is too short: draining takes up to %d s (shutdown.drainSeconds + appSeconds + sidecarSeconds + 5)" $name $given (int $needed)) -}}
{{- end -}}
{{- range $s.tolerations -}}
{{- if and (eq (.operator | default "Equal") "Exists") .value -}}
{{- fail (printf "services.%s.tolerations: Exists takes no value: %s" $name (toJson .)) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $s.autoscaling.kind "keda") $service.consumes (eq $.Values.components.set "rabbitmq-postgres") (not $s.autoscaling.triggerAuthentication) (not $s.autoscaling.trigger.host) (not $s.autoscaling.trigger.hostFromEnv) -}}
{{- fail (printf "services.%s.autoscaling.triggerAuthentication is needed with the set rabbitmq-postgres: KEDA takes the broker's address, with its password, from there" $name) -}}
{{- end -}}
{{- if and (eq $s.autoscaling.kind "keda") $service.consumes $.Values.components.external (not $s.autoscaling.trigger) -}}
{{- fail (printf "services.%s.autoscaling.trigger is needed with components.external: the chart does not know your broker's address" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A Kubernetes quantity as a number. */}}
{{- define "daprorders.quantity" -}}
{{- $unit := regexReplaceAll "^[0-9.]+" . "" -}}
{{- $factor := get (dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0) $unit -}}
{{- mulf (trimSuffix $unit . | float64) $factor -}}
{{- end -}}
