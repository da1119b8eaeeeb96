using System.Collections.Concurrent;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.MetadataApi;

/// <summary>What <c>/v1.0/metadata</c> tells. Building blocks set the function that answers for them.</summary>
internal sealed class SidecarMetadata
{
    public SidecarMetadata(Sidecar sidecar)
    {
        Extended["daprRuntimeVersion"] = RuntimeHost.RuntimeVersion;
        if (sidecar.Options.AppCommand is { Length: > 0 } command) Extended["appCommand"] = command;
    }

    public ConcurrentDictionary<string, string> Extended { get; } = new(StringComparer.Ordinal);

    public Func<IReadOnlyList<SubscriptionEntry>> Subscriptions { get; set; } = () => [];

    public Func<ActorRuntimeEntry> ActorRuntime { get; set; } = () => new("DISABLED", [], HostReady: false, Placement: "");

    /// <summary>Workflows and their activities, which are actors to daprd; none while no worker is connected.</summary>
    public Func<IReadOnlyList<ActiveActors>> WorkflowActors { get; set; } = () => [];

    public Func<int> ConnectedWorkers { get; set; } = () => 0;
}

internal sealed record SubscriptionEntry(string PubSubName, string Topic, string Type)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The default route is a rule with an empty match.</summary>
    public IReadOnlyList<(string Match, string Path)> Rules { get; init; } = [];

    public string DeadLetterTopic { get; init; } = "";
}

internal sealed record ActiveActors(string Type, int Count);

/// <param name="Status">INITIALIZING, DISABLED or RUNNING.</param>
internal sealed record ActorRuntimeEntry(string Status, IReadOnlyList<ActiveActors> Active, bool HostReady, string Placement);
