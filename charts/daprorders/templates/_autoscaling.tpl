{{/*
KEDA's trigger on the backlog of a topic, for the broker of the set: (dict "root" $ "name" APP "service" SERVICE) → {type, metadata}. Addresses come from
the component orders-pubsub; what it does not tell (a queue's URL, a namespace) is given in autoscaling.trigger.
*/}}
{{- define "daprorders.lagTrigger" -}}
{{- $set := .root.Values.components.set -}}
{{- $topic := .service.consumes -}}
{{- $lag := printf "%d" (int .service.values.autoscaling.lag) -}}
{{- $pubsub := dict -}}
{{- if not .root.Values.components.external -}}
{{- range include "daprorders.componentDocuments" .root | fromYamlArray -}}
{{- if and (eq .kind "Component") (eq .metadata.name "orders-pubsub") -}}
{{- range .spec.metadata }}{{- $_ := set $pubsub .name (.value | default "" | replace "{appID}" $.name) -}}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $trigger := dict -}}
{{- if eq $set "redis" -}}
{{- $trigger = dict "type" "redis-streams" "metadata" (dict "address" $pubsub.redisHost "stream" $topic "consumerGroup" .name "lagCount" $lag "activationLagCount" "0") -}}
{{- else if eq $set "kafka" -}}
{{- $trigger = dict "type" "kafka" "metadata" (dict "bootstrapServers" $pubsub.brokers "consumerGroup" ($pubsub.consumerGroup | default .name) "topic" $topic "lagThreshold" $lag) -}}
{{- else if eq $set "rabbitmq-postgres" -}}
{{- $trigger = dict "type" "rabbitmq" "metadata" (dict "queueName" (printf "%s-%s" .name $topic) "mode" "QueueLength" "value" $lag) -}}
{{- else if eq $set "aws" -}}
{{- $trigger = dict "type" "aws-sqs-queue" "metadata" (dict "queueURL" .name "awsRegion" $pubsub.region "queueLength" $lag) -}}
{{- else if eq $set "azure" -}}
{{- $trigger = dict "type" "azure-servicebus" "metadata" (dict "topicName" $topic "subscriptionName" .name "namespace" (splitList "." ($pubsub.namespaceName | default "") | first) "messageCount" $lag) -}}
{{- else -}}
{{- $trigger = dict "type" "gcp-pubsub" "metadata" (dict "subscriptionName" (printf "%s-%s" .name $topic) "mode" "SubscriptionSize" "value" $lag) -}}
{{- end -}}
{{- $metadata := dict -}}
{{- range $key, $value := merge (deepCopy .service.values.autoscaling.trigger) $trigger.metadata -}}
{{- if $value }}{{- $_ := set $metadata $key (toString $value) -}}{{ end -}}
{{- end -}}
{{- toYaml (dict "type" $trigger.type "metadata" $metadata) -}}
{{- end -}}
