using System.Text;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using MiniGrpc;

namespace LocalDapr.Cli.Inspect;

/// <summary><c>localdapr actors</c>: what a running sidecar hosts, and the reminders of its types.</summary>
internal static class ActorsCommand
{
    private const string Help = $"""
        localdapr actors                        the actor types of the app, and how many actors of each are active
        localdapr actors reminders TYPE [ID]    the reminders of a type, or of one actor

        {RunningSidecar.Help}
        """;

    public static async Task<int> ExecuteAsync(IReadOnlyList<string> args, TextWriter output)
    {
        var arguments = new Arguments(args, RunningSidecar.Values, ["json", "help"]);
        if (arguments.Has("help"))
        {
            await output.WriteLineAsync(Help);
            return 0;
        }

        using var channel = RunningSidecar.Connect(arguments);
        try
        {
            return arguments.Words switch
            {
                [] => await TypesAsync(channel, arguments, output),
                ["reminders", ..] => await RemindersAsync(channel, arguments, output),
                [var verb, ..] => throw new StartupException($"localdapr actors knows no '{verb}'{Environment.NewLine}{Help}"),
            };
        }
        catch (RpcException refused)
        {
            throw new StartupException(refused.Message, refused);
        }
    }

    private static async Task<int> TypesAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var metadata = await channel.UnaryAsync(DaprMethods.GetMetadata, new GetMetadataRequest());
        var runtime = metadata.ActorRuntime;
        if (arguments.Has("json"))
        {
            await output.WriteLineAsync(WorkflowText.Json(new Dictionary<string, object?>
            {
                ["appId"] = metadata.Id,
                ["status"] = $"{runtime.RuntimeStatus}".ToUpperInvariant(),
                ["hostReady"] = runtime.HostReady,
                ["types"] = runtime.ActiveActors.Select(type => new Dictionary<string, object> { ["type"] = type.Type, ["active"] = type.Count }).ToList(),
            }));
            return 0;
        }

        var text = new StringBuilder($"{metadata.Id}: {$"{runtime.RuntimeStatus}".ToUpperInvariant()}, {(runtime.HostReady ? "ready" : "not ready")}");
        foreach (var type in runtime.ActiveActors) text.AppendLine().Append($"{type.Count,10}  {type.Type}");
        await output.WriteLineAsync(text.ToString());
        return 0;
    }

    private static async Task<int> RemindersAsync(GrpcChannel channel, Arguments arguments, TextWriter output)
    {
        var request = new ListActorRemindersRequest { ActorType = arguments.Word(1, "the actor type") };
        if (arguments.Words.Count > 2) request.ActorId = arguments.Words[2];
        var reminders = (await channel.UnaryAsync(DaprMethods.ListActorReminders, request)).Reminders;
        if (arguments.Has("json"))
        {
            await output.WriteLineAsync(WorkflowText.Json(new Dictionary<string, object?>
            {
                ["reminders"] = reminders.Select(named => new Dictionary<string, object?>
                {
                    ["type"] = named.Reminder.ActorType,
                    ["id"] = named.Reminder.ActorId,
                    ["name"] = named.Name,
                    ["dueTime"] = Given(named.Reminder.DueTime),
                    ["period"] = Given(named.Reminder.Period),
                    ["data"] = DataOf(named.Reminder.Data),
                }).ToList(),
            }));
            return 0;
        }

        foreach (var named in reminders)
            await output.WriteLineAsync($"{named.Reminder.ActorType}/{named.Reminder.ActorId}  {named.Name}  due {named.Reminder.DueTime}  {named.Reminder.Period}");
        return 0;
    }

    private static string? Given(string text) => text.Length > 0 ? text : null;

    private static string? DataOf(Any? data) =>
        data is not null && data.TryUnpack<BytesValue>(out var bytes) ? bytes.Value.ToStringUtf8() : null;
}
