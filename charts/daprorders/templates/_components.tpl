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
