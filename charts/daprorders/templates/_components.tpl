{{/*
The resources of a component set, as a YAML list: every document of components/SET/*.yaml but the Configuration, which the chart writes itself for each
service. components.overrides replaces single metadata items.
*/}}
{{- define "daprorders.componentDocuments" -}}
{{- $root := . -}}
{{- $overrides := .Values.components.overrides -}}
{{- $known := list -}}
{{- $documents := list -}}
{{- range $path, $_ := .Files.Glob (printf "components/%s/*.yaml" .Values.components.set) -}}
{{- range $text := regexSplit "(?m)^---\\s*$" ($root.Files.Get $path) -1 -}}
{{- $document := fromYaml $text -}}
{{- if and $document (ne (get $document "kind") "Configuration") -}}
{{- $name := $document.metadata.name -}}
{{- if eq $document.kind "Component" -}}
{{- $known = append $known $name -}}
{{- if hasKey $overrides $name -}}
{{- $items := include "daprorders.overridden" (dict "items" ($document.spec.metadata | default list) "with" (get $overrides $name)) | fromYamlArray -}}
{{- $_ := set $document.spec "metadata" $items -}}
{{- end -}}
{{- end -}}
{{- $labels := include "daprorders.labels" $root | fromYaml -}}
{{- $_ := set $document.metadata "labels" (merge (deepCopy ($document.metadata.labels | default dict)) $labels) -}}
{{- $_ := set $document.metadata "namespace" $root.Release.Namespace -}}
{{- $documents = append $documents $document -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := $overrides -}}
{{- if not (has $name $known) -}}
{{- fail (printf "components.overrides names %q, which is no component of the set %s; it has: %s" $name $root.Values.components.set (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $documents -}}
{{- end -}}

{{/* Metadata items with some replaced or added: (dict "items" LIST "with" MAP) → YAML list. */}}
{{- define "daprorders.overridden" -}}
{{- $with := .with -}}
{{- $out := list -}}
{{- range .items -}}
{{- if not (hasKey $with .name) -}}
{{- $out = append $out . -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $with -}}
{{- if kindIs "map" $value -}}
{{- $out = append $out (merge (dict "name" $name) $value) -}}
{{- else -}}
{{- $out = append $out (dict "name" $name "value" (toString $value)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/*
The secrets that a service's sidecar gets as environment variables, for sets whose secret store is the sidecar's own environment: SECRET references of the
components in the service's scope, as dapr.io/env-from-secret has them. (dict "root" $ "name" APP)
*/}}
{{- define "daprorders.sidecarSecrets" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $documents := include "daprorders.componentDocuments" $root | fromYamlArray -}}
{{- $prefixes := dict -}}
{{- range $documents -}}
{{- if eq (toString .spec.type) "secretstores.local.env" -}}
{{- $prefix := "" -}}
{{- range .spec.metadata }}{{ if eq .name "prefix" }}{{ $prefix = .value }}{{ end }}{{ end -}}
{{- $_ := set $prefixes .metadata.name $prefix -}}
{{- end -}}
{{- end -}}
{{- $out := dict -}}
{{- range $document := $documents -}}
{{- $store := ($document.auth | default dict).secretStore | default "" -}}
{{- if and (hasKey $prefixes $store) (or (empty $document.scopes) (has $name ($document.scopes | default list))) -}}
{{- range $document.spec.metadata -}}
{{- if hasKey . "secretKeyRef" -}}
{{- $variable := printf "%s%s" (get $prefixes $store) (.secretKeyRef.key | default .secretKeyRef.name) -}}
{{- if not (hasKey $root.Values.components.secretEnv $variable) -}}
{{- fail (printf "components.secretEnv.%s is needed by the component %s: set it to SECRET:KEY, or to \"\" for no value" $variable $document.metadata.name) -}}
{{- end -}}
{{- with get $root.Values.components.secretEnv $variable }}{{ $_ := set $out $variable . }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $pairs := list -}}
{{- range $variable, $from := $out }}{{ $pairs = append $pairs (printf "%s=%s" $variable $from) }}{{ end -}}
{{- join "," $pairs -}}
{{- end -}}

{{/* "true" where the set sends mail with bindings.smtp. */}}
{{- define "daprorders.sendsBySmtp" -}}
{{- if not .Values.components.external -}}
{{- range include "daprorders.componentDocuments" . | fromYamlArray }}{{ if eq (toString .spec.type) "bindings.smtp" }}true{{ end }}{{ end -}}
{{- end -}}
{{- end -}}
