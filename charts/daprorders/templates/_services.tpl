{{/*
What is true of the services whatever the values are; it follows from their code, and tests compare it with the code.
  sidecar   has a Dapr sidecar, whose app id is the service's name
  health    where the sidecar asks whether the app may be given work
  ready     where the kubelet asks that, when it is not /health/ready: the edge is there to say that others are away
  calls     app id → the operations of it that this service invokes: path pattern of Dapr's access control → verbs
  actors    app ids whose actors or workflows this service's sidecar talks to
  apis      groups of the sidecar's API that the code uses
  backends  its sidecar talks to the back ends of the component set
  webhooks  its app calls addresses that customers gave
  consumes  topic whose backlog tells its load
  single    one process at a time, with a volume (Ordering, while its event store is a file)
*/}}
{{- define "daprorders.facts" -}}
gateway:
  sidecar: true
  health: /health/live
  ready: /health/serving
  public: true
  apis: [invoke]
  calls:
    ordering: {/orders/**: [GET, POST], /internal/orders/place: [POST], /read-model/**: [GET, POST], /health/ready: [GET]}
    inventory: {/products/**: [GET, PUT, POST], /health/live: [GET]}
    customers: {/customers/**: [GET, PUT, POST, DELETE], /token: [POST], /.well-known/**: [GET], /health/live: [GET]}
    payments: {/health/live: [GET]}
    auditor: {/audit/**: [GET, POST], /health/live: [GET]}
    notifications: {/dead-letters/**: [GET, POST]}
ordering:
  sidecar: true
  health: /health/ready
  backends: true
  single: true
  apis: [invoke, publish, actors]
  actors: [ordering, inventory]
  calls:
    inventory: {/internal/prices: [POST]}
    payments: {/payments/**: [POST]}
    customers: {/internal/limits/**: [GET]}
inventory:
  sidecar: true
  health: /health/ready
  backends: true
  apis: [invoke, state, actors]
  actors: [inventory, ordering]
  calls:
    ordering: {/internal/prices/changed: [POST]}
payments:
  sidecar: true
  health: /health/ready
  backends: true
  provider: true
  apis: [state]
notifications:
  sidecar: true
  health: /health/ready
  backends: true
  webhooks: true
  consumes: orders
  apis: [invoke, bindings, state]
  calls:
    customers: {/internal/recipients: [POST]}
    auditor: {/internal/order-end: [POST]}
customers:
  sidecar: true
  health: /health/ready
  backends: true
  apis: [invoke, state]
  calls:
    ordering: {/internal/limits/changed: [POST]}
auditor:
  sidecar: true
  health: /health/ready
  backends: true
  provider: true
  apis: [invoke, state]
  calls:
    ordering: {/internal/orders: [GET], /internal/orders/changes: [GET]}
    inventory: {/internal/stock/**: [GET]}
    payments: {/internal/payments: [POST]}
payment-provider:
  sidecar: false
{{- end -}}

{{/* Maps merged key by key; unlike sprig's merge, false, 0 and "" of the second count. (dict "base" MAP "over" MAP) */}}
{{- define "daprorders.merge" -}}
{{- $out := deepCopy .base -}}
{{- range $key, $value := .over -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $out $key)) -}}
{{- $_ := set $out $key (include "daprorders.merge" (dict "base" (get $out $key) "over" $value) | fromYaml) -}}
{{- else -}}
{{- $_ := set $out $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* The services that run: name → its facts and, under "values", the defaults with its own values over them. */}}
{{- define "daprorders.services" -}}
{{- $facts := include "daprorders.facts" . | fromYaml -}}
{{- $out := dict -}}
{{- range $name, $fact := $facts -}}
{{- if or (ne $name "payment-provider") (include "daprorders.usesSimulator" $) -}}
{{- $values := include "daprorders.merge" (dict "base" $.Values.defaults "over" (get $.Values.services $name | default dict)) | fromYaml -}}
{{- if and (eq $name "ordering") (eq $.Values.ordering.store "postgres") -}}
{{- $_ := unset $fact "single" -}}
{{- $_ := set $values.persistence "enabled" false -}}
{{- end -}}
{{- $_ := set $out $name (merge (dict "values" $values) $fact) -}}
{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* Seconds until the kubelet kills a pod: what draining takes, or more where the values say so. */}}
{{- define "daprorders.grace" -}}
{{- $s := .shutdown -}}
{{- $needed := add (int $s.drainSeconds) (int $s.appSeconds) (int $s.sidecarSeconds) 5 -}}
{{- $given := int .terminationGracePeriodSeconds -}}
{{- if eq $given 0 -}}{{ $needed }}{{- else -}}{{ $given }}{{- end -}}
{{- end -}}
