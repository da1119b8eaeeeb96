using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>How daprd names the span of an API call, and what it says of it. Pure.</summary>
internal sealed record ApiAttributes(string? SpanName, IReadOnlyList<KeyValuePair<string, string>> Attributes)
{
    private static readonly ApiAttributes Nothing = new(null, []);

    /// <summary><paramref name="invoked"/> is whom the call is for, if it is an invocation.</summary>
    public static ApiAttributes OfHttp(string verb, string path, (string AppId, string Method)? invoked) => path.Split('/') switch
    {
        ["", _, "state", var store, ..] => Store("state", store, $"{verb} {path}"),
        ["", _, "secrets", var store, ..] => Store("secrets", store, $"{verb} {path}"),
        ["", _, "bindings", var name, ..] => Store("bindings", name, $"{verb} {path}"),
        ["", _, "publish", "bulk", _, .. var topic] => Topic(string.Join('/', topic)),
        ["", _, "publish", _, .. var topic] => Topic(string.Join('/', topic)),
        ["", _, "actors", var type, var id, "method", var method, ..] => Actor(type, id, method),
        ["", _, "actors", var type, var id, "state", ..] => ActorState(type, id, $"{verb} {path}"),
        ["", _, "actors", var type, var id, "reminders" or "timers", ..] => ActorSchedule(verb, path, type, id),
        ["", ['v', '1', ..], not "invoke", ..] => Nothing,
        _ => invoked is var (app, called) ? Invocation(app, called.Trim('/')) : Nothing,
    };

    public static ApiAttributes OfGrpc(string path, IMessage request)
    {
        var known = request switch
        {
            InvokeServiceRequest call => Invocation(call.Id, call.Message?.Method ?? ""),
            PublishEventRequest publish => Topic(publish.Topic),
            BulkPublishRequest publish => Topic(publish.Topic),
            InvokeBindingRequest binding => Store("bindings", binding.Name, path),
            GetStateRequest get => Store("state", get.StoreName, path),
            SaveStateRequest save => Store("state", save.StoreName, path),
            DeleteStateRequest delete => Store("state", delete.StoreName, path),
            GetSecretRequest secret => Store("secrets", secret.StoreName, path),
            InvokeActorRequest actor => Actor(actor.ActorType, actor.ActorId, actor.Method),
            _ => Nothing,
        };
        return request is InvokeServiceRequest or InvokeActorRequest || known == Nothing ? known
            : known with { Attributes = [.. known.Attributes, new("rpc.service", "Dapr")] };
    }

    private static ApiAttributes Store(string system, string name, string statement) => new(null,
        [new("db.system", system), new("db.name", name), new("db.statement", statement), new("db.connection_string", system)]);

    private static ApiAttributes Topic(string topic) => new(null, [new("messaging.system", "pubsub"), new("messaging.destination.name", topic)]);

    private static ApiAttributes Invocation(string app, string method) =>
        new($"CallLocal/{app}/{method}", [new("rpc.service", "ServiceInvocation"), new("net.peer.name", app)]);

    private static ApiAttributes Actor(string type, string id, string method) => new(
        $"CallActor/{type}/{method}",
        [new("dapr.actor", $"{type}.{id}"), new("rpc.service", "ServiceInvocation"), new("net.peer.name", $"{type}.{id}")]);

    private static ApiAttributes ActorState(string type, string id, string statement) => new(null,
    [
        new("dapr.actor", $"{type}.{id}"), new("db.system", "state"), new("db.name", "actor"), new("db.statement", statement),
        new("db.connection_string", "state"),
    ]);

    // The name of the span leaves out what there is no end of: ids, and names of reminders and timers.
    private static ApiAttributes ActorSchedule(string verb, string path, string type, string id)
    {
        var what = path.Contains("/reminders", StringComparison.Ordinal) ? "ActorReminder" : "ActorTimer";
        var doing = verb switch
        {
            "DELETE" => "Unregister",
            "GET" => "Get",
            _ => "Register",
        };
        return new($"{doing}{what}/{type}", [new("dapr.actor", $"{type}.{id}")]);
    }
}
