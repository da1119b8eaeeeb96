using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>
/// The way of one sidecar's spans to a collector and to the log. The sources of all sidecars of a process have the same names, as in many
/// processes of daprd; so it listens to the sources themselves, and the provider has none of its own.
/// </summary>
internal sealed partial class SpanExport : IAsyncDisposable
{
    /// <summary>How long the last spans may take to leave when the sidecar ends; a collector that is away must not hold it.</summary>
    private static readonly TimeSpan LastSpans = TimeSpan.FromSeconds(2);

    private readonly ILogger? _stdout;
    private readonly TracerProvider? _provider;
    private readonly BatchActivityExportProcessor? _batches;
    private ActivityListener? _listener;

    private SpanExport(TracingSettings settings, string appId, ILogger log)
    {
        _stdout = settings.Stdout ? log : null;
        if (settings.Otlp is not { } otlp) return;
        _batches = Batches(new OtlpTraceExporter(OptionsOf(otlp)));
        _provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(appId, autoGenerateServiceInstanceId: false).AddEnvironmentVariableDetector())
            .AddProcessor(_batches)
            .Build();
    }

    /// <summary>Null when spans go nowhere.</summary>
    public static SpanExport? Open(TracingSettings settings, string appId, ILogger log)
    {
        if (settings.AsksForZipkin) LogNoZipkin(log);
        return settings.Stdout || settings.Otlp is not null ? new SpanExport(settings, appId, log) : null;
    }

    public void Listen(params ActivitySource[] sources)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = sources.Contains,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Take,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        if (_provider is null) return;
        await Task.Run(() => _provider.Shutdown((int)LastSpans.TotalMilliseconds));
        _provider.Dispose();
    }

    private void Take(Activity span)
    {
        _batches?.OnEnd(span);
        if (_stdout is not null)
            LogSpan(_stdout, span.DisplayName, span.TraceId, span.ParentSpanId, span.SpanId, span.StartTimeUtc, span.StartTimeUtc + span.Duration);
    }

    // The variables OTEL_BSP_… count, as everywhere.
    private static BatchActivityExportProcessor Batches(OtlpTraceExporter exporter)
    {
        var options = new BatchExportActivityProcessorOptions();
        return new BatchActivityExportProcessor(
            exporter, options.MaxQueueSize, options.ScheduledDelayMilliseconds, options.ExporterTimeoutMilliseconds, options.MaxExportBatchSize);
    }

    private static OtlpExporterOptions OptionsOf(OtlpTarget target)
    {
        var options = new OtlpExporterOptions
        {
            Endpoint = target.Endpoint,
            Protocol = target.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            Headers = string.Join(',', target.Headers.Select(h => $"{h.Key}={Uri.EscapeDataString(h.Value)}")),
        };
        if (target.Timeout is { } timeout) options.TimeoutMilliseconds = (int)timeout.TotalMilliseconds;
        return options;
    }

    [LoggerMessage(EventId = 4701, Level = LogLevel.Information,
        Message = "[{Name}] Trace: {TraceId} Span: {ParentId}/{SpanId} Time: [{Start:O} -> {End:O}]")]
    private static partial void LogSpan(
        ILogger logger, string name, ActivityTraceId traceId, ActivitySpanId parentId, ActivitySpanId spanId, DateTime start, DateTime end);

    [LoggerMessage(EventId = 4702, Level = LogLevel.Warning,
        Message = "tracing.zipkin is not served: LocalDapr exports spans over OTLP; name the collector under tracing.otel")]
    private static partial void LogNoZipkin(ILogger logger);
}
