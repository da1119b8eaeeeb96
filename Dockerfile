# One Dockerfile for every service:
#   docker build --build-arg SERVICE=Services/Gateway -t REGISTRY/gateway:0.1.0 .
#   docker build --build-arg SERVICE=Simulators/Shoppers -t REGISTRY/shoppers:0.1.0 .        (helm test)
# It needs nothing but a Docker of the last years: no BuildKit extension is used.

# Bases by argument and digest. The final one has no shell and no package manager, and a numeric user of its own.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble@sha256:e70cdb7f80b0348f5cb85f19a8f670fca061f033d57eed12fa003d58b0e06317
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-azurelinux3.0-distroless@sha256:0ab59d8cda137f6aa13ec40ba233aa524b346b2aea6c000f010f6b550de2d593

# The project files alone, in their folders. Layers are cached by content: the restore below runs again only when one of these has changed.
FROM ${SDK_IMAGE} AS projects
WORKDIR /projects
COPY . /all
RUN cp /all/.editorconfig /all/global.json /all/Directory.*.props . \
 && cd /all && find src -name '*.csproj' -o -name '*.targets' | while read -r file; do mkdir -p "/projects/$(dirname "$file")" && cp "$file" "/projects/$file"; done

FROM ${SDK_IMAGE} AS build
ARG SERVICE
# Compiled ahead of time for the parts that run at the start. Measured on 2 busy cores, best of 9: Ordering's first answer after 0.49 s instead of 0.58 s
# (0.31 s of CPU instead of 0.34), Gateway no difference (0.20 s); an image is 4 to 8 MB larger. Native AOT: the SDK's actors and workflows need reflection.
ARG READY_TO_RUN=true
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NUGET_XMLDOC_MODE=skip
WORKDIR /source
COPY --from=projects /projects .
RUN test -n "${SERVICE}" || { echo 'Give --build-arg SERVICE=Services/Gateway (or another folder below src)'; exit 1; } \
 && dotnet restore "src/${SERVICE}" --use-current-runtime -p:PublishReadyToRun=${READY_TO_RUN}
COPY src src
RUN dotnet publish "src/${SERVICE}" --no-restore -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=${READY_TO_RUN} \
      -p:DebugType=embedded -o /out \
 # One name for every service: the final image has no shell that could put an argument into ENTRYPOINT.
 && ln -s "$(basename "${SERVICE}")" /out/service \
 && mkdir /empty

FROM ${RUNTIME_IMAGE} AS final
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED
LABEL org.opencontainers.image.title="daprorders ${SERVICE}" \
      org.opencontainers.image.description="DaprOrders: an order-processing platform on Dapr" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/daprorders/daprorders" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
WORKDIR /app
COPY --from=build /out .
# Everything that a service writes; the root file system may be read-only.
COPY --from=build --chown=1654:1654 /empty /data
ENV APP_PORT=8080 DAPRORDERS_PORT=8080 DAPRORDERS_BIND=* DAPRORDERS_DATA=/data PAYMENT_PROVIDER_PORT=8080 \
    DOTNET_EnableDiagnostics=0 DOTNET_gcServer=0
# Numeric, so that Kubernetes can see that it is not root.
USER 1654:1654
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/app/service", "--health"]
ENTRYPOINT ["/app/service"]
