using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Runtime.Hosting;
using MiniGrpc;

namespace LocalDapr.Cli.Inspect;

/// <summary><c>localdapr workflow VERB</c>: a client of the task hub of a running sidecar. 0 is success, 1 a refusal, 2 a wrong command line.</summary>
internal static class WorkflowCommand
{
    private const int Page = 1_000;
    private const int ParallelReads = 16;

    private const string Help = $"""
        localdapr workflow list [--status STATUS] [--name NAME] [--limit N]     the first N (100) that fit
        localdapr workflow show ID                                             state, input, output, failure
        localdapr workflow history ID                                          every event
        localdapr workflow terminate ID [--output JSON] [--recursive]          and wait until it has ended
        localdapr workflow purge ID [--recursive] [--force]                    forget a finished one; with --force any
        localdapr workflow rerun ID --event N [--new-id ID] [--input JSON]     from the event on, as a new instance

        {RunningSidecar.Help}
        """;

    private static readonly string[] values = [.. RunningSidecar.Values, "status", "name", "limit", "output", "event", "new-id", "input"];
    private static readonly string[] switches = ["json", "recursive", "force", "help"];

    public static async Task<int> ExecuteAsync(IReadOnlyList<string> args, TextWriter output)
    {
        var arguments = new Arguments(args, values, switches);
        if (arguments.Has("help") || arguments.Words.Count == 0)
        {
            await output.WriteLineAsync(Help);
            return arguments.Has("help") ? 0 : 2;
        }

        using var channel = RunningSidecar.Connect(arguments);
        try
        {
            return await (arguments.Words[0] switch
            {
                "list" => ListAsync(channel, arguments, output),
                "show" => ShowAsync(channel, arguments, output),
                "history" => HistoryAsync(channel, arguments, output),
                "terminate" => TerminateAsync(channel, arguments, output),
                "purge" => PurgeAsync(channel, arguments, output),
                "rerun" => RerunAsync(channel, arguments, output),
                var verb => throw new StartupException($"localdapr workflow knows no '{verb}'{Environment.NewLine}{Help}"),
            });
        }
        catch (RpcException refused)
        {
            throw new StartupException(refused.Message, refused);
        }
    }

    private static async Task<int> ListAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var (status, name) = (arguments.Text("status")?.ToUpperInvariant(), arguments.Text("name"));
        var found = new List<WorkflowState>();
        var limit = arguments.Number("limit") ?? 100;
        string? more = null;
        do
        {
            var request = new ListInstanceIDsRequest { PageSize = Page };
            if (more is not null) request.ContinuationToken = more;
            var page = await channel.UnaryAsync(TaskHubMethods.ListInstanceIDs, request);
            foreach (var ids in page.InstanceIds.Chunk(ParallelReads))
            {
                var states = await Task.WhenAll(ids.Select(id => GetAsync(channel, id, payloads: false)));
                found.AddRange(states.OfType<WorkflowState>().Where(state =>
                    (status is null || WorkflowText.StatusOf(state) == status) && (name is null || state.Name == name)));
                if (found.Count >= limit) break;
            }

            more = page.HasContinuationToken && found.Count < limit ? page.ContinuationToken : null;
        }
        while (more is { Length: > 0 });
        await output.WriteLineAsync(WorkflowText.List([.. found.Take(limit)], arguments.Has("json")));
        return 0;
    }

    private static async Task<int> ShowAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var id = arguments.Word(1, "the instance id");
        var state = await GetAsync(channel, id, payloads: true) ?? throw NotThere(id);
        await output.WriteLineAsync(WorkflowText.One(state, arguments.Has("json")));
        return 0;
    }

    private static async Task<int> HistoryAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var id = arguments.Word(1, "the instance id");
        if (await GetAsync(channel, id, payloads: false) is null) throw NotThere(id);
        var history = await channel.UnaryAsync(TaskHubMethods.GetInstanceHistory, new GetInstanceHistoryRequest { InstanceId = id });
        await output.WriteLineAsync(WorkflowText.History(history.Events, arguments.Has("json")));
        return 0;
    }

    private static async Task<int> TerminateAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var id = arguments.Word(1, "the instance id");
        var request = new TerminateRequest { InstanceId = id, Output = arguments.Text("output"), Recursive = arguments.Has("recursive") };
        await channel.UnaryAsync(TaskHubMethods.TerminateInstance, request);
        return await SayAsync(output, arguments, $"{id} has ended", ("instanceId", id));
    }

    private static async Task<int> PurgeAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var id = arguments.Word(1, "the instance id");
        var request = new PurgeInstancesRequest { InstanceId = id, Recursive = arguments.Has("recursive") };
        if (arguments.Has("force")) request.Force = true;
        var purged = await channel.UnaryAsync(TaskHubMethods.PurgeInstances, request);
        return await SayAsync(output, arguments, $"{purged.DeletedInstanceCount} purged", ("purged", purged.DeletedInstanceCount));
    }

    private static async Task<int> RerunAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var request = new RerunWorkflowFromEventRequest
        {
            SourceInstanceID = arguments.Word(1, "the instance id"),
            EventID = (uint)(arguments.Number("event") ?? throw new StartupException("--event is missing: the id of an event of the history")),
            OverwriteInput = arguments.Text("input") is not null,
            Input = arguments.Text("input"),
        };
        if (arguments.Text("new-id") is { } newId) request.NewInstanceID = newId;
        var rerun = await channel.UnaryAsync(TaskHubMethods.RerunWorkflowFromEvent, request);
        return await SayAsync(output, arguments, $"runs again as {rerun.NewInstanceID}", ("instanceId", rerun.NewInstanceID));
    }

    private static async Task<WorkflowState?> GetAsync(GrpcChannel channel, string id, bool payloads)
    {
        var found = await channel.UnaryAsync(TaskHubMethods.GetInstance, new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = payloads });
        return found.Exists ? found.WorkflowState : null;
    }

    private static async Task<int> SayAsync(TextWriter output, Arguments arguments, string text, (string Name, object Value) json)
    {
        await output.WriteLineAsync(arguments.Has("json") ? WorkflowText.Json(new Dictionary<string, object?> { [json.Name] = json.Value }) : text);
        return 0;
    }

    private static StartupException NotThere(string id) => new($"there is no workflow {id}");
}
