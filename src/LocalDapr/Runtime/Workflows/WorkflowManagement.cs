using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The management API of workflows, free of transport: HTTP and gRPC map onto it.</summary>
internal sealed partial class WorkflowManagement(WorkflowBlock block)
{
    private const string StartTimeOption = "dapr.workflow.start_time";
    private const string NotText = "string field contains invalid UTF-8";
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Starts a workflow; waits while no worker is connected, but not for its first turn.</summary>
    /// <returns>The instance id, a new one when none was given.</returns>
    public async ValueTask<string> StartAsync(WorkflowStart start, CancellationToken cancellation)
    {
        var (name, instanceId, input, options) = start;
        var id = instanceId is { Length: > 0 } given ? Checked(given) : Guid.NewGuid().ToString();
        if (name.Length == 0) throw WorkflowErrors.NameMissing();
        Moment? startsAt = null;
        foreach (var (key, value) in options)
        {
            if (key == StartTimeOption) startsAt = StartTime(name, value);
        }
        try
        {
            await block.Engine.WhenWorkerAsync(cancellation);
            await block.StartAsync(
                new StartRequest(id, name)
                {
                    Input = Strict.GetString(input.Span),
                    ScheduledStart = startsAt,
                    Trace = TraceOf(start.TraceParent, start.TraceState),
                },
                start.TraceParent, start.TraceState, cancellation);
            return id;
        }
        catch (WorkflowException refused)
        {
            throw WorkflowErrors.Start(name, $"unable to start workflow: failed to start workflow: {WorkflowErrors.Quoted(refused)}");
        }
        catch (DecoderFallbackException)
        {
            throw WorkflowErrors.Start(name, $"unable to start workflow: failed to start workflow: {NotText}");
        }
    }

    public ValueTask<InstanceSummary?> GetAsync(string instanceId, CancellationToken cancellation) =>
        block.Engine.GetAsync(Given(instanceId), cancellation);

    public async ValueTask RaiseAsync(string instanceId, string eventName, ReadOnlyMemory<byte>? data, CancellationToken cancellation)
    {
        Given(instanceId);
        if (eventName.Length == 0) throw WorkflowErrors.EventNameMissing();
        try
        {
            await block.Engine.RaiseAsync(instanceId, eventName, data is { } given ? Strict.GetString(given.Span) : null, cancellation);
        }
        catch (WorkflowException refused)
        {
            throw NotRaised(refused.Message);
        }
        catch (DecoderFallbackException)
        {
            throw NotRaised(NotText);
        }

        DaprError NotRaised(string why) => WorkflowErrors.Raise(
            instanceId, $"failed to raise event {eventName} on workflow {instanceId}: failed to raise event: {why}");
    }

    public async ValueTask PauseAsync(string instanceId, CancellationToken cancellation)
    {
        try
        {
            await block.Engine.SuspendAsync(Given(instanceId), null, cancellation);
        }
        catch (WorkflowException refused)
        {
            throw WorkflowErrors.Pause(
                instanceId, $"failed to pause workflow {instanceId}: failed to suspend workflow: {refused.Message}");
        }
    }

    public async ValueTask ResumeAsync(string instanceId, CancellationToken cancellation)
    {
        try
        {
            await block.Engine.ResumeAsync(Given(instanceId), null, cancellation);
        }
        catch (WorkflowException refused)
        {
            throw WorkflowErrors.Resume(
                instanceId, $"failed to resume workflow {instanceId}: failed to resume workflow: {refused.Message}");
        }
    }

    /// <summary>Asks the instance and its children to end; unlike the task hub, it does not wait until they have.</summary>
    public async ValueTask TerminateAsync(string instanceId, CancellationToken cancellation)
    {
        try
        {
            await block.Engine.TerminateAsync(Given(instanceId), null, recursive: true, cancellation);
        }
        catch (WorkflowException refused)
        {
            throw refused.Kind == WorkflowErrorKind.NotFound
                ? WorkflowErrors.NotFound(instanceId)
                : WorkflowErrors.Terminate(
                    instanceId, $"failed to terminate workflow {instanceId}: failed to submit termination request:: {refused.Message}");
        }
    }

    public async ValueTask PurgeAsync(string instanceId, CancellationToken cancellation)
    {
        try
        {
            await block.Engine.PurgeAsync(Given(instanceId), recursive: true, force: false, cancellation);
        }
        catch (WorkflowException refused)
        {
            throw refused.Kind == WorkflowErrorKind.NotFound
                ? WorkflowErrors.NotFound(instanceId)
                : WorkflowErrors.Purge(
                    instanceId, $"failed to Purge workflow {instanceId}: failed to purge workflow state: {refused.Message}");
        }
    }

    /// <summary>The status as this API spells it; it does not know of stalled ones.</summary>
    public static string StatusOf(InstanceSummary summary) => summary.Status switch
    {
        RuntimeStatus.ContinuedAsNew => "CONTINUED_AS_NEW",
        RuntimeStatus.Stalled => "UNKNOWN",
        var status => status.ToString().ToUpperInvariant(),
    };

    public static IEnumerable<KeyValuePair<string, string>> PropertiesOf(InstanceSummary summary)
    {
        if (summary.Started?.Input is { } input) yield return new("dapr.workflow.input", input);
        if (summary.CustomStatus is { } custom) yield return new("dapr.workflow.custom_status", custom);
        if (summary.Completed?.Result is { } output) yield return new("dapr.workflow.output", output);
        if (summary.Completed?.Failure is not { } failure) yield break;
        yield return new("dapr.workflow.failure.error_type", failure.ErrorType);
        yield return new("dapr.workflow.failure.error_message", failure.ErrorMessage);
        if (failure.StackTrace is { } trace) yield return new("dapr.workflow.failure.stack_trace", trace);
    }

    // The caller's span: what the workflow does later belongs to the trace of the request that started it.
    private static TraceContext? TraceOf(string? parent, string? state) => parent is { Length: 55 } && parent.Split('-') is [_, _, var span, _]
        ? new TraceContext(parent, span, state is { Length: > 0 } ? state : null)
        : null;

    private static string Given(string instanceId) => instanceId.Length > 0 ? instanceId : throw WorkflowErrors.InstanceIdMissing();

    private static string Checked(string id)
    {
        if (Encoding.UTF8.GetByteCount(id) > WorkflowErrors.MaxInstanceIdBytes) throw WorkflowErrors.InstanceIdTooLong();
        foreach (var rune in id.EnumerateRunes())
        {
            if (!Rune.IsLetterOrDigit(rune) && rune.Value is not ('_' or '-')) throw WorkflowErrors.InstanceIdInvalid(id);
        }
        return id;
    }

    private static Moment StartTime(string name, string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) && Rfc3339().IsMatch(text)
            ? Moment.From(time)
            : throw WorkflowErrors.Start(name, "start times must be in RFC3339 format (e.g. \"2009-11-10T23:00:00Z\")");

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Rfc3339();
}

/// <summary>A wish to start a workflow.</summary>
internal sealed record WorkflowStart(string Name, string? InstanceId, ReadOnlyMemory<byte> Input, IEnumerable<KeyValuePair<string, string>> Options)
{
    public string? TraceParent { get; init; }

    public string? TraceState { get; init; }
}
