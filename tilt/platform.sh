#!/bin/sh
# What the services stand on, installed when absent and waited for: platform.sh dapr|redis
set -eu
case "$1" in
  dapr)
    if ! kubectl get customresourcedefinition configurations.dapr.io >/dev/null 2>&1; then
      # The namespace enforces Pod Security "restricted", which the sidecars that Dapr injects satisfy with this setting only.
      helm upgrade --install dapr dapr --repo https://dapr.github.io/helm-charts --version 1.18.3 --namespace dapr-system --create-namespace \
        --set dapr_sidecar_injector.sidecarDropALLCapabilities=true --wait --timeout 5m
    fi
    kubectl wait deployment --all --namespace "$(kubectl get deployment --all-namespaces -l app=dapr-operator -o jsonpath='{.items[0].metadata.namespace}')" \
      --for=condition=Available --timeout=180s
    ;;
  redis)
    if ! kubectl --namespace orders get service redis-master >/dev/null 2>&1; then kubectl apply -f tilt/redis.yaml; fi
    kubectl --namespace orders wait pod -l app.kubernetes.io/name=redis --for=condition=Ready --timeout=180s
    ;;
  *)
    echo "usage: platform.sh dapr|redis" >&2
    exit 2
    ;;
esac
